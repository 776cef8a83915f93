// Whatever goes wrong while a length word is read counts as the end of the file.
// A disk that does not answer for a moment makes the log end there, and recovery
// cuts the rest. Seen by I15.
//
//course:mutant 1.5
package records

import (
	"encoding/binary"
	"io"
)

func (d *Decoder) readFrame(at int64) (body []byte, end int64, err error) {
	word := make([]byte, min(WordSize, d.size-at))
	if err := d.read(word, at); err != nil || allZero(word) {
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
	body = make([]byte, size+int64(pad))
	if err := d.read(body, at); err != nil {
		return nil, 0, err
	}
	if !allZero(body[size:]) {
		return nil, 0, ErrFrame
	}
	return body[:size:size], at + int64(len(body)), nil
}
