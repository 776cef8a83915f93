// The length word goes to the page writer in front of the record, not with it. When
// the word is what makes the page writer hand on, it reaches the disk alone, and
// every frame costs two calls. Seen by I10.
//
//course:mutant 1.4
package records

import (
	"encoding/binary"
	"hash/crc32"
)

func (e *Encoder) Encode(typ int64, data []byte) error {
	e.crc = crc32.Update(e.crc, castagnoli, data)
	e.frame = AppendRecord(e.frame[:0], Record{Type: typ, CRC: e.crc, Data: data})
	word, pad := EncodeLength(int64(len(e.frame)))
	e.frame = append(e.frame, make([]byte, pad)...)
	if _, err := e.page.Write(binary.LittleEndian.AppendUint64(nil, word)); err != nil {
		return err
	}
	_, err := e.page.Write(e.frame)
	return err
}
