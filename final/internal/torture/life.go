package torture

import (
	"errors"
	"fmt"
	"strings"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// dir is the folder of the log, and metadata what its owner wants to find again.
const (
	dir      = "log"
	metadata = "the owner"
)

var (
	errBeside = errors.New("beside the log") // marks the failure of what is not the log's own: the log goes on
	errStart  = errors.New("at the start")   // marks the failure to open the log: it cannot be written
)

// life is a node between two crashes, as far as its log sees it.
type life struct {
	Setup
	fs    disk.FS
	w     *wal.WAL
	say   func(any)
	ghost *ghost
	now   *state // what raft would know
	acts  int
	hold  *hold // of the goroutine that holds the log, in a group
}

// options returns those of a log whose every operation is at its place in the order.
func (l *life) options() *wal.Options {
	o := &wal.Options{FS: l.fs, SegmentSize: l.Segment, NoBackground: true, NoFill: l.NoFill}
	o.Observe = func(e wal.Event) {
		if l.hold != nil && e.Op == wal.OpWrite {
			l.hold.stop()
		}
	}
	return o
}

// note tells what is known from now on.
func (l *life) note(g *ghost, format string, args ...any) {
	l.ghost = g
	l.say(&note{text: fmt.Sprintf(format, args...), ghost: g})
}

// try tells what is about to be written.
func (l *life) try(rs []record, what string) { l.note(l.ghost.try(rs), "try %s", what) }

// took goes on behind records that were acknowledged. Only what raft needs synced is a promise.
func (l *life) took(rs []record, promised bool, calls int, what string) {
	for _, r := range rs {
		l.now = l.now.apply(r)
	}
	if promised {
		l.note(l.ghost.acked(calls), "acknowledged %s", what)
	}
}

// create makes the log.
func (l *life) create() (err error) {
	l.note(l.ghost, "try create")
	if l.w, err = wal.Create(dir, []byte(metadata), l.options()); err != nil {
		return err
	}
	l.now = empty()
	l.note(l.ghost.acked(1), "acknowledged create")
	return nil
}

// open starts the node on what is there.
func (l *life) open() error {
	v, err := l.read()
	if err != nil {
		return errors.Join(errStart, err)
	}
	g, err := l.ghost.started(v)
	if err != nil {
		return err
	}
	l.now = &state{hard: v.hard, log: log{base: v.start, ents: v.ents}, snaps: []position{v.start}}
	l.note(g, "%v", v)
	return nil
}

// read opens the log as a node does, at the newest snapshot that the log vouches for, and reads it to its end.
func (l *life) read() (v view, err error) {
	valid, err := wal.ValidSnapshotEntries(dir, l.options())
	if err != nil {
		return v, fmt.Errorf("ValidSnapshotEntries: %w", err)
	}
	if v.start, err = l.loadSnapshot(valid); err != nil {
		return v, err
	}
	at := &raftpb.SnapshotMetadata{Index: new(v.start.index), Term: new(v.start.term)}
	if l.w, err = wal.Open(dir, at, l.options()); err != nil {
		return v, err
	}
	md, hs, ents, err := l.w.ReadAll()
	if err != nil {
		return v, fmt.Errorf("ReadAll at %v: %w", v.start, err)
	}
	if string(md) != metadata {
		return v, fmt.Errorf("ReadAll: metadata %q, want %q", md, metadata)
	}
	v.hard = hard{hs.GetTerm(), hs.GetVote(), hs.GetCommit()}
	for _, e := range ents {
		v.ents = append(v.ents, entry{position{e.GetIndex(), e.GetTerm()}, string(e.GetData())})
	}
	return v, errors.Join(l.keptCopy(), l.namesInOrder())
}

// namesInOrder returns what is wrong about the segments' names: who looks for a snapshot goes by their indexes, which never go back.
func (l *life) namesInOrder() error {
	segs := l.w.Segments()
	for i := range len(segs) - 1 {
		if segs[i+1].Seq != segs[i].Seq+1 || segs[i+1].Index < segs[i].Index {
			return fmt.Errorf("%s stands behind %s", segs[i+1].Name, segs[i].Name)
		}
	}
	return nil
}

// keptCopy returns what is wrong about the copy of a tail that was cut: it must be there, and begin with what is kept.
func (l *life) keptCopy() error {
	t := l.w.Tail()
	if !t.Torn || t.Copy == "" {
		return nil
	}
	if _, err := l.fs.Stat(dir + "/" + t.Copy); err != nil {
		return fmt.Errorf("the copy of what was cut off %s: %w", t.Segment, err)
	}
	return nil
}

// close ends the node in good order: then all is durable.
func (l *life) close() error {
	w := l.w
	l.w = nil
	if err := w.Close(); err != nil {
		return err
	}
	l.note(l.ghost.acked(1), "closed")
	return nil
}

// save is one Save. It notes what it tries, and what it promises.
func (l *life) save(h *hard, ents ...entry) error {
	rs, promised := l.records(h, ents)
	what := "Save" + describe(rs)
	l.try(rs, what)
	if err := l.w.Save(message(h), messages(ents)); err != nil {
		return err
	}
	l.took(rs, promised, 1, what)
	return nil
}

// records returns what a Save writes, and whether raft may act on it only once it is durable (MustSync in rawnode.go of raft v3.7.0), or the node has
// told the leader that it has its snapshot, which counts with the commit.
func (l *life) records(h *hard, ents []entry) (rs []record, promised bool) {
	for i := range ents {
		rs = append(rs, record{entry: &ents[i]})
	}
	if h != nil {
		rs = append(rs, record{hard: h})
	}
	old := l.now.hard
	counts := h != nil && l.now.awaits > 0 && h.commit >= l.now.awaits
	return rs, len(ents) > 0 || counts || h != nil && (h.term != old.term || h.vote != old.vote)
}

// saveSnapshot is the snapshot's file, then its record.
func (l *life) saveSnapshot(at position) error {
	if err := l.storeSnapshot(at); err != nil {
		return beside(err)
	}
	rs := []record{{snapshot: &at}}
	what := fmt.Sprintf("SaveSnapshot %v", at)
	l.try(rs, what)
	if err := l.w.SaveSnapshot(snapshotMessage(at)); err != nil {
		return err
	}
	l.took(rs, true, 1, what)
	return nil
}

// describe returns records in words.
func describe(rs []record) string {
	var b strings.Builder
	for _, r := range rs {
		switch {
		case r.entry != nil:
			fmt.Fprintf(&b, " entry %v(%d)", r.entry.position, len(r.entry.data))
		case r.hard != nil:
			fmt.Fprintf(&b, " term %d vote %d commit %d", r.hard.term, r.hard.vote, r.hard.commit)
		default:
			fmt.Fprintf(&b, " snapshot %v", r.snapshot)
		}
	}
	return b.String()
}

// message returns a hard state as raft has it.
func message(h *hard) *raftpb.HardState {
	if h == nil {
		return nil
	}
	return &raftpb.HardState{Term: &h.term, Vote: &h.vote, Commit: &h.commit}
}

// snapshotMessage returns a snapshot's position as raft has it.
func snapshotMessage(at position) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: &at.index, Term: &at.term, ConfState: &raftpb.ConfState{Voters: []uint64{1, 2, 3}}}
}

// messages returns entries as raft has them.
func messages(ents []entry) (list []*raftpb.Entry) {
	for i := range ents {
		e := &ents[i]
		m := &raftpb.Entry{Index: &e.index, Term: &e.term}
		if e.data != "" { // a new leader's first entry has none
			m.Data = []byte(e.data)
		}
		list = append(list, m)
	}
	return list
}

// shut closes what is open, whatever comes of it.
func (l *life) shut(err error) error {
	if l.w != nil {
		err = errors.Join(err, l.w.Close())
		l.w = nil
	}
	return err
}
