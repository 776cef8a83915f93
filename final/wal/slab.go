package wal

import raftpb "go.etcd.io/raft/v3/raftpb"

// Sizes of the pieces that a slab cuts from. The first pieces are small, so that a short log costs little.
const (
	minSlab      = 16
	maxSlab      = 4096
	minDataSlab  = 1 << 10
	maxDataSlab  = 256 << 10
	largestShare = 4 // data of more than a quarter of a piece gets memory of its own
)

// slab hands out entries, their integers and their data from larger pieces of memory: one allocation for thousands of entries
// instead of four for each. What it hands out is the caller's; a piece is freed when nothing in it is referred to any more.
type slab struct {
	entries  []raftpb.Entry
	integers []uint64
	types    []raftpb.EntryType
	data     []byte
	n        int // size of the next piece of entries
	dataSize int // size of the next piece of data
}

// entry returns an entry of its own.
func (s *slab) entry() *raftpb.Entry {
	if len(s.entries) == 0 {
		s.entries = make([]raftpb.Entry, s.grow())
	}
	e := &s.entries[0]
	s.entries = s.entries[1:]
	return e
}

// integer returns a pointer to an integer of its own.
func (s *slab) integer(v uint64) *uint64 {
	if len(s.integers) == 0 {
		s.integers = make([]uint64, 2*max(s.n, 1))
	}
	p := &s.integers[0]
	s.integers = s.integers[1:]
	*p = v
	return p
}

// entryType returns a pointer to an entry type of its own.
func (s *slab) entryType(t raftpb.EntryType) *raftpb.EntryType {
	if len(s.types) == 0 {
		s.types = make([]raftpb.EntryType, max(s.n, 1))
	}
	p := &s.types[0]
	s.types = s.types[1:]
	*p = t
	return p
}

// bytes returns a copy that cannot grow into its neighbour. Nil stays nil, empty stays empty.
func (s *slab) bytes(b []byte) []byte {
	switch {
	case b == nil:
		return nil
	case len(b) == 0:
		return []byte{}
	}
	if len(b) > len(s.data) {
		if s.n <= 1 || len(b) > maxDataSlab/largestShare {
			return append(make([]byte, 0, len(b)), b...)
		}
		s.dataSize = min(max(2*s.dataSize, minDataSlab, len(b)), maxDataSlab)
		s.data = make([]byte, s.dataSize)
	}
	c := s.data[:len(b):len(b)]
	s.data = s.data[len(b):]
	copy(c, b)
	return c
}

// grow returns the size of the next piece of entries: one at first, so that a slab for a single entry wastes nothing.
func (s *slab) grow() int {
	switch {
	case s.n == 0:
		s.n = 1
	case s.n == 1:
		s.n = minSlab
	default:
		s.n = min(2*s.n, maxSlab)
	}
	return s.n
}
