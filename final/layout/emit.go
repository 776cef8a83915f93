package layout

// The three ways in which a dumper shows bytes. Only emit moves it forward.

// shortHead and shortTail are how many lines of long data a shortened dump keeps.
const (
	shortHead = 2 * lineBytes
	shortTail = lineBytes
)

// emit sends one line, which must begin at d.off.
func (d *dumper) emit(l line) {
	if d.err == nil && d.win.err == nil {
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
	d.bytes(end, depth+1, true)
}

// bytes shows data up to end: lines with a text gutter, whole lines of zeros as a
// count, and the middle left out when the options ask for it.
func (d *dumper) bytes(end int64, depth int, skipped bool) {
	end = min(end, d.size)
	from, to := end, end // what is left out
	if d.opts.Shorten && end-d.off > shortHead+2*shortTail {
		from = d.off + shortHead
		to = end - shortTail
	}
	for d.off < end && !d.done() {
		if d.off == from && from < to {
			d.emit(line{off: d.off, count: to - from, left: true, depth: depth, note: leftOut(to - from)})
			continue
		}
		stop := end
		if d.off < from {
			stop = from
		}
		d.dataLine(stop, depth)
	}
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
