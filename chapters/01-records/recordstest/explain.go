package recordstest

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/layout"
)

// check is one invariant being tried on one implementation.
type check struct {
	suite.Check
	Implementation

	// call and args tell, as [fmt.Sprintf] takes them, what the implementation
	// is being given, and src which file it reads, if it reads one: all that
	// is left to show when it panics.
	call string
	args []any
	src  *source
}

// trying notes what the implementation is about to be given. It formats
// nothing: nearly every case goes well.
func (c *check) trying(call string, args ...any) {
	c.call, c.args, c.src = call, args, nil
}

// decoder returns a decoder of src, and notes the case.
func (c *check) decoder(tried string, src *source) Decoder {
	c.trying("%s", tried)
	c.src = src
	return c.NewDecoder(src, int64(len(src.b)))
}

// judge gives src to Judge, and notes the case.
func (c *check) judge(tried string, src *source) (Finding, error) {
	c.trying("%s", tried)
	c.src = src
	return c.Judge(src, int64(len(src.b)))
}

// failure is what a broken invariant tells the person who broke it.
type failure = suite.Failure

// fail ends the subtest with the whole story.
func (c *check) fail(f failure) {
	c.Helper()
	c.Fatal(c.Story(f))
}

// Panicked is the failure that a panic of the implementation is.
func (c *check) Panicked(p any) failure {
	f := failure{
		Tried: fmt.Sprintf(c.call, c.args...),
		Got:   suite.Panic(p, "recordstest"),
		Want:  "a result or an error",
		Means: "a panic here takes the node down in the middle of a write.",
	}
	if c.reads() {
		f.Means = "no bytes, however damaged, may make a node panic: it would do so again at every start."
	}
	if c.src != nil {
		f.Tried += fmt.Sprintf("\nits last read was of %d bytes, from here on:\n%s", c.src.asked, excerpt(c.src.b, int(c.src.at)))
	}
	return f
}

// reads reports whether the implementation was given bytes to read.
func (c *check) reads() bool {
	return c.src != nil || strings.HasPrefix(c.call, "DecodeLength") || strings.HasPrefix(c.call, "ParseRecord")
}

// differ fails when got is not want, and shows both around the first byte that
// differs.
func (c *check) differ(tried string, got, want []byte, means string) {
	c.Helper()
	at := suite.FirstDifference(got, want)
	if at < 0 {
		return
	}
	c.fail(failure{
		Tried: tried,
		Got:   excerpt(got, at),
		Want:  excerpt(want, at),
		Means: fmt.Sprintf("byte %d is the first that differs. %s", at, means),
	})
}

// bytesLine prints a few bytes in hex, with the number of those left out.
func bytesLine(b []byte) string {
	const most = 32
	if b == nil {
		return "nil"
	}
	if len(b) == 0 {
		return "empty, not nil"
	}
	if len(b) > most {
		return fmt.Sprintf("% x … and %d more", b[:most], len(b)-most)
	}
	return fmt.Sprintf("% x", b)
}

// recordLine prints a record on one line.
func recordLine(r Record) string {
	return fmt.Sprintf("type %d, crc %08x, data %s", r.Type, r.CRC, bytesLine(r.Data))
}

// ending is excerpt for a log that ends well at byte at. Zeros there that are too
// few for a length word are said to be that: a dump calls them a word cut off.
func ending(b []byte, at int) string {
	if rest := b[at:]; len(rest) > 0 && len(rest) < wordSize {
		return fmt.Sprintf("%08x  % x  | zeros up to the end of the file, fewer than a length word has: nothing was written here", at, rest)
	}
	return excerpt(b, at)
}

// excerpt is the annotated hexdump of b around byte at: three fields before it,
// one behind.
func excerpt(b []byte, at int) string {
	const before, after = 3, 1
	lines := strings.Split(strings.TrimRight(layout.Excerpt(b, int64(at)), "\n"), "\n")
	arrow := len(lines) - 1
	for i, line := range lines {
		if strings.Contains(line, "^^ here") {
			arrow = i
		}
	}
	return strings.Join(lines[max(0, arrow-1-before):min(len(lines), arrow+1+after)], "\n")
}

// fields prints a record's message in hex, with a bar between its fields and
// what is no field in brackets.
func fields(b []byte) string {
	if len(b) == 0 {
		return "no bytes"
	}
	var parts []string
	for len(b) > 0 {
		_, _, n := protowire.ConsumeField(b)
		if n < 0 {
			parts = append(parts, "["+bytesLine(b)+"]")
			break
		}
		parts = append(parts, bytesLine(b[:n]))
		b = b[n:]
	}
	return strings.Join(parts, " | ")
}
