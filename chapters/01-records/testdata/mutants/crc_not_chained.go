// Each record's checksum starts anew. Every record verifies on its own, also when
// the one before it is missing. Seen by I9.
//
//course:mutant 1.4
package records

import (
	"encoding/binary"
	"hash/crc32"
)

func (e *Encoder) Encode(typ int64, data []byte) error {
	e.crc = crc32.Checksum(data, castagnoli)
	e.frame = append(e.frame[:0], make([]byte, WordSize)...)
	e.frame = AppendRecord(e.frame, Record{Type: typ, CRC: e.crc, Data: data})
	word, pad := EncodeLength(int64(len(e.frame) - WordSize))
	binary.LittleEndian.PutUint64(e.frame, word)
	e.frame = append(e.frame, make([]byte, pad)...)
	_, err := e.page.Write(e.frame)
	return err
}
