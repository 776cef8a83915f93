package layout

import "fmt"

// The three ways in which a dumper shows bytes. Only emit moves it forward.

// shortHead and shortTail are how many lines of long data a shortened dump keeps.
const (
	shortHead = 2 * lineBytes
	shortTail = lineBytes
)

// emit sends one line, which must begin at d.off.
func (d *dumper) emit(l line) {
	if d.err == nil && d.win.err == nil {
		if l.bad && d.opts.Damage != nil {
			d.opts.Damage(l.off, l.note)
		}
		d.err = d.sink(l)
		d.off = l.end()
	}
}

// take shows the next n bytes as one field. A field that is longer than a line
// (a varint of ten bytes behind a tag written in ten) goes on in the next one.
func (d *dumper) take(n, depth int, note string, bad bool) {
	b := append([]byte(nil), d.win.at(d.off, n)...)
	for len(b) > 0 {
		k := min(len(b), lineBytes)
		d.emit(line{off: d.off, bytes: b[:k], depth: depth, note: note, bad: bad})
		b, note, bad = b[k:], "", false
	}
}

// raw shows the bytes up to end, which belong to no frame.
func (d *dumper) raw(end int64, problem string) { d.rawAt(end, 0, problem) }

// rawAt shows bytes as data; the first line says what is wrong with them.
func (d *dumper) rawAt(end int64, depth int, problem string) {
	if d.off >= end || d.done() {
		return
	}
	n := int(min(end-d.off, lineBytes))
	b := append([]byte(nil), d.win.at(d.off, n)...)
	d.emit(line{off: d.off, bytes: b, depth: depth, note: problem, bad: true})
	d.bytes(end, depth+1)
}

// bytes shows data up to end: lines with a text gutter, whole lines of zeros as a
// count, and the middle left out when the options ask for it.
func (d *dumper) bytes(end int64, depth int) {
	end = min(end, d.size)
	from, to := end, end // what is left out
	if d.opts.Shorten && end-d.off > shortHead+2*shortTail {
		from, to = d.off+shortHead, end-shortTail
	}
	for d.off < end && !d.done() {
		switch {
		case d.off < from:
			d.dataLine(from, depth)
		case d.off < to && !d.leaveOut(from, to, depth):
			d.dataLine(min(d.off+lineBytes, to), depth)
		case d.off >= to:
			d.dataLine(end, depth)
		}
	}
}

// leaveOut passes over the data from d.off to to, or to the line that is to be
// kept; false when that line is next.
func (d *dumper) leaveOut(from, to int64, depth int) bool {
	if k := d.opts.keep; k >= d.off && k < to {
		to = k - (k-from)%lineBytes
	}
	if to == d.off {
		return false
	}
	d.emit(line{off: d.off, count: to - d.off, left: true, depth: depth, note: fmt.Sprintf("%d bytes left out", to-d.off)})
	return true
}

// dataLine shows at most one line of data, or a run of zeros that fills at least
// two.
func (d *dumper) dataLine(end int64, depth int) {
	b := d.win.at(d.off, int(min(end-d.off, 2*lineBytes)))
	if len(b) == 2*lineBytes && leadingZeros(b) == len(b) {
		n := d.win.zeros(d.off, end)
		if d.off+n < end {
			n -= n % lineBytes // keep the lines behind it in step
		}
		d.emit(line{off: d.off, count: n, depth: depth, note: "zeros"})
		return
	}
	b = append([]byte(nil), b[:min(len(b), lineBytes)]...)
	d.emit(line{off: d.off, bytes: b, depth: depth, note: gutter(b)})
}
