// One buffer serves every record, so the data of the last one read shows up in
// all of them. Seen by I14.
//
//course:mutant 1.5
package records

import (
	"encoding/binary"
	"io"
	"slices"
)

// Decoder has the buffer that readFrame reuses.
type Decoder struct {
	r      io.ReaderAt
	size   int64
	next   int64
	offset int64
	crc    uint32
	seeded bool
	err    error
	buf    []byte
}

func (d *Decoder) readFrame(at int64) (body []byte, end int64, err error) {
	word := make([]byte, min(WordSize, d.size-at))
	if err := d.read(word, at); err != nil {
		return nil, 0, err
	}
	if allZero(word) {
		return nil, 0, io.EOF
	}
	if len(word) < WordSize {
		return nil, 0, io.ErrUnexpectedEOF
	}
	size, pad, err := DecodeLength(binary.LittleEndian.Uint64(word))
	if err != nil {
		return nil, 0, err
	}
	at += WordSize
	if size > d.size-at-int64(pad) {
		return nil, 0, io.ErrUnexpectedEOF
	}
	d.buf = slices.Grow(d.buf[:0], int(size)+pad)[:int(size)+pad]
	if err := d.read(d.buf, at); err != nil {
		return nil, 0, err
	}
	if !allZero(d.buf[size:]) {
		return nil, 0, ErrFrame
	}
	return d.buf[:size:size], at + int64(len(d.buf)), nil
}
