// Every checksum record sets the chain, not only the first of a file. Records that
// are missing before it are never missed. Seen by I9.
//
//course:mutant 1.5
package records

import (
	"fmt"
	"hash/crc32"
)

func (d *Decoder) chain(r Record) error {
	want := crc32.Update(d.crc, castagnoli, r.Data)
	d.seeded, d.crc = true, r.CRC
	if r.CRC == want || r.Type == TypeCRC {
		return nil
	}
	return fmt.Errorf("%w: stored %08x, computed %08x", ErrCRC, r.CRC, want)
}
