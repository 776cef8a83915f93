package recordstest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"example.com/logbook/chapters/course/suite"
)

// outcome is what a decoder made of a file, up to its first error.
type outcome struct {
	recs   []Record
	err    error
	offset int64
	crc    uint32
}

// decode reads src to the first error.
func (c *check) decode(tried string, src *source) outcome {
	c.Helper()
	return c.decodeKeeping(tried, src, false)
}

// decodeKeeping is decode that keeps the Data it is given, or a copy of it made at
// once. It fails when there is no end: a file has no more records than words.
func (c *check) decodeKeeping(tried string, src *source, keep bool) outcome {
	c.Helper()
	var o outcome
	d := c.decoder(tried, src)
	for o.err == nil {
		if len(o.recs) > len(src.b)/wordSize {
			c.fail(failure{
				Tried: tried,
				Got:   fmt.Sprintf("%d records from %d bytes, and no end", len(o.recs), len(src.b)),
				Means: "Next does not come forward: a node that starts would hang.",
			})
		}
		var r Record
		if r, o.err = d.Next(); o.err == nil {
			if !keep {
				r.Data = slices.Clone(r.Data)
			}
			o.recs = append(o.recs, r)
		}
	}
	o.offset, o.crc = d.Offset(), d.CRC()
	if !errors.Is(o.err, c.ErrCRC) {
		if _, again := d.Next(); again == nil || c.kind(again) != c.kind(o.err) {
			c.fail(failure{
				Tried: tried + "; then Next once more",
				Got:   fmt.Sprintf("first %s, then %s", c.kind(o.err), c.kind(again)),
				Want:  fmt.Sprintf("%s both times", c.kind(o.err)),
				Means: "what cannot be read cannot be read past: only behind a wrong checksum does a reader know where the next frame is.",
			})
		}
	}
	return o
}

// kind names what an error wraps, as the contract names it.
func (c *check) kind(err error) string {
	switch {
	case err == nil:
		return "no error"
	case err == io.EOF:
		return "io.EOF"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "io.ErrUnexpectedEOF"
	case errors.Is(err, c.ErrFrame):
		return "ErrFrame"
	case errors.Is(err, c.ErrRecord):
		return "ErrRecord"
	case errors.Is(err, c.ErrCRC):
		return "ErrCRC"
	case errors.Is(err, suite.ErrDisk):
		return "the disk's error"
	}
	return "another error: " + err.Error()
}

// decodes fails unless a decoder reads b as the records of spans, then ends
// with an error of the wanted kind at the offset behind them.
func (c *check) decodes(tried string, b []byte, spans []span, kind, means string) {
	c.Helper()
	o := c.decode(tried, &source{c: c, b: b})
	c.sameRecords(tried, b, spans, o)
	end := int64(0)
	if len(spans) > 0 {
		end = spans[len(spans)-1].end
	}
	if len(o.recs) > len(spans) {
		c.fail(failure{
			Tried: tried,
			Got:   fmt.Sprintf("record %d, without an error: %s", len(spans), recordLine(o.recs[len(spans)])),
			Want:  fmt.Sprintf("%d records, then %s\n%s", len(spans), kind, excerpt(b, int(end))),
			Means: means,
		})
	}
	c.endsWith(tried, b, o, end, kind, means)
}

// sameRecords fails at the first of o's records that is not the one in spans, or
// is missing.
func (c *check) sameRecords(tried string, b []byte, spans []span, o outcome) {
	c.Helper()
	for i, s := range spans {
		if i >= len(o.recs) {
			c.fail(failure{
				Tried: tried,
				Got:   fmt.Sprintf("record %d: %s: %v", i, c.kind(o.err), o.err),
				Want:  fmt.Sprintf("record %d, without an error: %s\n%s", i, recordLine(s.rec), excerpt(b, int(s.at))),
				Means: c.whyRefused(i, s, o.err),
			})
		}
		if got, want := recordLine(o.recs[i]), recordLine(s.rec); got != want || !bytes.Equal(o.recs[i].Data, s.rec.Data) {
			c.fail(failure{
				Tried: tried,
				Got:   fmt.Sprintf("record %d: %s", i, got),
				Want:  fmt.Sprintf("record %d: %s\n%s", i, want, excerpt(b, int(s.at))),
				Means: "a record that was acknowledged is not read back as it was written.",
			})
		}
	}
}

// whyRefused says what a decoder that refuses the sound record i is likely to
// have wrong.
func (c *check) whyRefused(i int, s span, err error) string {
	switch kind := c.kind(err); {
	case kind == "ErrCRC" && i == 0 && s.rec.Type == typeCRC:
		return "a checksum record that opens the file sets the chain: nothing in this file comes before it that it could agree with."
	case kind == "ErrCRC":
		return "this record is sound: its checksum is that of the record before it, moved on over its data alone."
	case kind == "ErrRecord" && s.pad > 0:
		return fmt.Sprintf("this record is sound: it is the first %d bytes behind the length word; the %d bytes of padding are no part of it.", s.end-s.body-s.pad, s.pad)
	}
	return "a record that was acknowledged is not read back."
}

// endsWith fails unless o ended at the given offset with an error of the wanted
// kind, which carries that offset unless it is io.EOF.
func (c *check) endsWith(tried string, b []byte, o outcome, offset int64, kind, means string) {
	c.Helper()
	show := excerpt
	if kind == "io.EOF" {
		show = ending
	}
	if got := c.kind(o.err); got != kind || o.offset != offset {
		c.fail(failure{
			Tried: tried,
			Got:   fmt.Sprintf("%s; Offset() is %d", got, o.offset),
			Want:  fmt.Sprintf("%s; Offset() is %d\n%s", kind, offset, show(b, int(offset))),
			Means: means,
		})
	}
	if kind == "io.EOF" {
		return
	}
	if at, ok := c.ErrorOffset(o.err); !ok || at != offset {
		c.fail(failure{
			Tried: tried,
			Got:   fmt.Sprintf("error %q with offset %d (has one: %t)", o.err, at, ok),
			Want:  fmt.Sprintf("a *DecodeError with offset %d", offset),
			Means: "whoever must repair a log needs to know where it is broken.",
		})
	}
}

// zerosEndALog is I11. What ends in fewer zeros than a length word has comes
// last: little depends on it.
func zerosEndALog(c *check) {
	c.zerosBehind(0, 8, 16, 64, 512, 4096)
	m := newLog(0).add(typeEntry, entry(1, 1, text(3)))
	hole := append(m.with(8), newLog(0).b...)
	c.decodes("a log, a zero length word, and another log behind it", hole, m.spans, "io.EOF",
		"the decoder ends at a zero length word; what the bytes behind it prove is Judge's question.")
	for n := range 20 {
		m := new(image).add(typeCRC, nil).addUnpadded(typeEntry, entry(1, 1, text(n))).addUnpadded(typeState, state(1, 1, 1))
		c.decodes(fmt.Sprintf("frames without padding, as etcd wrote before 3.0, one with %d bytes of data", n), m.with(8), m.spans, "io.EOF", zerosMean)
	}
	for _, g := range goldenLogs(c.T) {
		c.decodes("testdata/golden/"+g.Name+".txtar", g.Log, walk(g.Log), "io.EOF", zerosMean)
	}
	c.endStays(m)
	c.zerosBehind(1, 4, 7, 9, 15, 5001)
}

// zerosMean is what it means to stumble over the zeros behind a log.
const zerosMean = "files are preallocated with zeros: the log ends where they begin, and it ends well, also if they are too few for a length word."

// zerosBehind reads files of zeros, and logs with zeros behind them.
func (c *check) zerosBehind(counts ...int) {
	c.Helper()
	for _, n := range counts {
		c.decodes(fmt.Sprintf("a file of %d bytes, all zero", n), make([]byte, n), nil, "io.EOF", zerosMean)
		m := newLog(0).add(typeEntry, entry(1, 1, text(3))).add(typeEntry, nil).add(typeEntry, []byte{}).add(typeState, state(1, 1, 1))
		c.decodes(fmt.Sprintf("a log of %d records, and %d zeros behind them", len(m.spans), n), m.with(n), m.spans, "io.EOF", zerosMean)
	}
}

// endStays reads on behind the end, and looks at the checksum there.
func (c *check) endStays(m *image) {
	d := c.decoder("a log, 64 zeros, and Next called behind its end", &source{c: c, b: m.with(64)})
	for range m.spans {
		d.Next() // looked at by the cases before
	}
	for i := range 3 {
		if _, err := d.Next(); err != io.EOF || d.CRC() != m.crc {
			c.fail(failure{
				Tried: fmt.Sprintf("Next behind the end of a log, %d times", i+1),
				Got:   fmt.Sprintf("%s, CRC() %08x", c.kind(err), d.CRC()),
				Want:  fmt.Sprintf("io.EOF, CRC() %08x", m.crc),
				Means: "an encoder goes on from Offset and CRC; what it writes must fit to what was read.",
			})
		}
	}
}
