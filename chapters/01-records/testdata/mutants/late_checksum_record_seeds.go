// The first checksum record sets the chain wherever it stands, not only as the
// first record of the file. In a file that begins with an entry, one forged or
// misplaced record hides everything that is missing before it. Seen by I9.
//
//course:mutant 1.5
package records

import (
	"fmt"
	"hash/crc32"
)

func (d *Decoder) chain(r Record) error {
	want := crc32.Update(d.crc, castagnoli, r.Data)
	d.crc = r.CRC
	if r.Type == TypeCRC && !d.seeded {
		d.seeded = true
		return nil
	}
	if r.CRC == want {
		return nil
	}
	return fmt.Errorf("%w: stored %08x, computed %08x", ErrCRC, r.CRC, want)
}
