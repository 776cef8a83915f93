// The length word announces record and padding together. It is a multiple of
// eight, so it marks no padding, and the reader finds zeros inside the record.
// Seen by I10.
//
//course:mutant 1.4
package records

import (
	"encoding/binary"
	"hash/crc32"
)

func (e *Encoder) Encode(typ int64, data []byte) error {
	e.crc = crc32.Update(e.crc, castagnoli, data)
	e.frame = append(e.frame[:0], make([]byte, WordSize)...)
	e.frame = AppendRecord(e.frame, Record{Type: typ, CRC: e.crc, Data: data})
	_, pad := EncodeLength(int64(len(e.frame) - WordSize))
	e.frame = append(e.frame, make([]byte, pad)...)
	word, _ := EncodeLength(int64(len(e.frame) - WordSize))
	binary.LittleEndian.PutUint64(e.frame, word)
	_, err := e.page.Write(e.frame)
	return err
}
