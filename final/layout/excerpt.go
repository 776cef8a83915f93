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
	opts := Options{Shorten: true, keep: at}
	if o != nil {
		opts.Snap, opts.Colour = o.Snap, o.Colour
	}
	e := excerpt{at: at, hit: -1}
	opts.lines(bytes.NewReader(b), int64(len(b)), e.add) // no reader fails here, and e.add only to end it
	return e.arrowed(int64(len(b)), opts.Colour)
}

// An excerpt is a stretch of a dump's lines that moves along until it holds the
// byte at offset at.
type excerpt struct {
	at    int64
	lines []line
	hit   int // the line that holds the byte; -1: none yet
}

func (e *excerpt) add(l line) error {
	e.lines = append(e.lines, l)
	switch {
	case e.hit < 0 && e.at >= l.off && e.at < l.end():
		e.hit = len(e.lines) - 1
	case e.hit < 0 && len(e.lines) > before:
		e.drop()
	case e.hit >= 0 && len(e.lines) > e.hit+after:
		return errEnough
	}
	return nil
}

// drop loses the oldest line, but never the length word of the frame in which
// the last line lies.
func (e *excerpt) drop() {
	for i := range e.lines[1:] {
		if e.lines[i+1].depth == 0 {
			e.lines = e.lines[1:]
			return
		}
	}
	e.lines = append(e.lines[:1], e.lines[2:]...)
}

// arrowed prints the lines, and the arrow below the one that it points into.
func (e *excerpt) arrowed(size int64, colour bool) string {
	var s strings.Builder
	for i, l := range e.lines {
		s.WriteString(l.format(colour) + "\n")
		if i == e.hit {
			s.WriteString(arrow(l, e.at) + "\n")
		}
	}
	if e.hit < 0 {
		fmt.Fprintf(&s, "%08x  ^^ here: offset %d, and the file has %d bytes\n", e.at, e.at, size)
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
