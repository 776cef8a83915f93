package layout

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A frame is what stands at an offset: a length word and what it promises.
type frame struct {
	off  int64
	word uint64
	size int64 // bytes of the record
	pad  int64
	// wellFormed: the word can be a length, whether or not the rest is as it says.
	wellFormed bool
	rec        record
}

// end is the offset of the next frame.
func (f frame) end() int64 { return f.off + wordSize + f.size + f.pad }

// A record is the head of a record; its data stays in the file.
type record struct {
	typ, crc      uint64
	data, dataLen int64 // offset and size; 0, 0 when the record has no data
}

const (
	padFlag     = 0x80 // in the top byte of a length word: the frame is padded
	maxHead     = 3 + 2*binary.MaxVarintLen64 + binary.MaxVarintLen32
	problemZero = "a length of zero"
)

// frameAt reads the frame at off. The problem is "" when it is whole: the word
// fits the file, and the record has its type, its CRC and then data that fills
// it. Nothing is read of the data, so it costs the same for every size.
func frameAt(w *window, off int64) (f frame, problem string) {
	f.off = off
	b := w.at(off, wordSize+maxHead)
	if len(b) < wordSize {
		return f, fmt.Sprintf("the file ends inside a length word, after %d of its 8 bytes", len(b))
	}
	f.word = binary.LittleEndian.Uint64(b)
	if f.word == 0 {
		return f, problemZero
	}
	top := int64(f.word >> 56)
	f.size = int64(f.word << 8 >> 8)
	if want := -f.size & (wordSize - 1); top != 0 {
		if top != padFlag|want || want == 0 {
			return f, badTop(top, want)
		}
		f.pad = want
	}
	f.wellFormed = f.size > 0
	problem = f.parse(b[wordSize:])
	if left := w.size - off - wordSize; f.size+f.pad > left {
		problem = fmt.Sprintf("the file ends after %d of them", left)
	}
	return f, problem
}

// note is what stands beside a length word.
func (f frame) note(problem string) string {
	if !f.wellFormed {
		return problem
	}
	note := fmt.Sprintf("frame: %d bytes", f.size)
	if f.pad > 0 {
		note += fmt.Sprintf(" + %d of padding", f.pad)
	}
	if problem != "" {
		note += ": " + problem
	}
	return note
}

// badTop says what the top byte should be. That it follows from the size is what
// makes most flipped bits in a length word visible at once.
func badTop(top, want int64) string {
	if want == 0 {
		return fmt.Sprintf("a bad length word: top byte %02x, where this size needs 00", top)
	}
	return fmt.Sprintf("a bad length word: top byte %02x, where this size needs %02x", top, padFlag|want)
}

// parse reads the head of the record in b, which holds its first bytes.
func (f *frame) parse(b []byte) (problem string) {
	b = b[:min(int64(len(b)), f.size)]
	fields := lookup("record").Fields
	typ, n := varintField(b, fields[0].tag())
	crc, m := varintField(b[n:], fields[1].tag())
	if n == 0 || m == 0 || crc > 1<<32-1 {
		return "not a record: no type and CRC at its start"
	}
	f.rec = record{typ: typ, crc: crc}
	head := int64(n + m)
	if head == f.size {
		return ""
	}
	length, k := varintField(b[head:], fields[2].tag())
	if head += int64(k); k == 0 || length != uint64(f.size-head) {
		return "not a record: its fields do not fill it"
	}
	f.rec.data, f.rec.dataLen = f.off+wordSize+head, int64(length)
	return ""
}

// varintField reads a tag and a varint; n is 0 when they are not there, or longer than
// they need to be. No checksum covers the head of a record, and no writer wastes a
// byte there.
func varintField(b []byte, tag byte) (v uint64, n int) {
	if len(b) == 0 || b[0] != tag {
		return 0, 0
	}
	v, n = binary.Uvarint(b[1:])
	if n <= 0 || n > 1 && b[n] == 0 {
		return 0, 0
	}
	return v, n + 1
}

// goesOnAt tells whether a log may go on, or end, at off.
func (d *dumper) goesOnAt(off int64) bool {
	_, problem := frameAt(d.peek, off)
	return off == d.size || problem == "" || problem == problemZero
}

// resync returns the first offset from off on where a whole frame of a known type
// stands, or the end of the file. It looks at every offset, because unpadded
// frames (before etcd 3.0) may stand anywhere. Data that itself holds frames can
// mislead it; an intact log never asks.
func (d *dumper) resync(off int64) int64 {
	const tag = fieldType<<3 | wireVarint // the byte behind every length word
	for at := off + wordSize; at < d.size; at++ {
		b := d.win.more(at)
		if len(b) == 0 {
			break
		}
		i := bytes.IndexByte(b, tag)
		if i < 0 {
			at += int64(len(b)) - 1
			continue
		}
		at += int64(i)
		if f, problem := frameAt(d.win, at-wordSize); problem == "" && known(f.rec.typ) {
			return f.off
		}
	}
	return d.size
}

// known tells whether the format has such a record type.
func known(typ uint64) bool {
	_, ok := lookupType(typ)
	return ok
}
