package recordstest

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"example.com/logbook/final/layout"
)

// check is one invariant being tried on one implementation.
type check struct {
	*testing.T
	Implementation
	inv invariant

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
type failure struct {
	// tried is the smallest input that shows it, in words or as a call.
	tried string
	// got and want are lines to compare; want is empty when there is nothing
	// to compare got with.
	got, want string
	// means is a sentence: what this would do to a log.
	means string
}

// fail ends the subtest with the whole story.
func (c *check) fail(f failure) {
	c.Helper()
	c.Fatal(c.story(f))
}

// story is a failure as text, in at most some 25 lines.
func (c *check) story(f failure) string {
	number, name, _ := strings.Cut(c.inv.slug, "_")
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", number, strings.ReplaceAll(name, "_", " "))
	section(&b, "tried", f.tried)
	section(&b, "got", f.got)
	if f.want != "" {
		section(&b, "want", f.want)
	}
	section(&b, "means", f.means)
	section(&b, "read", page(c.inv.exercise))
	return strings.TrimRight(b.String(), "\n")
}

// section writes text behind a label: on its line if it fits, below if it has
// several lines.
func section(b *strings.Builder, label, text string) {
	text = strings.TrimRight(text, "\n")
	if !strings.Contains(text, "\n") {
		fmt.Fprintf(b, "  %-6s %s\n", label+":", text)
		return
	}
	fmt.Fprintf(b, "  %s:\n", label)
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	b.WriteByte('\n')
}

// page is where the book explains an exercise: file and anchor. The anchor is
// made as Markdown renderers make it, from a heading such as "1.3 the page writer".
func page(exercise string) string {
	heading := strings.ToLower(exercise + " " + titles[exercise])
	anchor := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, heading)
	return "docs/01-records.md#" + anchor
}

// differ fails when got is not want, and shows both around the first byte that
// differs.
func (c *check) differ(tried string, got, want []byte, means string) {
	c.Helper()
	at := firstDifference(got, want)
	if at < 0 {
		return
	}
	c.fail(failure{
		tried: tried,
		got:   excerpt(got, at),
		want:  excerpt(want, at),
		means: fmt.Sprintf("byte %d is the first that differs. %s", at, means),
	})
}

// firstDifference returns the first index at which a and b differ, or -1. When
// one is the beginning of the other, that is the length of the shorter.
func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) == len(b) {
		return -1
	}
	return n
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
