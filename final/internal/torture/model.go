package torture

import (
	"fmt"
	"slices"
)

// hard is raft's hard state.
type hard struct{ term, vote, commit uint64 }

// position is a place in raft's log, or a snapshot of it.
type position struct{ index, term uint64 }

// String returns it as raft's papers write it.
func (p position) String() string { return fmt.Sprintf("%d@%d", p.index, p.term) }

// entry is one entry of raft's log.
type entry struct {
	position
	data string
}

// record is the smallest thing that a crash keeps or loses as a whole: an entry, a hard state, a snapshot's position. Exactly one is set.
type record struct {
	entry    *entry
	hard     *hard
	snapshot *position
}

// log is raft's log behind a base. It is never changed.
type log struct {
	base position
	ents []entry // ents[i] has index base.index+1+i
}

// last returns the index of the last entry.
func (l log) last() uint64 { return l.base.index + uint64(len(l.ents)) }

// at returns the position of an index that the log knows.
func (l log) at(index uint64) (p position, ok bool) {
	switch {
	case index == l.base.index:
		return l.base, true
	case index < l.base.index || index > l.last():
		return position{}, false
	}
	return l.ents[index-l.base.index-1].position, true
}

// set returns the log with an entry, and without what was at its index or behind.
func (l log) set(e entry) log {
	if e.index <= l.base.index {
		panic(fmt.Sprintf("torture: the workload overwrites %v, which lies before its log", e.position))
	}
	l.ents = append(slices.Clip(l.ents[:e.index-l.base.index-1]), e)
	return l
}

// behind returns the entries with a higher index.
func (l log) behind(index uint64) []entry {
	if index >= l.last() {
		return nil
	}
	return l.ents[max(index, l.base.index)-l.base.index:]
}

// state is what a node has saved, as raft means it. It is written from raft's rules, and knows nothing of files, nor of package wal. It is never
// changed.
type state struct {
	hard  hard
	log   log
	snaps []position // recorded, in order

	// before is the log that a leader's snapshot would replace: the snapshot counts once a hard state commits it. A node that stops between the
	// two starts on the old log. Nil if nothing waits.
	before *log
	awaits uint64 // the index to be committed
}

// empty is the state of a new log. The snapshot of index 0 is the beginning.
func empty() *state { return &state{snaps: []position{{}}} }

// apply returns the state behind one more record.
func (s *state) apply(r record) *state {
	n := *s
	switch {
	case r.entry != nil:
		n.log = s.log.set(*r.entry)
	case r.hard != nil:
		n.hard = *r.hard
		if n.hard.commit >= n.awaits {
			n.before, n.awaits = nil, 0
		}
	default:
		n.snaps = append(slices.Clip(s.snaps), *r.snapshot)
		if known, ok := s.log.at(r.snapshot.index); !ok || known != *r.snapshot {
			n.replace(*r.snapshot)
		}
	}
	return &n
}

// replace begins the log anew behind a leader's snapshot.
func (s *state) replace(at position) {
	if s.before == nil {
		old := s.log
		s.before = &old
	}
	s.log, s.awaits = log{base: at}, at.index
}

// view is what a node that starts sees: the newest snapshot that counts, the hard state, and the entries behind the snapshot.
type view struct {
	start position
	hard  hard
	ents  []entry
}

// views returns what a node may see that starts on this state. It is one view; but before the first hard state nothing says whether a leader's
// snapshot counts, and either is right, as long as it is one of them.
func (s *state) views() []view {
	at := s.newest()
	views := []view{{at, s.hard, s.log.behind(at.index)}}
	if s.before != nil && s.hard == (hard{}) {
		return append(views, view{s.before.base, s.hard, s.before.ents})
	}
	if s.before != nil {
		views[0].ents = s.before.behind(at.index)
	}
	return views
}

// newest returns the newest snapshot that is committed. Where nothing is, a snapshot is the first word that a node heard of its cluster, which has
// committed it.
func (s *state) newest() position {
	var at position
	for _, p := range s.snaps {
		if p.index >= at.index && (p.index <= s.hard.commit || s.hard == (hard{})) {
			at = p
		}
	}
	return at
}

// started returns the state of a node that has started and saw v.
func (s *state) started(v view) *state {
	n := *s
	if n.before != nil && v.start.index < n.awaits {
		n.log = *n.before
	}
	n.before, n.awaits = nil, 0
	return &n
}

// equal tells whether two views are the same.
func (v view) equal(o view) bool {
	return v.start == o.start && v.hard == o.hard && slices.Equal(v.ents, o.ents)
}

// String returns the view in words. Entries are told by position and size.
func (v view) String() string {
	s := fmt.Sprintf("opened at %v: term %d, vote %d, commit %d; ", v.start, v.hard.term, v.hard.vote, v.hard.commit)
	if len(v.ents) == 0 {
		return s + "no entries"
	}
	s += "entries"
	for _, e := range v.ents {
		s += fmt.Sprintf(" %v(%d)", e.position, len(e.data))
	}
	return s
}
