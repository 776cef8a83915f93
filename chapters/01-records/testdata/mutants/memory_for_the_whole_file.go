// Each frame gets as much memory as the file has bytes, since no frame can be
// larger. Reading a segment of 64 MB and a million records asks for that much a
// million times. Seen by I12.
//
//course:mutant 1.5
package records

import (
	"encoding/binary"
	"io"
)

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
	body = make([]byte, d.size)[:size+int64(pad)]
	if err := d.read(body, at); err != nil {
		return nil, 0, err
	}
	if !allZero(body[size:]) {
		return nil, 0, ErrFrame
	}
	return body[:size:size], at + int64(len(body)), nil
}
