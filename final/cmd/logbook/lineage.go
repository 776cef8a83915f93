package main

import (
	"sort"

	raftpb "go.etcd.io/raft/v3/raftpb"
)

// A lineage follows a log without its data, and knows at the end which of the
// entry records hold the entries that are in force: the others were overwritten,
// or replaced by a leader's snapshot that a hard state commits. Its memory grows with the number of terms and
// overwrites, not with the number of entries.
//
// It decides as wal.ReadAll does; tests hold the two together. That the log is
// sound is for wal.Verify to say, not for a lineage.
type lineage struct {
	inner
	entries int // entry records seen so far
	// pending is the index of a leader's snapshot that no hard state has committed
	// yet, or 0. The log before it is still in force for whoever starts below it;
	// inner is what whoever starts at it or behind reads.
	pending   uint64
	before    inner  // the log before it
	replaced  uint64 // the highest index of a leader's snapshot that was committed
	hasState  bool
	committed uint64 // the highest commit of a hard state
	own       uint64 // the highest index of a snapshot that is committed
	early     uint64 // that of one of the node's own that was recorded before it was committed, or 0
}

// inner is what a snapshot that is never committed gives back.
type inner struct {
	// known is false until anything says where the log stands.
	known bool
	spans spans
	// base and baseTerm are the entry before the first span, the only one in
	// force when there is no span: a snapshot took its place.
	base, baseTerm uint64
	hasBase        bool
	// floor is the lowest index that was seen since the last leader's snapshot.
	// wal.ReadAll tells whose a snapshot is by what it saw from there on.
	floor uint64
}

// newLineage knows nothing yet, not even where the log begins.
func newLineage() *lineage { return &lineage{} }

// spans[i] lies before spans[i+1] both in index and in the file.
type spans []span

// A span is a run of entries of one term whose indexes and records follow each other.
type span struct {
	index, term uint64
	record      int // number of the first entry's record, counting entry records only
	count       int
}

// end is the index behind the span.
func (s *span) end() uint64 { return s.index + uint64(s.count) }

// entry takes the next entry record. What the log held at its index and behind is
// no longer in force. One that does not follow a pending snapshot shows that the node
// was started without it, and went on from the log before.
func (l *lineage) entry(index, term uint64) {
	if l.pending != 0 && (index != l.last()+1 || term < l.lastTerm()) {
		l.resume()
	}
	if !l.known || index < l.floor {
		l.floor = index
	}
	l.truncate(index)
	if n := len(l.spans); n > 0 {
		last := &l.spans[n-1]
		if last.term == term && last.end() == index && last.record+last.count == l.entries {
			last.count++
			l.entries++
			return
		}
	}
	l.spans = append(l.spans, span{index, term, l.entries, 1})
	l.known = true
	l.entries++
}

// resume goes back to the log before the pending snapshot.
func (l *lineage) resume() { l.inner, l.before, l.pending = l.before, inner{}, 0 }

// snapshot takes the next snapshot record. One that the log does not hold the last
// entry of came from a leader, and is to replace the whole log: it does so once a
// hard state commits it, and at once in a log that has none.
//
// Where nothing is known yet, the log ended in front of the index in the name of the segment.
func (l *lineage) snapshot(s *raftpb.SnapshotMetadata, named uint64) (leaders bool) {
	index, term := s.GetIndex(), s.GetTerm()
	switch {
	case l.beside(index, term):
		l.own = index
		return false
	case l.pending != 0:
		l.resume() // what follows it in the same life is the Save that commits it
	}
	defer l.counts(index)
	had, inside := l.at(index)
	inside = inside && index >= l.floor
	switch {
	case inside && had == term, !l.known && index > 0 && index < named, l.known && !inside && index <= l.last():
		return false // the node's own, or nothing is known to contradict it
	}
	if l.known || index > 0 {
		leaders = true
		l.suspend(index)
	}
	l.inner = inner{known: true, hasBase: true, base: index, baseTerm: term, floor: index}
	return leaders
}

// counts notes a snapshot that does not wait.
func (l *lineage) counts(index uint64) {
	switch {
	case l.pending != 0:
	case index <= l.committed || index <= l.replaced:
		l.own = max(l.own, index)
	default:
		l.early = max(l.early, index)
	}
}

// beside tells whether a snapshot is one of the node's own that was recorded between a leader's and the Save that commits that: it is a new one.
func (l *lineage) beside(index, term uint64) bool {
	had, ok := l.before.at(index)
	return l.pending != 0 && index < l.pending && index > l.own && index <= l.committed && (!ok || had == term)
}

// suspend keeps the log for the case that the snapshot is never committed.
func (l *lineage) suspend(index uint64) {
	l.before, l.pending = l.inner, index
	if !l.hasState || index <= l.committed {
		l.replace()
	}
}

// state takes the next hard state's term and commit. One of a lower term than a pending
// snapshot, or the entries behind it, is of a node that knew nothing of them.
func (l *lineage) state(term, commit uint64) {
	if l.pending != 0 && term < l.lastTerm() {
		l.resume()
	}
	l.hasState, l.committed = true, max(l.committed, commit)
	if l.early <= l.committed {
		l.own, l.early = max(l.own, l.early), 0
	}
	if commit >= l.pending {
		l.replace()
	}
}

// replace drops what the pending snapshot replaces, if one is pending.
func (l *lineage) replace() {
	l.replaced, l.pending, l.before = max(l.replaced, l.pending), 0, inner{}
	l.own = max(l.own, l.replaced)
}

// truncate takes the entries from index on out of force.
func (l *lineage) truncate(index uint64) {
	if l.hasBase && l.base >= index {
		l.hasBase = false
	}
	for n := len(l.spans); n > 0; n-- {
		last := &l.spans[n-1]
		if last.index < index {
			last.count = int(min(last.end(), index) - last.index)
			break
		}
		l.spans = l.spans[:n-1]
	}
}

// at returns the term of the entry in force at an index, if it is known.
func (l *inner) at(index uint64) (term uint64, ok bool) {
	if l.hasBase && index == l.base {
		return l.baseTerm, true
	}
	return l.spans.at(index)
}

// at returns the term of the entry at an index.
func (s spans) at(index uint64) (term uint64, ok bool) {
	i := sort.Search(len(s), func(i int) bool { return s[i].end() > index })
	if i == len(s) || index < s[i].index {
		return 0, false
	}
	return s[i].term, true
}

// last is the index of the last entry in force, or of the snapshot that stands for it.
func (l *lineage) last() uint64 {
	if n := len(l.spans); n > 0 {
		return l.spans[n-1].end() - 1
	}
	return l.base
}

// lastTerm is the term of what last tells the index of.
func (l *lineage) lastTerm() uint64 {
	if n := len(l.spans); n > 0 {
		return l.spans[n-1].term
	}
	return l.baseTerm
}

// inForce returns the entries in force for whoever starts behind an index.
func (l *lineage) inForce(start uint64) spans {
	if start < l.pending {
		return l.before.spans
	}
	return l.spans
}

// records returns a function that, called for each entry record in order, tells
// whether it holds one of the entries.
func (s spans) records() func() bool {
	record := -1
	return func() bool {
		record++
		for len(s) > 0 && record >= s[0].record+s[0].count {
			s = s[1:]
		}
		return len(s) > 0 && record >= s[0].record
	}
}
