package recordstest

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"example.com/logbook/chapters/course/suite"
)

// dataIsTheCallers is I14.
func dataIsTheCallers(c *check) {
	m := newLog(0)
	for n := range 12 {
		m.add(typeEntry, text(3*n)).add(typeEntry, slices.Repeat([]byte{byte('a' + n)}, 20))
	}
	tried := fmt.Sprintf("%d records read, and their data compared only after the last was read", len(m.spans))
	o := c.decodeKeeping(tried, &source{c: c, b: m.with(0)}, true)
	c.sameRecords(tried, m.b, m.spans, o)

	tried = fmt.Sprintf("%d records read; the caller writes into each Data and appends to it before the next", len(m.spans))
	d := c.decoder(tried, &source{c: c, b: m.with(0)})
	for i, s := range m.spans {
		r, err := d.Next()
		if err != nil {
			c.fail(failure{
				Tried: tried,
				Got:   fmt.Sprintf("record %d: %v", i, err),
				Want:  fmt.Sprintf("record %d: %s", i, recordLine(s.rec)),
				Means: "the decoder still used memory that it had given away.",
			})
		}
		c.sameRecords(tried, m.b, []span{s}, outcome{recs: []Record{r}})
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
		{"delivers nothing and fails", 0, suite.ErrDisk, "the disk's error"},
		{"delivers 3 bytes and fails", 3, suite.ErrDisk, "the disk's error"},
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
	c.sameRecords(tried, m.b, m.spans, o)
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
			Tried: tried,
			Got:   fmt.Sprintf("%s: %v", got, o.err),
			Want:  "an error that is neither io.EOF nor io.ErrUnexpectedEOF, and that wraps the disk's own",
			Means: "a cable that comes loose would look like the end of the log, and recovery would cut off everything behind.",
		})
	}
	n := min(len(o.recs), len(m.spans)-1)
	c.sameRecords(tried, m.b, m.spans[:n], o)
	c.endsWith(tried, m.b, o, m.spans[n].at, c.kind(o.err), "the error must say where reading stopped.")
}
