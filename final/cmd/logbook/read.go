package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/wal"
)

// readAt returns what reading the log gives at each start. wal.ReadAll would hold
// all entries in memory. Here wal.Verify says whether the log can be read and which
// hard state it ends with, and two passes over the records, the same for all starts
// in one segment, find out which entries are in force and digest those.
func readAt(dir string, starts []*raftpb.SnapshotMetadata) ([]read, error) {
	reads := make([]read, len(starts))
	groups := map[string]*group{}
	for i, start := range starts {
		first, err := reads[i].verify(dir, start)
		if err != nil {
			return nil, err
		}
		if first == "" {
			continue
		}
		if groups[first] == nil {
			groups[first] = &group{start: start}
		}
		groups[first].add(&reads[i])
	}
	for _, first := range slices.Sorted(maps.Keys(groups)) {
		if err := groups[first].read(dir); err != nil {
			return nil, err
		}
	}
	return reads, nil
}

// verify fills in what can be known without the entries. It returns the segment that
// reading begins in, "" when the log cannot be read from start.
func (r *read) verify(dir string, start *raftpb.SnapshotMetadata) (first string, err error) {
	r.Start = position{start.GetIndex(), start.GetTerm()}
	state, err := wal.Verify(dir, start, nil)
	if unreadableAt(err) {
		return "", err
	}
	if err != nil {
		r.Error = err.Error()
		return "", nil
	}
	r.Term, r.Vote, r.Commit = state.GetTerm(), state.GetVote(), state.GetCommit()
	return firstSegment(dir, start)
}

// unreadableAt tells errors of the disk, of which nothing about the log can be
// concluded, from those that say that it cannot be opened there.
func unreadableAt(err error) bool {
	for _, known := range []error{nil, wal.ErrCorrupt, wal.ErrSliceOutOfRange, wal.ErrSnapshotNotFound, wal.ErrSnapshotMismatch, wal.ErrFileNotFound, wal.ErrSequence} {
		if errors.Is(err, known) {
			return false
		}
	}
	return true
}

// firstSegment is the segment that reading begins in.
func firstSegment(dir string, start *raftpb.SnapshotMetadata) (string, error) {
	w, err := wal.OpenForRead(dir, start, nil)
	if err != nil {
		return "", err
	}
	return w.Segments()[0].Name, w.Close()
}

// A group is the starts for which reading begins in the same segment, so that they
// see the same records.
type group struct {
	start *raftpb.SnapshotMetadata // one of them; nil: from the oldest segment
	reads []*digest
}

// A digest takes the entries of one read.
type digest struct {
	*read
	sum hash.Hash
}

// add takes a read into the group.
func (g *group) add(r *read) { g.reads = append(g.reads, &digest{r, sha256.New()}) }

// read makes both passes.
func (g *group) read(dir string) (err error) {
	w, err := wal.OpenForRead(dir, g.start, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	l, metadata, err := trace(w)
	if err != nil {
		return err
	}
	if earlier := g.split(l); earlier != nil {
		if err := earlier.read(dir); err != nil {
			return err
		}
	}
	return g.digest(w, l, metadata)
}

// split takes out the reads whose start is recorded before the segment that the
// names of the segments lead to: etcd has written names that go backwards, and
// wal.Verify has found those snapshots further ahead.
func (g *group) split(l *lineage) *group {
	if g.start == nil {
		return nil
	}
	var here, earlier []*digest
	for _, d := range g.reads {
		if d.Start.Index == 0 || l.recorded[d.Start] {
			here = append(here, d)
		} else {
			earlier = append(earlier, d)
		}
	}
	if g.reads = here; earlier == nil {
		return nil
	}
	return &group{reads: earlier}
}

// digest is the second pass.
func (g *group) digest(w *wal.WAL, l *lineage, metadata []byte) error {
	inForce := l.inForce()
	for rec, err := range w.Records() {
		if err != nil {
			return err
		}
		if rec.Type == wal.TypeEntry && inForce() {
			if err := g.entry(&rec); err != nil {
				return err
			}
		}
	}
	for _, d := range g.reads {
		d.Metadata = hex.EncodeToString(metadata)
		d.Digest = hex.EncodeToString(d.sum.Sum(nil))
	}
	return nil
}

// trace is the first pass.
func trace(w *wal.WAL) (l *lineage, metadata []byte, err error) {
	l = newLineage()
	for rec, err := range w.Records() {
		if err != nil {
			return nil, nil, err
		}
		switch rec.Type {
		case wal.TypeMetadata:
			metadata = append(metadata[:0], rec.Data...)
		case wal.TypeEntry:
			e, err := entryOf(&rec)
			if err != nil {
				return nil, nil, err
			}
			l.entry(e.index, e.term)
		case wal.TypeSnapshot:
			s, err := rec.Snapshot()
			if err != nil {
				return nil, nil, err
			}
			l.snapshot(s)
		}
	}
	return l, metadata, nil
}

// entry gives an entry in force to all reads that begin before it.
func (g *group) entry(rec *wal.Record) error {
	e, err := entryOf(rec)
	if err != nil {
		return err
	}
	var er *entryReport
	for _, d := range g.reads {
		if e.index <= d.Start.Index {
			continue
		}
		if er == nil {
			sum := sha256.Sum256(e.data)
			er = &entryReport{e.index, e.term, e.typ.String(), len(e.data), hex.EncodeToString(sum[:])}
		}
		d.take(er)
	}
	return nil
}

// take adds the line of one entry. The lines are part of the report's meaning: whoever
// compares two digests relies on them.
func (d *digest) take(e *entryReport) {
	fmt.Fprintf(d.sum, "%d %d %s %d %s\n", e.Index, e.Term, e.Type, e.Size, e.SHA256)
	if d.Entries == 0 {
		d.First = e
	}
	d.Last = e
	d.Entries++
}
