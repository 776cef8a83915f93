package layout

import (
	"bytes"
	"fmt"
	"strings"
)

// before and after are how many lines of context an excerpt has around its arrow.
const (
	before = 6
	after  = 3
)

// Excerpt shows the part of a segment around offset at, as [Dump] does but
// shortened, with an arrow under the byte. It is for the failure messages of
// tests: the fields beside a byte say more than its number. An offset at or
// behind the end points behind the last line.
func Excerpt(b []byte, at int64) string { return new(Options).Excerpt(b, at) }

// Excerpt is [Excerpt] as the options say; their range is ignored.
func (o *Options) Excerpt(b []byte, at int64) string {
	opts := Options{Shorten: true}
	if o != nil {
		opts.Snap, opts.Colour = o.Snap, o.Colour
	}
	var lines []line
	hit := -1
	opts.lines(bytes.NewReader(b), int64(len(b)), func(l line) error { // the sink never fails, nor does the reader
		lines = append(lines, l)
		if hit < 0 && at >= l.off && at < l.end() {
			hit = len(lines) - 1
		}
		if hit < 0 && len(lines) > before {
			lines = lines[1:]
		} else if hit >= 0 && len(lines) > hit+after {
			return errEnough
		}
		return nil
	})
	return arrowed(lines, hit, at, int64(len(b)), opts.Colour)
}

// arrowed prints the lines with the arrow behind number hit, or behind the last.
func arrowed(lines []line, hit int, at, size int64, colour bool) string {
	var s strings.Builder
	for i, l := range lines {
		s.WriteString(l.format(colour) + "\n")
		if i == hit {
			s.WriteString(arrow(l, at) + "\n")
		}
	}
	if hit < 0 {
		fmt.Fprintf(&s, "%08x  ^^ here: offset %d of %d, where there is nothing\n", at, at, size)
	}
	return s.String()
}

// arrow points at the byte at offset at; l holds it.
func arrow(l line, at int64) string {
	indent := len(fmt.Sprintf("%08x  ", l.off))
	if l.count == 0 {
		indent += 3 * int(at-l.off)
	}
	return fmt.Sprintf("%s^^ here: offset %d", strings.Repeat(" ", indent), at)
}

func leftOut(n int64) string { return fmt.Sprintf("%d bytes left out", n) }
