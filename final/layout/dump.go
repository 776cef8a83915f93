package layout

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Options say how to dump. The zero value dumps the whole of a segment file.
type Options struct {
	// Snap takes the file for a .snap file. Default: a segment of a log.
	Snap bool
	// Shorten leaves out the middle of long data; how much is said in its place.
	// Such a dump cannot be parsed back. Default: everything is shown.
	Shorten bool
	// Colour marks damage and frames with terminal colours. Default: plain text.
	Colour bool
	// From and To restrict the output to lines that hold a byte at an offset in
	// [From, To). Everything before is still read, for the sake of the CRC.
	// Default: the whole file; To 0 is its end.
	From, To int64

	// Damage, if set, is called for each place that the dump marks, also before
	// From, with what it says there. Default: nobody is told.
	Damage func(offset int64, what string)

	keep int64 // a line with this offset is never left out
}

// Dump writes the annotated hexdump of a segment file: one line per field, with
// its offset, its bytes, and behind a bar its name and value. It streams, in
// memory that depends on neither the file's size nor a record's.
//
// Damage does not stop it. A bad length word, bytes that are no record and a CRC
// that does not match are marked with "!", and the dump goes on at the next place
// that parses. The errors returned are those of r and w.
//
// No byte is left out: [Parse] turns the text back into the file.
func Dump(w io.Writer, r io.ReaderAt, size int64) error {
	return new(Options).Dump(w, r, size)
}

// Dump is [Dump] as the options say. A nil o stands for the zero value.
func (o *Options) Dump(w io.Writer, r io.ReaderAt, size int64) error {
	if o == nil {
		o = new(Options)
	}
	sink, flush := o.printer(w)
	err := o.lines(r, size, sink)
	return errors.Join(err, flush())
}

// lines sends the lines of a dump to sink, in order and without gaps. An error of
// the sink ends it; errEnough ends it without being one.
func (o *Options) lines(r io.ReaderAt, size int64, sink func(line) error) error {
	d := &dumper{
		win: newWindow(r, size, windowSize), peek: newWindow(r, size, peekSize),
		size: size, sink: sink, opts: o, chained: true,
	}
	if o.Snap {
		d.snapFile()
	} else {
		d.segment()
	}
	if d.err == errEnough {
		d.err = nil
	}
	return cmp.Or(d.win.err, d.peek.err, d.err)
}

// errEnough is a sink's way to say that it needs no more lines.
var errEnough = errors.New("enough")

// A dumper walks over a file. Every byte before off has been sent to the sink
// exactly once.
type dumper struct {
	win, peek *window
	size      int64
	off       int64
	sink      func(line) error
	err       error // first error of the sink; nothing moves after it
	opts      *Options

	crc     uint32 // the running CRC after the last record
	chained bool   // crc is known: nothing has been skipped since
	started bool   // a record has been seen

	rec     record // the record being shown
	verdict string // what to say beside its CRC
	bad     bool   // the CRC does not match
}

// done tells whether nothing is left to show, or nobody left to show it to.
func (d *dumper) done() bool {
	return d.err != nil || d.win.err != nil || d.off >= d.size
}

// segment shows frame after frame. Whatever is no frame is shown as bytes, up to
// the next place where one is.
func (d *dumper) segment() {
	for !d.done() {
		f, problem := frameAt(d.win, d.off)
		switch {
		case problem == "":
			d.frame(f, "")
		case problem == problemZero:
			d.zeroWord()
		case f.wellFormed && f.end() <= d.size && d.goesOnAt(f.end()):
			d.frame(f, problem)
		default:
			d.skip(f, problem)
		}
	}
}

// zeroWord handles a length of zero: the end of the log when nothing follows, else
// a hole.
func (d *dumper) zeroWord() {
	n := d.win.zeros(d.off, d.size)
	if d.off+n == d.size {
		d.emit(line{off: d.off, count: n, note: "zeros to the end of the file: the log ends here"})
		return
	}
	// The first byte that is not zero lies in the length word of the next frame.
	next := d.resync(max(d.off+1, d.off+n-wordSize+1))
	d.raw(next, "a zero length word, and bytes behind it")
	d.chained = false
}

// skip shows what cannot be a frame. What was cut by the end of the file is shown
// field by field as far as it goes, if no frame lies behind.
func (d *dumper) skip(f frame, problem string) {
	next := d.resync(d.off + 1)
	if next == d.size && f.wellFormed {
		d.frame(f, problem)
		return
	}
	d.raw(next, f.note(problem))
	d.chained = false
}

// frame shows the length word, the record and the padding at d.off. With a
// problem, it shows what can be read and goes on behind the frame.
func (d *dumper) frame(f frame, problem string) {
	d.take(wordSize, 0, f.note(problem), problem != "")
	d.rec, d.verdict, d.bad = f.rec, ", not checked", false
	if problem == "" {
		d.check(f)
	} else {
		d.chained = false
	}
	end := min(f.off+wordSize+f.size, d.size)
	d.message(lookup("record"), end, 1)
	d.padding(f, min(f.end(), d.size))
}

// padding shows the bytes behind the record. Only the file's end cuts them short.
func (d *dumper) padding(f frame, end int64) {
	b := d.win.at(d.off, int(end-d.off))
	if len(b) == 0 {
		return
	}
	if leadingZeros(b) < len(b) {
		d.take(len(b), 1, "padding, which should be zero", true)
		return
	}
	d.take(len(b), 1, "padding", false)
}

// check compares the record's CRC with the running one and takes over what is
// stored, so that one damaged record does not accuse all behind it.
func (d *dumper) check(f frame) {
	r := f.rec
	switch {
	case !d.chained:
		d.verdict += ": the chain is broken before it"
	case r.typ == typeCRC && !d.started:
		d.verdict = "" // nothing stands before it
	default:
		d.compare(d.crc, r.crc, r.data, r.dataLen)
	}
	d.crc, d.chained, d.started = uint32(r.crc), true, true
}

// compare adds n bytes of data to the CRC sum, and keeps what to say when the
// result is not what is stored.
func (d *dumper) compare(sum uint32, stored uint64, data, n int64) {
	for end := data + n; data < end; {
		b := d.win.more(data)
		if len(b) == 0 {
			return // a read error, which ends the dump
		}
		b = b[:min(int64(len(b)), end-data)]
		sum = crc32.Update(sum, castagnoli, b)
		data += int64(len(b))
	}
	d.verdict = ""
	if d.bad = uint64(sum) != stored; d.bad {
		d.verdict = fmt.Sprintf(" is stored, %08x is computed", sum)
	}
}

// castagnoli is the polynomial of every checksum in the format.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// snapFile shows a .snap file, whose one CRC stands before the data it covers.
func (d *dumper) snapFile() {
	b := d.win.at(0, 2*binary.MaxVarintLen64+2)
	f := lookup("snapfile")
	crc, n := varintField(b, f.Fields[0].tag())
	length, m := varintField(b[n:], f.Fields[1].tag())
	data := int64(n + m)
	switch {
	case n == 0 || m == 0:
		d.verdict = ", not checked: the data does not follow it"
	case length > uint64(d.size-data):
		d.verdict = ", not checked: the data is not whole"
	default:
		d.compare(0, crc, data, int64(length))
	}
	d.message(f, d.size, 0)
}
