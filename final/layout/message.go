package layout

import (
	"encoding/binary"
	"fmt"
)

// message shows the fields of a message that ends at end. What does not fit the
// layout is marked and shown as bytes, up to end.
func (d *dumper) message(l *Layout, end int64, depth int) {
	if l == nil || l.Fields[0].Kind == Rest {
		d.bytes(end, depth)
		return
	}
	for d.off < end && !d.done() {
		if !d.field(l, end, depth) {
			return
		}
	}
}

// field shows one field, false when the rest of the message cannot be read.
func (d *dumper) field(l *Layout, end int64, depth int) bool {
	b := d.win.at(d.off, int(min(end-d.off, 2*binary.MaxVarintLen64)))
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return d.giveUp(end, depth, "not a field")
	}
	f := l.field(tag >> 3)
	if f == nil {
		return d.giveUp(end, depth, fmt.Sprintf("field %d, which no %s has", tag>>3, l.Name))
	}
	if int(tag&7) != f.wire() {
		return d.giveUp(end, depth, fmt.Sprintf("%s with wire type %d instead of %d", f.Name, tag&7, f.wire()))
	}
	v, m := binary.Uvarint(b[n:])
	if m <= 0 {
		return d.giveUp(end, depth, f.Name+" is no varint")
	}
	if f.Kind == Varint {
		d.take(n+m, depth, f.Name+" "+d.value(l, f, v), d.bad && f.Name == "crc")
		return true
	}
	return d.nested(f, n+m, v, end, depth)
}

// giveUp shows the rest of a message as bytes, the problem beside the first.
func (d *dumper) giveUp(end int64, depth int, problem string) bool {
	d.rawAt(end, depth, problem)
	return false
}

// value prints a number; beside a CRC it says what came of checking it.
func (d *dumper) value(l *Layout, f *Field, v uint64) string {
	s := fmt.Sprint(v)
	if f.show != nil {
		s = f.show(v)
	}
	if l.Name == "record" || l.Name == "snapfile" {
		if f.Name == "crc" {
			s += d.verdict
		} else if f.Name == "type" && !known(v) {
			s += ", which is unknown"
		}
	}
	return s
}

// nested shows a field with a length: head bytes of tag and length, then length
// bytes of contents.
func (d *dumper) nested(f *Field, head int, length uint64, end int64, depth int) bool {
	left := uint64(end - d.off - int64(head))
	inner, name := d.inside(f)
	note := fmt.Sprintf("%s: %s%d bytes", f.Name, name, length)
	if length > left {
		d.take(head, depth, fmt.Sprintf("%s, of which %d are there", note, left), true)
		length = left
	} else {
		d.take(head, depth, note, false)
	}
	stop := d.off + int64(length)
	if f.Kind == Bytes {
		inner = nil
	}
	d.message(inner, stop, depth+1)
	return true
}

// inside is the layout of a field's contents and how to call it. In a record it
// is the record's type that decides.
func (d *dumper) inside(f *Field) (l *Layout, name string) {
	if f.Kind != Message {
		return nil, ""
	}
	name = f.Message
	if name == "" {
		t, _ := lookupType(d.rec.typ)
		name = t.Layout
	}
	if l = lookup(name); l == nil {
		return nil, ""
	}
	return l, name + ", "
}
