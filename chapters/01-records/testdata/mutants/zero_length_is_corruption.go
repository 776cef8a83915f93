// A zero length word is refused as a frame without a record. But every log that
// was preallocated ends in one, and no such log can be opened again. Seen by I11.
//
//course:mutant 1.5
package records

import (
	"encoding/binary"
	"fmt"
	"io"
)

func (d *Decoder) readFrame(at int64) (body []byte, end int64, err error) {
	if at == d.size {
		return nil, 0, io.EOF
	}
	word := make([]byte, min(WordSize, d.size-at))
	if err := d.read(word, at); err != nil {
		return nil, 0, err
	}
	if len(word) < WordSize {
		return nil, 0, io.ErrUnexpectedEOF
	}
	size, pad, err := DecodeLength(binary.LittleEndian.Uint64(word))
	if err != nil {
		return nil, 0, err
	}
	if size == 0 {
		return nil, 0, fmt.Errorf("%w: no record has no bytes", ErrFrame)
	}
	at += WordSize
	if size > d.size-at-int64(pad) {
		return nil, 0, io.ErrUnexpectedEOF
	}
	body = make([]byte, size+int64(pad))
	if err := d.read(body, at); err != nil {
		return nil, 0, err
	}
	if !allZero(body[size:]) {
		return nil, 0, ErrFrame
	}
	return body[:size:size], at + int64(len(body)), nil
}
