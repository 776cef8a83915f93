// The padding is whatever the frame's buffer held before, not zeros: bytes of
// an older record end up behind a newer one. Seen by I10.
//
//course:mutant 1.4
package records

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

func (e *Encoder) Encode(typ int64, data []byte) error {
	e.crc = crc32.Update(e.crc, castagnoli, data)
	e.frame = append(e.frame[:0], make([]byte, WordSize)...)
	e.frame = AppendRecord(e.frame, Record{Type: typ, CRC: e.crc, Data: data})
	word, pad := EncodeLength(int64(len(e.frame) - WordSize))
	binary.LittleEndian.PutUint64(e.frame, word)
	e.frame = slices.Grow(e.frame, pad)[:len(e.frame)+pad]
	_, err := e.page.Write(e.frame)
	return err
}
