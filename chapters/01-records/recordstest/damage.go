package recordstest

import (
	"encoding/binary"
	"fmt"
	"io"
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
	c.firstCRCSeeds()
	c.laterCRCMustMatch()
	c.goesOnBehind()
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
	c.sameRecords(tried, b, m.spans[:min(frame, len(o.recs))], o.recs[:min(frame, len(o.recs))])
	if wanted := expected(s, at); len(o.recs) != stop || !slices.Contains(wanted, got) {
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("%d records, then %s", len(o.recs), got),
			want:  fmt.Sprintf("%d records, then %s\n%s", stop, strings.Join(wanted, " or "), excerpt(b, int(at))),
			means: "the node would start from data that nobody ever wrote.",
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

// firstCRCSeeds reads logs whose beginning lies in another file.
func (c *check) firstCRCSeeds() {
	m := newLog(0xcafebabe).add(typeEntry, entry(1, 1, text(5)))
	c.decodes("a file that begins with a checksum record of cafebabe, handed on by the file before it", m.with(0), m.spans, "io.EOF",
		"every segment but the first begins so; refused, no log could ever be cut.")

	wrong := newLog(0xcafebabe)
	wrong.crc = 0
	wrong.add(typeEntry, entry(1, 1, text(5)))
	c.decodes("a file that begins with a checksum record of cafebabe, whose third record does not follow from it", wrong.with(0), wrong.spans[:2], "ErrCRC",
		"the seed must be used, or a segment could be exchanged for another.")

	bare := (&image{crc: 0xcafebabe}).add(typeEntry, entry(1, 1, text(5)))
	c.decodes("a file that begins with an entry, whose checksum does not start from 0", bare.with(0), nil, "ErrCRC",
		"only a checksum record may say where the chain starts.")
}

// laterCRCMustMatch reads logs with a second checksum record.
func (c *check) laterCRCMustMatch() {
	const means = "only the first record of a file may set the chain; a later one is checked, or it would hide what is missing before it."
	good := newLog(0).add(typeEntry, entry(1, 1, text(5))).add(typeCRC, nil).add(typeEntry, entry(1, 1, text(6)))
	c.decodes("a second checksum record, with the running value", good.with(0), good.spans, "io.EOF", means)

	bad := newLog(0).add(typeEntry, entry(1, 1, text(5)))
	bad.addRecord(Record{Type: typeCRC, CRC: bad.crc + 1})
	c.decodes("a second checksum record, with another value than the running one", bad.with(0), bad.spans[:3], "ErrCRC", means)

	zero := new(image).add(typeCRC, nil)
	zero.addRecord(Record{Type: typeCRC, CRC: 0xcafe})
	c.decodes("a checksum record of 0, then one of cafe", zero.with(0), zero.spans[:1], "ErrCRC",
		means+" A running value of 0 is a value as any other.")
}

// goesOnBehind reads past records with a wrong checksum, as an inspection does.
func (c *check) goesOnBehind() {
	m := newLog(0).add(typeEntry, entry(1, 1, text(5))).add(typeState, state(1, 1, 1)).add(typeEntry, entry(1, 1, text(40))).add(typeState, state(1, 1, 2))
	for _, bad := range [][]int{{2}, {5}, {2, 4}, {2, 3}} {
		b, want := m.with(0), slices.Clone(m.spans)
		for _, i := range bad {
			want[i].rec.Data = slices.Clone(want[i].rec.Data)
			n := len(want[i].rec.Data)
			want[i].rec.Data[n-1] ^= 0x40
			b[m.spans[i].end-m.spans[i].pad-1] ^= 0x40
		}
		c.inspects(fmt.Sprintf("a log in which the data of records %v (counted from 0) was changed, read to its end", bad), b, want, bad)
	}
}

// inspects reads b past its checksum errors: the bad ones among the records must
// be returned with ErrCRC, all others without.
func (c *check) inspects(tried string, b []byte, want []span, bad []int) {
	c.Helper()
	const means = "behind a wrong checksum the chain goes on from the one that is stored, so that an inspection shows what is left."
	d := c.NewDecoder(&source{c: c, b: b}, int64(len(b)))
	for i, s := range want {
		kind := "no error"
		if slices.Contains(bad, i) {
			kind = "ErrCRC"
		}
		r, err := d.Next()
		if got := c.kind(err); got != kind || recordLine(r) != recordLine(s.rec) {
			c.fail(failure{
				tried: tried,
				got:   fmt.Sprintf("record %d: %s; %s", i, got, recordLine(r)),
				want:  fmt.Sprintf("record %d: %s; %s", i, kind, recordLine(s.rec)),
				means: means,
			})
		}
	}
	_, err := d.Next()
	last := want[len(want)-1].rec.CRC
	if err != io.EOF || d.Offset() != want[bad[0]].at || d.CRC() != last {
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("at the end: %s, Offset() %d, CRC() %08x", c.kind(err), d.Offset(), d.CRC()),
			want:  fmt.Sprintf("at the end: io.EOF, Offset() %d, CRC() %08x", want[bad[0]].at, last),
			means: "Offset stays in front of the first error: nothing behind it may be taken for sound.",
		})
	}
}
