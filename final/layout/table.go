package layout

import (
	"fmt"
	"strings"
)

// Table returns the named layout as a Markdown table, one row per field. The name
// "types" gives the table of record types. An unknown name gives "".
func Table(name string) string {
	if name == "types" {
		return typeTable()
	}
	l := lookup(name)
	if l == nil {
		return ""
	}
	if l.Fields[0].Number == 0 {
		return l.plainTable()
	}
	rows := [][]string{{"field", "tag", "wire", "bytes", "in the CRC", "meaning"}}
	for _, f := range l.Fields {
		rows = append(rows, []string{
			"`" + f.Name + "`", fmt.Sprintf("`%02x`", f.tag()), f.wireName(), f.Size, f.covered(), f.meaning(),
		})
	}
	return markdown(rows)
}

// plainTable is for layouts without tags, in which the place says all.
func (l *Layout) plainTable() string {
	rows := [][]string{{"field", "bytes", "in the CRC", "meaning"}}
	for _, f := range l.Fields {
		rows = append(rows, []string{"`" + f.Name + "`", f.Size, f.covered(), f.meaning()})
	}
	return markdown(rows)
}

// typeTable lists the record types, whose names are the names of layouts where they
// have data.
func typeTable() string {
	rows := [][]string{{"type", "name", "data", "meaning"}}
	for _, t := range types {
		data := t.Layout
		if data == "" {
			data = "none"
		}
		rows = append(rows, []string{fmt.Sprintf("%d", t.Number), "`" + t.Name + "`", data, t.Doc})
	}
	return markdown(rows)
}

// wireName is what follows the tag, in the words of protobuf.
func (f *Field) wireName() string {
	switch f.Kind {
	case Varint:
		return "varint"
	case Message:
		if f.Message == "" {
			return "message"
		}
		return "message " + f.Message
	}
	return "bytes"
}

// meaning is the field's Doc, and how lists are written: raft's messages are proto2,
// which does not pack them.
func (f *Field) meaning() string {
	if f.Repeated {
		return f.Doc + "; one field per value"
	}
	return f.Doc
}

// covered answers for a whole field; a record in a frame is neither in nor out.
func (f *Field) covered() string {
	switch {
	case f.CRC:
		return "yes"
	case f.Message == "record":
		return "in part"
	}
	return "no"
}

// markdown aligns the columns, so that the source reads as well as the page.
func markdown(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, s := range row {
			width[i] = max(width[i], len(s))
		}
	}
	var b strings.Builder
	for n, row := range rows {
		for i, s := range row {
			fmt.Fprintf(&b, "| %-*s ", width[i], s)
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range width {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}
