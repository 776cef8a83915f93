// A running checksum of zero is taken for "nothing read yet", so any checksum
// record is believed there. etcd v3.7.3 skips the check so. Seen by I9.
//
//course:mutant 1.5
package records

import (
	"fmt"
	"hash/crc32"
)

func (d *Decoder) chain(r Record) error {
	want := crc32.Update(d.crc, castagnoli, r.Data)
	fresh := d.crc == 0
	d.seeded, d.crc = true, r.CRC
	if r.CRC == want || (fresh && r.Type == TypeCRC) {
		return nil
	}
	return fmt.Errorf("%w: stored %08x, computed %08x", ErrCRC, r.CRC, want)
}
