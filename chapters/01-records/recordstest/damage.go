package recordstest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// changedBitIsSeen is I13.
func changedBitIsSeen(c *check) {
	c.mustNotTrust()
	m := newLog(0).add(typeEntry, entry(1, 1, text(5))).add(typeState, state(1, 1, 1)).add(typeEntry, entry(1, 1, text(40))).add(typeState, state(1, 1, 2))
	for frame, s := range m.spans {
		for at := s.at; at < s.end; at++ {
			for bit := range 8 {
				c.flips(m, frame, at, bit)
			}
		}
	}
}

// flips changes one bit, in the given frame of m, and fails unless the decoder
// stops at that frame, with the records before it read.
func (c *check) flips(m *image, frame int, at int64, bit int) {
	b := m.with(0)
	b[at] ^= 1 << bit
	s := m.spans[frame]
	tried := fmt.Sprintf("a log with bit %d of byte %d flipped, which is in the frame at %d", bit, at, s.at)
	o := c.decode(tried, &source{c: c, b: b})
	got, stop := c.kind(o.err), frame

	switch {
	case at == s.body+1 && len(o.recs) == len(m.spans):
		return // the type is covered by nothing: the format's gap, see docs/format.md
	case frame == 0 && at == s.body+3 && bit < 7:
		stop = 1 // the first checksum has nothing to agree with: the next record tells
	case binary.LittleEndian.Uint64(b[s.at:]) == 0 && len(o.recs) == frame:
		return // a length word of zero is the end: I11
	}
	c.sameRecords(tried, b, m.spans[:min(frame, len(o.recs))], o)
	if wanted := expected(s, at); len(o.recs) != stop || !slices.Contains(wanted, got) {
		c.fail(failure{
			Tried: tried,
			Got:   fmt.Sprintf("%d records, then %s", len(o.recs), got),
			Want:  fmt.Sprintf("%d records, then %s\n%s", stop, strings.Join(wanted, " or "), excerpt(b, int(at))),
			Means: "the node would start from data that nobody ever wrote.",
		})
	}
	c.endsWith(tried, b, o, m.spans[stop].at, got, "the frame in which the bit was flipped is where the log stops to be true.")
}

// expected names the errors that may come of a flipped bit in byte at of a frame.
func expected(s span, at int64) []string {
	switch data := s.end - s.pad - int64(len(s.rec.Data)); {
	case at == s.at+wordSize-1:
		return []string{"ErrFrame"} // no top byte is one bit away from another
	case at < s.at+wordSize:
		return []string{"io.ErrUnexpectedEOF", "ErrFrame", "ErrRecord", "ErrCRC"}
	case at >= s.end-s.pad:
		return []string{"ErrFrame"} // padding is zero
	case at >= data:
		return []string{"ErrCRC"}
	}
	return []string{"ErrRecord", "ErrCRC"}
}
