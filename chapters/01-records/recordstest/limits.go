package recordstest

import (
	"encoding/binary"
	"fmt"
	"runtime"
)

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
	c.asksForFramesOnly()
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
			Tried: tried,
			Got:   fmt.Sprintf("%d bytes allocated, a read of %d bytes", used, src.widest),
			Want:  fmt.Sprintf("never more than the %d bytes that the file has", len(b)),
			Means: means,
		})
	}
	c.sameRecords(tried, b, m.spans, o)
	c.endsWith(tried, b, o, at, "io.ErrUnexpectedEOF", means)
}

// asksForFramesOnly reads a few small records in a large file, and measures what
// the decoder asks for: memory must go with the frames, not with the file.
func (c *check) asksForFramesOnly() {
	m := newLog(0)
	for i := range uint64(8) {
		m.add(typeEntry, entry(1, i+1, text(20)))
	}
	const size = 32 << 20
	tried := fmt.Sprintf("%d records of at most %d bytes, in a file of %d bytes, zeros behind them", len(m.spans), m.last().end-m.last().at, size)
	b := m.with(size - len(m.b))
	o := outcome{}
	used := allocated(func() {
		d := c.decoder(tried, &source{c: c, b: b})
		o.recs = nil
		for range m.spans {
			r, err := d.Next()
			if o.err = err; err != nil {
				break
			}
			o.recs = append(o.recs, r)
		}
	})
	c.sameRecords(tried, b, m.spans, o)
	if used > greedy {
		c.fail(failure{
			Tried: tried,
			Got:   fmt.Sprintf("%d bytes allocated to read them: about %d for each", used, used/uint64(len(m.spans))),
			Want:  "for each record, about as much memory as its frame has bytes",
			Means: "the file bounds what a length may claim; it does not say how much a frame needs. Segments are 64 MB, and hold a million records.",
		})
	}
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
// claims. Other invariants damage length words: with such a decoder they
// would ask for all of the memory, and take the test down without a word.
func (c *check) mustNotTrust() {
	c.Helper()
	if c.trusts() {
		c.fail(failure{
			Tried: "nothing yet: this invariant takes arbitrary bytes for length words",
			Got:   "a decoder that allocates what a length word claims",
			Want:  "I12 (exercise 1.5) first: a length is checked before it is trusted",
			Means: "a flipped bit would make this test ask for all of the memory.",
		})
	}
}

// trusts reports whether the decoder allocates what a length word claims.
func (c *check) trusts() bool {
	b := binary.LittleEndian.AppendUint64(nil, 256<<20)
	b = append(b, text(56)...)
	used := allocated(func() {
		defer func() { recover() }() // I12 tells of a panic
		c.decoder("a length word that claims 256 MiB", &source{c: c, b: b}).Next()
	})
	return used > greedy
}

// explainPanic turns a panic of the implementation into a failure, where one is
// the expected mistake.
func (c *check) explainPanic(tried string) {
	if p := recover(); p != nil {
		c.fail(failure{
			Tried: tried,
			Got:   fmt.Sprintf("a panic: %v", p),
			Want:  "io.ErrUnexpectedEOF: the length is compared with what is left of the file before it is used",
			Means: "a single flipped bit would make a node die at every start.",
		})
	}
}
