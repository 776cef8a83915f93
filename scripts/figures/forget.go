package main

import (
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
)

// hardState returns a hard state of a node that votes for 1.
func hardState(term, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: &term, Vote: new(uint64(1)), Commit: &commit}
}

// entriesOf returns the entries from first to last, of one term.
func entriesOf(term, first, last uint64) []*raftpb.Entry {
	var ents []*raftpb.Entry
	for i := first; i <= last; i++ {
		ents = append(ents, &raftpb.Entry{Term: new(term), Index: new(i), Data: []byte("fruit")})
	}
	return ents
}

// snapshotOf returns a snapshot.
func snapshotOf(index, term uint64) *raftpb.Snapshot {
	return &raftpb.Snapshot{
		Data:     []byte("every fruit so far"),
		Metadata: &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: &raftpb.ConfState{Voters: []uint64{1, 2, 3}}},
	}
}

// entryName writes an entry as index/term.
func entryName(e *raftpb.Entry) string { return fmt.Sprintf("%d/%d", e.GetIndex(), e.GetTerm()) }

// readFrom returns the entries that a log has behind a snapshot; nil means its
// beginning.
func readFrom(fsys disk.FS, snap *raftpb.SnapshotMetadata) ([]*raftpb.Entry, error) {
	w, err := snapshots.Open(fsys, "log", snap, nil)
	if err != nil {
		return nil, err
	}
	_, _, ents, err := w.ReadAll()
	return ents, errors.Join(err, w.Close())
}

// entriesIn returns all entries in a log's files, in the order of writing.
func entriesIn(fsys disk.FS) ([]*raftpb.Entry, error) {
	var ents []*raftpb.Entry
	for r, err := range segments.Read(fsys, "log") {
		if err != nil {
			return nil, err
		}
		if r.Type != records.TypeEntry {
			continue
		}
		e := &raftpb.Entry{}
		if err := proto.Unmarshal(r.Data, e); err != nil {
			return nil, err
		}
		ents = append(ents, e)
	}
	return ents, nil
}

// drawOverwrite shows a log in which a new leader has replaced entries, and what
// is read of it from three places.
func drawOverwrite() (*canvas, error) {
	sim := disk.NewSim()
	w, err := snapshots.Create(sim, "log", nil, nil)
	if err != nil {
		return nil, err
	}
	early, late := snapshotOf(2, 1).GetMetadata(), snapshotOf(5, 2).GetMetadata()
	err = errors.Join(w.Save(hardState(1, 2), entriesOf(1, 1, 6)), w.Save(hardState(2, 2), entriesOf(2, 4, 5)),
		w.Save(hardState(2, 5), nil), w.SaveSnapshot(early), w.SaveSnapshot(late), w.Close())
	if err != nil {
		return nil, err
	}
	written, err := entriesIn(sim)
	if err != nil {
		return nil, err
	}
	c := newCanvas(850, 330, "What is overwritten stays overwritten, wherever reading begins",
		"Entries 1 to 6 of term 1 were written, then 4 and 5 of term 2, which replace 4, 5 and 6. Read from the beginning there are five entries; from a snapshot at 5 none. "+
			"A reader that skips every entry at or below 5 is left with entry 6 of term 1, which no longer exists.")
	c.text(20, 24, small, "ink b", "the file, in the order of writing")
	for i, e := range written {
		c.entry(20+i*84, 36, e)
	}
	c.text(20+len(written)*84+6, 55, small, "dim", "index/term")
	c.text(20, 110, small, "ink b", "what is read of it")
	for i := range uint64(6) {
		c.centre(240+int(i)*84+38, 110, small, "dim", fmt.Sprintf("index %d", i+1))
	}
	for i, from := range []*raftpb.SnapshotMetadata{nil, early, late} {
		ents, err := readFrom(sim, from)
		if err != nil {
			return nil, err
		}
		y := 122 + i*44
		c.text(20, y+19, small, "ink", fmt.Sprintf("from %d/%d", from.GetIndex(), from.GetTerm()))
		c.indexed(y, from.GetIndex(), ents)
	}
	c.line(20, 262, 830, 262, "badline")
	var skipped []*raftpb.Entry
	for _, e := range written {
		if e.GetIndex() > late.GetIndex() {
			skipped = append(skipped, e)
		}
	}
	if len(skipped) != 1 || skipped[0].GetTerm() != 1 {
		return nil, fmt.Errorf("a reader that skips is left with %v, not with entry 6 of term 1", skipped)
	}
	c.text(20, 293, small, "bad b", "from 5/2, if all of 1 to 5")
	c.text(20, 309, small, "bad b", "were skipped")
	c.indexed(276, late.GetIndex(), skipped)
	return c, nil
}

// entry draws an entry; each term has its colour.
func (c *canvas) entry(x, y int, e *raftpb.Entry) {
	b := box{x, y, 76, 30}
	class := "f-data"
	if e.GetTerm() > 1 {
		class = "f-other"
	}
	c.rect(b, class)
	c.label(b, normal, "m ink", entryName(e))
}

// indexed draws entries in the columns of their indexes, and what a snapshot
// covers.
func (c *canvas) indexed(y int, snap uint64, ents []*raftpb.Entry) {
	if snap > 0 {
		b := box{240, y, int(snap)*84 - 8, 30}
		c.rect(b, "f-pad")
		c.label(b, small, "ink", "snapshot")
	}
	for _, e := range ents {
		c.entry(240+int(e.GetIndex()-1)*84, y, e)
	}
}

// drawSnapFile shows the making of a snapshot file, operation by operation.
func drawSnapFile() (*canvas, error) {
	sim := disk.NewSim()
	if err := errors.Join(sim.Mkdir("snap", disk.DirMode), sim.SyncDir(".")); err != nil {
		return nil, err
	}
	s := snapshots.New(sim, "snap")
	if err := s.SaveSnap(snapshotOf(2, 1)); err != nil {
		return nil, err
	}
	all, err := follow(sim, func() error { return s.SaveSnap(snapshotOf(5, 1)) })
	if err != nil {
		return nil, err
	}
	const top, row = 56, 36
	c := newCanvas(850, top+row*len(all)+44, "A snapshot file is whole, or not there",
		"The operations of SaveSnap, with an older snapshot in the folder. The bytes are durable before the file gets its name; the name is durable with the sync of the folder. "+
			"Behind each operation, Load finds the older snapshot or the new one, and never a part of it.")
	for _, h := range []struct {
		x    int
		text string
	}{{20, "operation"}, {350, "its name"}, {504, "its bytes"}, {660, "after a crash, Load finds"}} {
		c.text(h.x, 24, small, "ink b", h.text)
	}
	c.line(20, 36, 830, 36, "line")
	for i, m := range all {
		if err := snapFileRow(c, top+i*row, m); err != nil {
			return nil, err
		}
	}
	c.pieceLegend(20, top+row*len(all)+4)
	return c, nil
}

// snapFileRow draws one moment of SaveSnap.
func snapFileRow(c *canvas, y int, m moment) error {
	const file = "snap/0000000000000001-0000000000000005.snap"
	name, label := "snap/snap.tmp", "snap.tmp"
	if m.has(file) {
		name, label = file, "0…01-0…05.snap"
	}
	var found []int
	for _, left := range m.left {
		s := snapshots.New(left, "snap")
		snap, err := s.Load()
		if err = errors.Join(err, errors.Join(s.PassedOver()...)); err != nil {
			return fmt.Errorf("behind %v: %w", m.event, err)
		}
		found = append(found, int(snap.GetMetadata().GetIndex()))
	}
	c.text(20, y+4, small, "m ink", strings.NewReplacer("0000000000000001-0000000000000005", "0…01-0…05").Replace(m.event.String()))
	c.piece(box{350, y - 12, 144, 24}, is(m.has(name), m.may(disk.NameKind, name)), label)
	c.piece(box{504, y - 12, 146, 24}, is(m.holds(name, "fruit"), m.may(disk.SectorKind, name) || m.may(disk.SizeKind, name)), "checksum, snapshot")
	c.text(660, y+4, small, "ink", "snapshot "+span(found))
	return nil
}
