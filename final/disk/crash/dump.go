package crash

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"strings"

	"example.com/logbook/final/disk"
)

// disk shows what is on one, and at most so many lines of the content of each file.
func (t *teller) disk(title string, sim *disk.Sim, lines int) {
	if entries, _ := sim.List("."); len(entries) == 0 {
		t.line(0, "\n%s: nothing", title)
		return
	}
	t.line(0, "\n%s:", title)
	t.tree(sim, ".", lines)
}

// tree shows a folder.
func (t *teller) tree(sim *disk.Sim, dir string, lines int) {
	entries, _ := sim.List(dir)
	for _, e := range entries {
		name := strings.TrimPrefix(dir+"/"+e.Name(), "./")
		if e.IsDir() {
			t.line(1, "%q, a folder", name)
			t.tree(sim, name, lines)
			continue
		}
		f, err := sim.Open(name, os.O_RDONLY, 0)
		if err != nil {
			continue
		}
		t.file(f, lines)
		f.Close()
	}
}

// readable is the most of a file that is looked at. A simulated file may be larger than memory.
const readable = 64 << 20

// file shows one file.
func (t *teller) file(f disk.File, lines int) {
	size, _ := f.Size()
	t.line(1, "%q, %d bytes", f.Name(), size)
	content := make([]byte, min(size, readable))
	f.ReadAt(content, 0)
	t.dump("", content, 0, lines)
}

// dump shows bytes that begin at an offset: a line for a run of zeros, a quoted string for text, hex for the rest. Zeros
// do not count as lines, so that they do not hide what lies behind them.
func (t *teller) dump(what string, b []byte, at int64, lines int) {
	for piece := range pieces(b) {
		text := spell(piece)
		if text != zeros {
			lines--
		}
		if lines < 0 {
			t.line(2, "%s…", what)
			return
		}
		end := at + int64(len(piece))
		t.line(2, "%s%-11s  %s", what, fmt.Sprintf("[%d,%d)", at, end), text)
		at = end
	}
}

// zeroRun is from how many zeros on they have a line of their own; at the end, half as many do.
const zeroRun = 16

// pieces cuts bytes into what goes on one line each.
func pieces(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			n := len(b) - len(bytes.TrimLeft(b, "\x00"))
			if n < zeroRun && n < len(b) {
				n = row(b)
			}
			if !yield(b[:n]) {
				return
			}
			b = b[n:]
		}
	}
}

// row returns how much of the bytes goes on a line that is not all zeros.
func row(b []byte) int {
	if i := bytes.Index(b, make([]byte, zeroRun)); i > 0 {
		b = b[:i]
	} else if end := len(bytes.TrimRight(b, "\x00")); len(b)-end >= zeroRun/2 {
		b = b[:end]
	}
	if n := len(b) - len(bytes.TrimLeftFunc(b, isText)); n > 0 && (n == len(b) || n >= 48) {
		return min(n, 48)
	}
	return min(len(b), 16)
}

// isText reports whether a character is printed as it is, or as the end of a line.
func isText(r rune) bool { return r == '\n' || r >= ' ' && r <= '~' }

// zeros is how a line of nothing else is spelt.
const zeros = "zeros"

// spell returns what one line shows.
func spell(b []byte) string {
	if len(bytes.TrimLeft(b, "\x00")) == 0 {
		return zeros
	}
	if len(bytes.TrimLeftFunc(b, isText)) == 0 {
		return fmt.Sprintf("%q", b)
	}
	text := bytes.Clone(b)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return fmt.Sprintf("%-47s  |%s|", fmt.Sprintf("% x", b), text)
}
