// The length is compared with the file, the padding is forgotten: a file that ends
// inside the last padding gives an error of the disk, and a node that was merely
// killed refuses to start. etcd's limit (etcd-io/etcd#14122, 2022) forgets the
// frame's own eight bytes in the same place. Seen by I12.
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
	if size > d.size-at {
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
