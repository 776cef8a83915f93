package main

import (
	"sort"

	raftpb "go.etcd.io/raft/v3/raftpb"
)

// A lineage follows a log without its data, and knows at the end which of the
// entry records hold the entries that are in force: the others were overwritten,
// or dropped by a leader's snapshot. Its memory grows with the number of terms and
// overwrites, not with the number of entries.
//
// It decides as wal.ReadAll does; tests hold the two together. That the log is
// sound is for wal.Verify to say, not for a lineage.
type lineage struct {
	// spans[i] lies before spans[i+1] both in index and in the file.
	spans   []span
	entries int // entry records seen so far
	// known is false until anything says where the log stands.
	known bool
	// base and baseTerm are the entry before the first span, the only one in
	// force when there is no span: a snapshot took its place.
	base, baseTerm uint64
	hasBase        bool
}

// newLineage knows nothing yet, not even where the log begins.
func newLineage() *lineage { return &lineage{} }

// A span is a run of entries of one term whose indexes and records follow each other.
type span struct {
	index, term uint64
	record      int // number of the first entry's record, counting entry records only
	count       int
}

// end is the index behind the span.
func (s *span) end() uint64 { return s.index + uint64(s.count) }

// entry takes the next entry record. What the log held at its index and behind is
// no longer in force.
func (l *lineage) entry(index, term uint64) {
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

// snapshot takes the next snapshot record. One that the log does not hold the
// last entry of came from a leader, and stands for the whole log up to it: then it
// has replaced the log, if any was known.
func (l *lineage) snapshot(s *raftpb.SnapshotMetadata) (replaced bool) {
	index, term := s.GetIndex(), s.GetTerm()
	had, inside := l.at(index)
	switch {
	case inside && had == term, !l.known && index > 0, l.known && !inside && index <= l.last():
		return false // the node's own, or nothing is known to contradict it
	}
	replaced = l.known
	l.spans = nil
	l.known, l.hasBase, l.base, l.baseTerm = true, true, index, term
	return replaced
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
func (l *lineage) at(index uint64) (term uint64, ok bool) {
	if l.hasBase && index == l.base {
		return l.baseTerm, true
	}
	i := sort.Search(len(l.spans), func(i int) bool { return l.spans[i].end() > index })
	if i == len(l.spans) || index < l.spans[i].index {
		return 0, false
	}
	return l.spans[i].term, true
}

// last is the index of the last entry in force, or of the snapshot that stands for it.
func (l *lineage) last() uint64 {
	if n := len(l.spans); n > 0 {
		return l.spans[n-1].end() - 1
	}
	return l.base
}

// inForce returns a function that, called for each entry record in order, tells
// whether it holds an entry in force.
func (l *lineage) inForce() func() bool {
	spans, record := l.spans, -1
	return func() bool {
		record++
		for len(spans) > 0 && record >= spans[0].record+spans[0].count {
			spans = spans[1:]
		}
		return len(spans) > 0 && record >= spans[0].record
	}
}
