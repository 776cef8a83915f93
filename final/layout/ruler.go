package layout

import (
	"fmt"
	"strings"
)

// maxColumns is the widest line a ruler may have: it must stand in a doc comment
// and in a terminal of 80 columns.
const maxColumns = 76

// A cell is one box of a ruler: its size above, its content inside, a note below.
type cell struct {
	size, text, note string
	crc              bool
}

// width leaves a blank on either side of the longest of its three lines.
func (c cell) width() int {
	return max(len(c.size), len(c.text), len(c.note)) + 2
}

// Ruler draws the named layout as an ASCII picture of at most 76 columns whose
// first line is the name and a colon. Above each box stands how many bytes it
// takes; below it, how it is read; and a row of equals signs, where there is
// one, marks what the checksum covers. An unknown name gives "".
func Ruler(name string) string {
	l := lookup(name)
	if l == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(l.Name + ":\n")
	for _, row := range rows(l.cells()) {
		b.WriteString(draw(row))
	}
	return b.String()
}

// cells turns each field into the boxes of its parts: tag, length, value.
func (l *Layout) cells() [][]cell {
	var groups [][]cell
	for _, f := range l.Fields {
		var g []cell
		if f.Number != 0 {
			g = append(g, cell{size: "1", text: fmt.Sprintf("%02x", f.tag()), crc: l.Covered})
		}
		if f.wire() == wireBytes && f.Number != 0 {
			g = append(g, cell{size: "1-10", text: "length", note: "varint", crc: l.Covered})
		}
		v := cell{size: f.Size, text: f.Name, note: f.note(), crc: f.CRC}
		groups = append(groups, append(g, v))
	}
	return groups
}

// note says how a value is read and whether and how often it is there.
func (f *Field) note() string {
	var s []string
	if f.Kind == Varint {
		s = append(s, "varint")
	}
	if f.Optional {
		s = append(s, "optional")
	}
	if f.Repeated {
		s = append(s, "any number")
	}
	return strings.Join(s, ", ")
}

// rows breaks the boxes into rows that fit, never within one field.
func rows(groups [][]cell) [][]cell {
	var out [][]cell
	var row []cell
	width := 1
	for _, g := range groups {
		w := 0
		for _, c := range g {
			w += c.width() + 1
		}
		if len(row) > 0 && width+w > maxColumns {
			out, row, width = append(out, row), nil, 1
		}
		row, width = append(row, g...), width+w
	}
	return append(out, row)
}

// draw prints one row: sizes, box, notes, and the extent of the checksum.
func draw(row []cell) string {
	var size, edge, text, note, crc strings.Builder
	for i, c := range row {
		w := c.width()
		fmt.Fprintf(&size, "  %-*s", w-1, c.size)
		fmt.Fprintf(&edge, "+%s", strings.Repeat("-", w))
		fmt.Fprintf(&text, "| %-*s", w-1, c.text)
		fmt.Fprintf(&note, "  %-*s", w-1, c.note)
		mark := " "
		if c.crc {
			mark = "="
		}
		edgeMark := " "
		if c.crc && i > 0 && row[i-1].crc {
			edgeMark = "=" // one stretch, not two
		}
		fmt.Fprintf(&crc, "%s%s", edgeMark, strings.Repeat(mark, w))
	}
	edge.WriteByte('+')
	text.WriteByte('|')
	var b strings.Builder
	for _, line := range []string{size.String(), edge.String(), text.String(), edge.String(), note.String(), crc.String()} {
		if line = strings.TrimRight(line, " "); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
