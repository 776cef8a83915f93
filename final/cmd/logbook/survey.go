package main

import (
	"fmt"
	"strconv"
	"strings"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/wal"
)

// A survey is what one pass over all records shows of the log as a whole.
type survey struct {
	segments []wal.Segment
	number   map[string]int // of each segment, by its name
	// recorded are the snapshots that the log can be opened at: those up to commit,
	// or all before the first hard state, in the order of their records.
	recorded []*raftpb.SnapshotMetadata
	// newest is the number of the last segment that records each snapshot.
	newest  map[position]int
	commit  uint64 // of the last hard state
	stated  bool   // there is one
	lineage *lineage
}

// count goes over all records once. Every check of the library is made on the way.
func (r *report) count(w *wal.WAL) (*survey, error) {
	s := &survey{segments: w.Segments(), number: map[string]int{}, newest: map[position]int{}, lineage: newLineage()}
	for i, segment := range s.segments {
		s.number[segment.Name] = i
	}
	var all []*raftpb.SnapshotMetadata
	for rec, err := range w.Records() {
		if err != nil {
			return nil, err
		}
		r.Records[rec.Type.String()]++
		r.LastOffset[rec.Segment] = rec.End()
		m, err := s.take(&rec)
		if err != nil {
			return nil, err
		}
		if m != nil {
			all = append(all, m)
		}
	}
	for _, m := range all {
		if m.GetIndex() <= s.commit || !s.stated {
			s.recorded = append(s.recorded, m)
		}
	}
	tail := w.Tail()
	r.LastCRC = fmt.Sprintf("%08x", tail.CRC)
	if tail.Torn {
		r.Torn = &torn{tail.Segment, tail.Offset, tail.Reason}
	}
	return s, nil
}

// take follows one record and returns the snapshot that it is of, if it is.
func (s *survey) take(rec *wal.Record) (*raftpb.SnapshotMetadata, error) {
	switch rec.Type {
	case wal.TypeEntry:
		e, err := entryOf(rec)
		if err != nil {
			return nil, err
		}
		s.lineage.entry(e.index, e.term)
	case wal.TypeState:
		st, err := rec.State()
		if err != nil {
			return nil, err
		}
		s.commit = st.GetCommit()
		s.lineage.state(st.GetTerm(), s.commit)
		s.stated = st.GetTerm() != 0 || st.GetVote() != 0 || s.commit != 0
	case wal.TypeSnapshot:
		m, err := rec.Snapshot()
		if err != nil {
			return nil, err
		}
		s.lineage.snapshot(m, indexIn(rec.Segment))
		s.newest[position{m.GetIndex(), m.GetTerm()}] = s.number[rec.Segment]
		return m, nil
	}
	return nil, nil
}

// indexIn returns the index in a segment's name.
func indexIn(segment string) uint64 {
	_, name, _ := strings.Cut(strings.TrimSuffix(segment, ".wal"), "-")
	index, _ := strconv.ParseUint(name, 16, 64) // wal.Records knows no other names
	return index
}

// first is the number of the segment that reading begins in, as wal.OpenForRead picks
// it: the last before the first one whose name is of a higher index; -1 if there is
// none.
func (s *survey) first(start position) int {
	for i, segment := range s.segments {
		if segment.Index > start.Index {
			return i - 1
		}
	}
	return len(s.segments) - 1
}

// last is the index of the last entry that the log holds, or that a snapshot record of
// it stands for.
func (s *survey) last() uint64 {
	last := s.lineage.last()
	if !s.lineage.known {
		for _, m := range s.recorded {
			last = max(last, m.GetIndex())
		}
	}
	return last
}
