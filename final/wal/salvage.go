package wal

import (
	"errors"
	"io"
)

// salvage goes on behind damage. It returns the damage, with the record if it could be read at all, and leaves the scanner where
// next finds the next record that verifies. An error of the disk, which ends that, comes with it.
func (s *scanner) salvage(f flaw) (*Record, error) {
	damage := s.failed
	s.failed = nil
	s.logger.Warn("log is damaged", "error", damage)
	if f.kind == badMeaning {
		s.check.hole(s.recordsRead())
		s.off, s.crc, s.chained = s.rec.End(), s.rec.CRC, true
		return &s.rec, damage
	}
	s.check.hole(max(s.check.segment, 2))
	look := newSearch(&s.win, s.off+wordSize)
	defer look.free()
	first, ok, err := look.pair()
	switch {
	case err != nil:
		s.failed = readError(s.segs[s.i].Segment.Name, look.off, err)
		return nil, errors.Join(damage, s.failed)
	case ok:
		// The first record's checksum is proven by the second; its data is not.
		s.off, s.crc, s.chained = first.end, first.crc, true
	case !s.last():
		s.enter(s.i + 1)
		s.chained = false
	default:
		s.tail = Tail{Segment: s.segs[s.i].Segment.Name, Offset: s.off, CRC: s.crc}
		s.failed = io.EOF
	}
	return nil, damage
}

// recordsRead returns how many records of its segment s.rec ends, as far as their order is checked: the first ones.
func (s *scanner) recordsRead() int {
	if s.off == 0 {
		return 1
	}
	return max(s.check.segment, 2)
}
