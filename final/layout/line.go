package layout

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// lineBytes is how many bytes of data one line of a dump shows.
const lineBytes = 16

// A line is one line of a dump: some bytes of the file and what they mean.
type line struct {
	off   int64
	bytes []byte // what the line shows; nil when count stands for them
	count int64  // so many zeros, or so many bytes left out
	left  bool   // count is of bytes left out, not of zeros
	depth int    // how deep in frames and messages; 0 for a length word
	note  string
	bad   bool // the note tells of damage
}

// end is the offset behind the line's bytes.
func (l line) end() int64 { return l.off + int64(len(l.bytes)) + l.count }

// hex is the middle column.
func (l line) hex() string {
	switch {
	case l.left:
		return "..."
	case l.count > 0:
		return fmt.Sprintf("00 x %d", l.count)
	}
	return spaced(l.bytes)
}

// spaced prints bytes in hexadecimal with a space between.
func spaced(b []byte) string {
	out := make([]byte, 0, 3*lineBytes)
	for i, c := range b {
		if i > 0 {
			out = append(out, ' ')
		}
		out = hex.AppendEncode(out, []byte{c})
	}
	return string(out)
}

// format prints a line without its newline. Everything behind the bar is for
// people: [Parse] does not read it.
func (l line) format(colour bool) string {
	note := strings.Repeat("  ", l.depth) + l.note
	if l.bad {
		note = "! " + note
	}
	if colour && l.bad {
		note = "\x1b[31m" + note + "\x1b[0m"
	} else if colour && l.depth == 0 {
		note = "\x1b[1m" + note + "\x1b[0m"
	}
	return strings.TrimRight(fmt.Sprintf("%08x  %-*s  | %s", l.off, 3*lineBytes-1, l.hex(), note), " ")
}

// printer returns a sink that writes lines to w, those of the range only.
func (o *Options) printer(w io.Writer) (sink func(line) error, flush func() error) {
	out := bufio.NewWriter(w)
	return func(l line) error {
		if l.end() <= o.From {
			return nil
		}
		if o.To > 0 && l.off >= o.To {
			return errEnough
		}
		_, err := out.WriteString(l.format(o.Colour) + "\n")
		return err
	}, out.Flush
}

// gutter shows data as text: what does not print is a dot, so that no control
// byte of a log ever reaches a terminal.
func gutter(b []byte) string {
	out := make([]byte, len(b))
	for i, c := range b {
		if c < 0x20 || c > 0x7e {
			c = '.'
		}
		out[i] = c
	}
	return string(out)
}
