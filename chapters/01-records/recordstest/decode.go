package recordstest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
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
	d := c.NewDecoder(src, int64(len(src.b)))
	for o.err == nil {
		if len(o.recs) > len(src.b)/wordSize {
			c.fail(failure{
				tried: tried,
				got:   fmt.Sprintf("%d records from %d bytes, and no end", len(o.recs), len(src.b)),
				means: "Next does not come forward: a node that starts would hang.",
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
				tried: tried + "; then Next once more",
				got:   fmt.Sprintf("first %s, then %s", c.kind(o.err), c.kind(again)),
				want:  fmt.Sprintf("%s both times", c.kind(o.err)),
				means: "what cannot be read cannot be read past: only behind a wrong checksum does a reader know where the next frame is.",
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
	case errors.Is(err, errDisk):
		return "the disk's error"
	}
	return "another error: " + err.Error()
}

// decodes fails unless a decoder reads b as the records of spans, then ends
// with an error of the wanted kind at the offset behind them.
func (c *check) decodes(tried string, b []byte, spans []span, kind, means string) {
	c.Helper()
	o := c.decode(tried, &source{c: c, b: b})
	c.sameRecords(tried, b, spans, o.recs)
	end := int64(0)
	if len(spans) > 0 {
		end = spans[len(spans)-1].end
	}
	if len(o.recs) > len(spans) {
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("record %d, without an error: %s", len(spans), recordLine(o.recs[len(spans)])),
			want:  fmt.Sprintf("%d records, then %s\n%s", len(spans), kind, excerpt(b, int(end))),
			means: means,
		})
	}
	c.endsWith(tried, b, o, end, kind, means)
}

// sameRecords fails at the first record that is not the one in spans, or is missing.
func (c *check) sameRecords(tried string, b []byte, spans []span, got []Record) {
	c.Helper()
	for i, s := range spans {
		line := "no record: the decoder stopped before it"
		if i < len(got) {
			line = recordLine(got[i])
		}
		if want := recordLine(s.rec); line != want || !bytes.Equal(got[i].Data, s.rec.Data) {
			c.fail(failure{
				tried: tried,
				got:   fmt.Sprintf("record %d: %s", i, line),
				want:  fmt.Sprintf("record %d: %s\n%s", i, want, excerpt(b, int(s.at))),
				means: "a record that was acknowledged is not read back as it was written.",
			})
		}
	}
}

// endsWith fails unless o ended at the given offset with an error of the wanted
// kind, which carries that offset unless it is io.EOF.
func (c *check) endsWith(tried string, b []byte, o outcome, offset int64, kind, means string) {
	c.Helper()
	if got := c.kind(o.err); got != kind || o.offset != offset {
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("%s; Offset() is %d", got, o.offset),
			want:  fmt.Sprintf("%s; Offset() is %d\n%s", kind, offset, excerpt(b, int(offset))),
			means: means,
		})
	}
	if kind == "io.EOF" {
		return
	}
	if at, ok := c.ErrorOffset(o.err); !ok || at != offset {
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("error %q with offset %d (has one: %t)", o.err, at, ok),
			want:  fmt.Sprintf("a *DecodeError with offset %d", offset),
			means: "whoever must repair a log needs to know where it is broken.",
		})
	}
}

// zerosEndALog is I11.
func zerosEndALog(c *check) {
	const means = "files are preallocated with zeros: the log ends where they begin, and it ends well."
	for n := range 18 {
		c.decodes(fmt.Sprintf("a file of %d bytes, all zero", n), make([]byte, n), nil, "io.EOF", means)
	}
	for _, n := range []int{0, 1, 4, 7, 8, 9, 16, 512, 5000} {
		m := newLog(0).add(typeEntry, entry(1, 1, text(3))).add(typeEntry, nil).add(typeEntry, []byte{}).add(typeState, state(1, 1, 1))
		c.decodes(fmt.Sprintf("a log of %d records, and %d zeros behind them", len(m.spans), n), m.with(n), m.spans, "io.EOF", means)
	}
	m := newLog(0).add(typeEntry, entry(1, 1, text(3)))
	hole := append(m.with(8), newLog(0).b...)
	c.decodes("a log, a zero length word, and another log behind it", hole, m.spans, "io.EOF",
		"the decoder ends at a zero length word; what the bytes behind it prove is Judge's question.")
	for n := range 20 {
		m := new(image).add(typeCRC, nil).addUnpadded(typeEntry, entry(1, 1, text(n))).addUnpadded(typeState, state(1, 1, 1))
		c.decodes(fmt.Sprintf("frames without padding, as etcd wrote before 3.0, one with %d bytes of data", n), m.with(8), m.spans, "io.EOF", means)
	}
	for _, g := range goldenLogs(c.T) {
		c.decodes("testdata/golden/"+g.Name+".txtar", g.Log, walk(g.Log), "io.EOF", means)
	}
	c.endStays(m)
}

// endStays reads on behind the end, and looks at the checksum there.
func (c *check) endStays(m *image) {
	d := c.NewDecoder(&source{c: c, b: m.with(64)}, int64(len(m.b))+64)
	for range m.spans {
		d.Next() // looked at by the cases before
	}
	for i := range 3 {
		if _, err := d.Next(); err != io.EOF || d.CRC() != m.crc {
			c.fail(failure{
				tried: fmt.Sprintf("Next behind the end of a log, %d times", i+1),
				got:   fmt.Sprintf("%s, CRC() %08x", c.kind(err), d.CRC()),
				want:  fmt.Sprintf("io.EOF, CRC() %08x", m.crc),
				means: "an encoder goes on from Offset and CRC; what it writes must fit to what was read.",
			})
		}
	}
}

// lengthIsChecked is I12.
func lengthIsChecked(c *check) {
	const means = "the file ends inside this frame; no record may come from it, and nothing before it be lost."
	m := newLog(0).add(typeEntry, entry(1, 1, text(3))).add(typeState, state(1, 1, 1)).add(typeEntry, entry(1, 1, text(40))).addUnpadded(typeEntry, entry(1, 1, text(5))).addUnpadded(typeEntry, entry(1, 1, text(6)))
	for n := 0; n <= len(m.b); n++ {
		whole := m.spans
		for len(whole) > 0 && whole[len(whole)-1].end > int64(n) {
			whole = whole[:len(whole)-1]
		}
		kind := "io.ErrUnexpectedEOF"
		if len(whole) == 0 && n == 0 || len(whole) > 0 && whole[len(whole)-1].end == int64(n) {
			kind = "io.EOF"
		}
		c.decodes(fmt.Sprintf("a log of %d bytes, cut behind byte %d", len(m.b), n), m.b[:n:n], whole, kind, means)
	}
	for _, size := range []int64{57, 64, 65, 1 << 10, 256 << 20, 1 << 50, 1<<55 + 8, 1<<56 - 1} {
		for _, word := range []uint64{uint64(size), lengthWord(size)} {
			c.claims(word, size)
		}
	}
}

// claims writes a length word that claims size bytes, more than the 56 that are
// behind it, and measures what the decoder asks for.
func (c *check) claims(word uint64, size int64) {
	m := newLog(0)
	b := append(m.with(0), framed(text(56))...)
	at := int64(len(m.b))
	binary.LittleEndian.PutUint64(b[at:], word)
	tried := fmt.Sprintf("a length word that claims %d bytes, in a file that has %d behind it", size, int64(len(b))-at-wordSize)
	src := &source{c: c, b: b}
	var o outcome
	used := allocated(func() {
		defer c.explainPanic(tried)
		o = c.decode(tried, src)
	})
	const means = "a single flipped bit would make a node ask for more memory than there is, and die at every start."
	if src.widest > len(b) || used > greedy {
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("%d bytes allocated, a read of %d bytes", used, src.widest),
			want:  fmt.Sprintf("never more than the %d bytes that the file has", len(b)),
			means: means,
		})
	}
	c.sameRecords(tried, b, m.spans, o.recs)
	c.endsWith(tried, b, o, at, "io.ErrUnexpectedEOF", means)
}

// greedy is more memory than any case allocates, also with others beside it.
const greedy = 128 << 20

// allocated returns how much memory f asks for. Others run beside it, so it
// returns the least of several runs.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		if least = min(least, after.TotalAlloc-before.TotalAlloc); least < greedy {
			break
		}
	}
	return least
}

// mustNotTrust ends the test when the decoder allocates what a length word
// claims. Other invariants flip bits of length words: with such a decoder they
// would ask for all of the memory, and take the test down without a word.
func (c *check) mustNotTrust() {
	c.Helper()
	b := binary.LittleEndian.AppendUint64(nil, 256<<20)
	b = append(b, text(56)...)
	used := allocated(func() {
		defer func() { recover() }() // I12 tells of a panic
		c.NewDecoder(&source{c: c, b: b}, int64(len(b))).Next()
	})
	if used > greedy {
		c.fail(failure{
			tried: "nothing yet: this invariant flips bits in length words",
			got:   "a decoder that allocates what a length word claims",
			want:  "I12 (exercise 1.5) first: a length is checked before it is trusted",
			means: "a flipped bit would make this test ask for all of the memory.",
		})
	}
}

// explainPanic turns a panic of the implementation into a failure, where one is
// the expected mistake.
func (c *check) explainPanic(tried string) {
	if p := recover(); p != nil {
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("a panic: %v", p),
			want:  "io.ErrUnexpectedEOF: the length is compared with what is left of the file before it is used",
			means: "a single flipped bit would make a node die at every start.",
		})
	}
}

// dataIsTheCallers is I14.
func dataIsTheCallers(c *check) {
	m := newLog(0)
	for n := range 12 {
		m.add(typeEntry, text(3*n)).add(typeEntry, slices.Repeat([]byte{byte('a' + n)}, 20))
	}
	tried := fmt.Sprintf("%d records read, and their data compared only after the last was read", len(m.spans))
	o := c.decodeKeeping(tried, &source{c: c, b: m.with(0)}, true)
	c.sameRecords(tried, m.b, m.spans, o.recs)

	tried = fmt.Sprintf("%d records read; the caller writes into each Data and appends to it before the next", len(m.spans))
	d := c.NewDecoder(&source{c: c, b: m.with(0)}, int64(len(m.b)))
	for i, s := range m.spans {
		r, err := d.Next()
		if err != nil {
			c.fail(failure{
				tried: tried,
				got:   fmt.Sprintf("record %d: %v", i, err),
				want:  fmt.Sprintf("record %d: %s", i, recordLine(s.rec)),
				means: "the decoder still used memory that it had given away.",
			})
		}
		c.sameRecords(tried, m.b, []span{s}, []Record{r})
		for k := range r.Data {
			r.Data[k] = 0xee
		}
		_ = append(r.Data, slices.Repeat([]byte{0xee}, 64)...)
	}
}

// readErrorIsNotAnEnd is I15.
func readErrorIsNotAnEnd(c *check) {
	m := newLog(0).add(typeEntry, entry(1, 1, text(30))).add(typeState, state(1, 1, 1))
	for _, f := range []struct {
		name  string
		gives int
		err   error
		kind  string
	}{
		{"delivers nothing and fails", 0, errDisk, "the disk's error"},
		{"delivers 3 bytes and fails", 3, errDisk, "the disk's error"},
		{"delivers nothing and says that the file ends", 0, io.EOF, ""},
		{"delivers 3 bytes and says that the file ends", 3, io.EOF, ""},
		{"delivers 3 bytes and says nothing", 3, nil, ""},
	} {
		for n := 1; ; n++ {
			src := &source{c: c, b: m.b, failAt: n, gives: f.gives, err: f.err}
			o := c.decode("a disk that fails", src)
			if src.calls < n {
				break
			}
			c.readFailed(fmt.Sprintf("a sound log, but read number %d %s", n, f.name), m, o, f.kind)
		}
	}
	src := &source{c: c, b: m.b, eager: true}
	tried := "a file that returns its last bytes together with io.EOF, as io.ReaderAt may"
	o := c.decode(tried, src)
	c.sameRecords(tried, m.b, m.spans, o.recs)
	c.endsWith(tried, m.b, o, int64(len(m.b)), "io.EOF", "these bytes were delivered: they count.")
}

// readFailed fails unless o ended with the disk's error, told with the offset of
// the frame that was being read, and with the records before it.
func (c *check) readFailed(tried string, m *image, o outcome, kind string) {
	c.Helper()
	switch got := c.kind(o.err); {
	case kind != "" && got != kind,
		got == "io.EOF", errors.Is(o.err, io.EOF), errors.Is(o.err, io.ErrUnexpectedEOF):
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("%s: %v", got, o.err),
			want:  "an error that is neither io.EOF nor io.ErrUnexpectedEOF, and that wraps the disk's own",
			means: "a cable that comes loose would look like the end of the log, and recovery would cut off everything behind.",
		})
	}
	n := min(len(o.recs), len(m.spans)-1)
	c.sameRecords(tried, m.b, m.spans[:n], o.recs)
	c.endsWith(tried, m.b, o, m.spans[n].at, c.kind(o.err), "the error must say where reading stopped.")
}
