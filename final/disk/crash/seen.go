package crash

// seen remembers which disks were tried, in bounded memory: as many as half of its slots, for certain. Then it begins to
// forget, and what it forgot is tried again when it comes again.
type seen struct {
	slots []uint64 // open addressing; 0 is free
	used  int
	most  int // slots
}

const (
	seenLeast = 1 << 12
	seenMost  = 1 << 27 // slots of eight bytes: 1 GiB
	seenProbe = 32      // how far from its own slot a key can be
)

// newSeen returns an empty set that grows up to a number of slots.
func newSeen(most int) *seen { return &seen{slots: make([]uint64, min(seenLeast, most)), most: most} }

// has reports whether a key is in the set.
func (s *seen) has(key uint64) bool { return s.slots[s.place(max(key, 1))] == max(key, 1) }

// add puts a key into the set.
func (s *seen) add(key uint64) {
	key = max(key, 1)
	at := s.place(key)
	for s.slots[at] != key && len(s.slots) < s.most && (s.slots[at] != 0 || s.used >= len(s.slots)/2) {
		s.grow()
		at = s.place(key)
	}
	if s.slots[at] == 0 {
		s.used++
	}
	s.slots[at] = key
}

// place returns the slot that a key is in, or else a free one for it, or else one that can be taken from another key.
func (s *seen) place(key uint64) int {
	mask := uint64(len(s.slots) - 1)
	for i := range uint64(seenProbe) {
		if at := (key + i) & mask; s.slots[at] == key || s.slots[at] == 0 {
			return int(at)
		}
	}
	return int((key + key>>32%seenProbe) & mask)
}

// grow doubles the slots.
func (s *seen) grow() {
	old := s.slots
	*s = seen{slots: make([]uint64, 2*len(old)), most: s.most}
	for _, key := range old {
		if key != 0 {
			s.add(key)
		}
	}
}
