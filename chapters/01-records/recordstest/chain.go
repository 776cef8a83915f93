package recordstest

import (
	"fmt"
	"io"
	"slices"
)

// crcIsFollowed is I9 for the decoder, and the first that it is put to: sound logs
// are read, and each broken chain is seen where it breaks. There are no zeros
// behind these logs; what they do is I11.
func crcIsFollowed(c *check) {
	m := newLog(0).add(typeEntry, entry(1, 1, text(5))).add(typeEntry, nil).add(typeState, state(1, 1, 1)).add(typeEntry, []byte{})
	for n := range len(m.spans) + 1 {
		end := int64(0)
		if n > 0 {
			end = m.spans[n-1].end
		}
		c.decodes(fmt.Sprintf("a sound log of %d records", n), m.b[:end:end], m.spans[:n], "io.EOF", "a log that was written whole could not be read back.")
	}
	c.firstCRCSeeds()
	c.laterCRCMustMatch()
	c.goesOnBehind()
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

	entries := new(image).add(typeEntry, entry(1, 1, text(5))).add(typeEntry, entry(1, 2, text(6)))
	c.decodes("a file that begins with an entry: its chain starts from 0", entries.with(0), entries.spans, "io.EOF",
		"only a checksum record may say where the chain starts; without one it starts from 0.")

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

	late := new(image).add(typeEntry, entry(1, 1, text(5)))
	late.addRecord(Record{Type: typeCRC, CRC: 0xcafe})
	late.crc = 0xcafe
	late.add(typeEntry, entry(1, 2, text(5)))
	c.decodes("a file that begins with an entry, then its first checksum record, of cafe, which does not follow", late.with(0), late.spans[:1], "ErrCRC",
		"it is the first checksum record, but not the first record: the chain is under way, and this record has to agree with it.")
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
	d := c.decoder(tried, &source{c: c, b: b})
	for i, s := range want {
		kind := "no error"
		if slices.Contains(bad, i) {
			kind = "ErrCRC"
		}
		r, err := d.Next()
		if got := c.kind(err); got != kind || recordLine(r) != recordLine(s.rec) {
			c.fail(failure{
				Tried: tried,
				Got:   fmt.Sprintf("record %d: %s; %s", i, got, recordLine(r)),
				Want:  fmt.Sprintf("record %d: %s; %s", i, kind, recordLine(s.rec)),
				Means: means,
			})
		}
	}
	_, err := d.Next()
	last := want[len(want)-1].rec.CRC
	if err != io.EOF || d.Offset() != want[bad[0]].at || d.CRC() != last {
		c.fail(failure{
			Tried: tried,
			Got:   fmt.Sprintf("at the end: %s, Offset() %d, CRC() %08x", c.kind(err), d.Offset(), d.CRC()),
			Want:  fmt.Sprintf("at the end: io.EOF, Offset() %d, CRC() %08x", want[bad[0]].at, last),
			Means: "Offset stays in front of the first error: nothing behind it may be taken for sound.",
		})
	}
}
