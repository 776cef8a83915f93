package snapshotstest

import (
	"fmt"
	"slices"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// call is one thing that happens to a node's log: a Save, unless one of the
// others is set.
type call struct {
	state    *raftpb.HardState
	ents     []*raftpb.Entry
	snapshot *raftpb.SnapshotMetadata
	death    *death
	// cut begins a new segment in the log that the suite writes. The
	// implementation cuts when it wants to.
	cut bool
}

// death is the end of one life and the beginning of the next: the log is opened
// again at start, and read.
type death struct {
	start *raftpb.SnapshotMetadata
	// killed says that the process dies and Close is not called. If inside
	// is set, it dies in the midst of that Save, of which the first so many
	// entries are written.
	killed  bool
	inside  *call
	written int
	// purged says that the segments that start has made superfluous are gone.
	purged bool
}

// truth is what a node knows: the model of its log, which is told of each
// death, and what raft knows and the log does not.
type truth struct {
	*model
	// void are the leader's snapshots that a death has left without a commit,
	// and that no entry in their place has replaced yet.
	void []*raftpb.SnapshotMetadata
	// never are all that were ever void: no start.
	never []*raftpb.SnapshotMetadata
	// floor is the index of the snapshot that segments were purged for.
	floor uint64
}

// newTruth returns the life of a new log.
func newTruth() *truth { return &truth{model: newModel()} }

// refused returns why a call must be refused, or "", and whether entries are
// missing.
func (l *truth) refused(c call) (reason string, gap bool) {
	switch {
	case c.death != nil || c.cut:
		return "", false
	case c.snapshot != nil:
		return l.refusedSnapshot(c.snapshot), false
	}
	return l.refusal(c.state, c.ents)
}

// impossible reports whether no raft node makes this call now, although no
// contract forbids it.
func (l *truth) impossible(c call) bool {
	switch {
	case c.cut:
		return l.before != nil
	case c.death != nil:
		return l.impossibleDeath(c.death)
	case c.snapshot != nil:
		return l.impossibleSnapshot(c.snapshot)
	}
	return len(c.ents) == 0 && c.state == nil || l.before == nil && l.unknown(c)
}

// unknown reports whether a Save denies a leader's snapshot that is void: it was
// committed all the same, by others. So whoever leads in its term or later has
// its entry, and nothing else is ever committed in its place.
func (l *truth) unknown(c call) bool {
	return slices.ContainsFunc(l.void, func(v *raftpb.SnapshotMetadata) bool {
		if len(c.ents) > 0 && c.ents[0].GetIndex() <= v.GetIndex() {
			return false // and from here on the void snapshot is forgotten
		}
		later := slices.ContainsFunc(c.ents, func(e *raftpb.Entry) bool { return e.GetTerm() >= v.GetTerm() })
		return later || c.state.GetCommit() >= v.GetIndex()
	})
}

// impossibleSnapshot is impossible for a snapshot: the leader's are committed
// and lie on one line, and the node's own are of committed entries.
func (l *truth) impossibleSnapshot(s *raftpb.SnapshotMetadata) bool {
	index, term := s.GetIndex(), s.GetTerm()
	if l.now.own(s) {
		return index <= l.now.base && l.before == nil || index > max(l.state.GetCommit(), l.now.base)
	}
	others := slices.Clone(l.void)
	if l.before != nil {
		if index > l.now.base && term == l.before.termAt(index) {
			return true // before it stands another entry than the snapshot that waits
		}
		others = append(others, meta(l.now.base, l.now.term))
	}
	return term == 0 || term < l.now.termAt(l.state.GetCommit()) || slices.ContainsFunc(others, func(v *raftpb.SnapshotMetadata) bool {
		return index < v.GetIndex() && term > v.GetTerm() || index > v.GetIndex() && term < v.GetTerm() || index == v.GetIndex() && term != v.GetTerm()
	})
}

// impossibleDeath is impossible for a death. raft does not save committed entries
// again, so no Save of these is cut short.
func (l *truth) impossibleDeath(d *death) bool {
	if in := d.inside; in != nil {
		reason, _ := l.refused(*in)
		again := len(in.ents) > 0 && in.ents[0].GetIndex() <= l.state.GetCommit()
		if reason != "" || again || l.impossible(*in) || d.written > len(in.ents) {
			return true
		}
	}
	return !slices.ContainsFunc(l.starts(), same(d.start))
}

// starts are the snapshots that the log can be opened at.
func (l *truth) starts() []*raftpb.SnapshotMetadata {
	return slices.DeleteFunc(slices.Clone(l.recorded), func(s *raftpb.SnapshotMetadata) bool {
		_, ok := l.reads(s)
		return !ok || !l.valid(s)
	})
}

// valid reports whether a snapshot is committed, and its record still there.
func (l *truth) valid(s *raftpb.SnapshotMetadata) bool {
	return s.GetIndex() <= l.state.GetCommit() && s.GetIndex() >= l.floor && !slices.ContainsFunc(l.never, same(s))
}

// same returns a function that compares with a snapshot.
func same(s *raftpb.SnapshotMetadata) func(*raftpb.SnapshotMetadata) bool {
	return func(v *raftpb.SnapshotMetadata) bool {
		return v.GetIndex() == s.GetIndex() && v.GetTerm() == s.GetTerm()
	}
}

// take makes a call happen.
func (l *truth) take(c call) {
	switch {
	case c.cut:
	case c.death != nil:
		l.die(c.death)
	case c.snapshot != nil:
		if l.before != nil {
			l.never = append(l.never, meta(l.now.base, l.now.term))
		}
		l.never = slices.DeleteFunc(l.never, same(c.snapshot)) // it came again
		l.model.take(step{snapshot: c.snapshot})
	default:
		l.put(c.ents)
		if c.state != nil {
			l.model.take(step{state: c.state})
		}
		if l.before == nil && l.now.base > 0 {
			l.void = slices.DeleteFunc(l.void, func(v *raftpb.SnapshotMetadata) bool { return v.GetIndex() <= l.now.base })
		}
	}
}

// put puts entries in their places. The void snapshots there are done with.
func (l *truth) put(ents []*raftpb.Entry) {
	for _, e := range ents {
		l.model.take(step{entry: e})
	}
	if len(ents) > 0 && l.before == nil {
		l.void = slices.DeleteFunc(l.void, func(v *raftpb.SnapshotMetadata) bool { return ents[0].GetIndex() <= v.GetIndex() })
	}
}

// die ends a life. A leader's snapshot that waits is passed over, with what was
// written behind it.
func (l *truth) die(d *death) {
	if d.inside != nil {
		l.put(d.inside.ents[:d.written])
	}
	if l.before != nil {
		s := meta(l.now.base, l.now.term)
		l.void, l.never = append(l.void, s), append(l.never, s)
		l.now, l.before = l.before, nil
	}
	l.top = 0
	if d.purged {
		l.floor = max(l.floor, d.start.GetIndex())
	}
}

// after returns what a death would leave.
func (l *truth) after(d *death) *truth {
	m := *l.model
	m.now = new(*m.now)
	next := &truth{&m, slices.Clone(l.void), slices.Clone(l.never), l.floor}
	next.die(d)
	return next
}

// superfluous returns how many of a log's segments a snapshot replaces.
func superfluous(names []string, snap uint64) int {
	n := 0
	for n+1 < len(names) && indexOf(names[n+1]) < snap {
		n++
	}
	return n
}

// indexOf is the index in a segment's name.
func indexOf(name string) (index uint64) {
	var seq uint64
	fmt.Sscanf(name, "%016x-%016x.wal", &seq, &index)
	return index
}

// happens makes a call happen to the log that the suite writes.
func (m *image) happens(c call, l *truth) {
	switch {
	case c.cut:
		named := indexOf(m.names[len(m.names)-1])
		m.segment(max(named, l.now.last()+1), owner).save(l.state)
	case c.snapshot != nil:
		m.snapshot(c.snapshot)
	case c.death != nil:
		if d := c.death; d.inside != nil {
			m.save(nil, d.inside.ents[:d.written]...)
		}
		if c.death.purged {
			n := superfluous(m.names, c.death.start.GetIndex())
			m.names, m.files, m.purged = m.names[n:], m.files[n:], m.purged+n
		}
	default:
		m.save(c.state, c.ents...)
	}
}

// happens makes a call of the implementation, and returns false if the reading
// behind a death was not what it should be and nobody wants to hear of it.
func (w *world) happens(c call, l *truth, quiet bool) bool {
	w.Helper()
	switch {
	case c.cut:
	case c.snapshot != nil:
		w.must(w.saveSnapshot(c.snapshot))
	case c.death != nil:
		return w.dies(c.death, l, quiet)
	default:
		w.must(w.save(c.state, c.ents...))
	}
	return true
}

// dies ends a life of the implementation's log, and begins the next.
func (w *world) dies(d *death, l *truth, quiet bool) bool {
	w.Helper()
	if d.killed {
		w.sim = w.sim.Kill()
		w.did = append(w.did, "(the process is killed)")
	} else {
		w.must(w.close())
	}
	if d.inside != nil {
		w.did[len(w.did)-1] = fmt.Sprintf("(the process is killed inside Save(state %s, entries %s), when only entries %s are written)",
			stateWords(d.inside.state), runWords(d.inside.ents), runWords(d.inside.ents[:d.written]))
		writeBehind(w.sim, d.inside.ents[:d.written])
	}
	if d.purged {
		names := segmentsOf(w.sim)
		for _, name := range names[:superfluous(names, d.start.GetIndex())] {
			w.did = append(w.did, "(what snapshot "+metaWords(d.start)+" replaces is purged: "+name+")")
			w.must(w.sim.Remove(dir + "/" + name))
		}
	}
	return w.rises(d.start, l.after(d), quiet)
}

// rises opens the log again, and reads it.
func (w *world) rises(start *raftpb.SnapshotMetadata, l *truth, quiet bool) bool {
	w.Helper()
	err := w.open(start, small)
	if err == nil {
		var got result
		if got, err = w.readAll(); err == nil && quiet {
			ents, _ := l.reads(start)
			return equalEntries(got.ents, ents) && equalState(got.state, l.state)
		}
		if err == nil {
			w.agrees(l, start, got, nil)
		}
	}
	if err != nil && quiet {
		return false
	}
	w.mustBecause(err, "a node has lived, died, and starts again. Nothing in this log contradicts anything else.")
	return true
}

// onDisk is a disk with the log of an image, and what is in it.
func (c *check) onDisk(m *image) *world {
	sim := m.disk()
	return c.on(sim, logWords(sim))
}

// logWords is a log on a disk in words.
func logWords(fsys disk.FS) string {
	lines := look(fsys).lines
	if len(lines) == 0 {
		return "a log with nothing in it yet"
	}
	return "a log of these records:" + indented(shorten(lines))
}
