// The padding is taken from the word without asking whether it fits the size, as
// etcd does to this day: three flipped bits move every later frame. Seen by I2.
//
//course:mutant 1.1
package records

import "fmt"

func DecodeLength(word uint64) (size int64, pad int, err error) {
	size = int64(word & maxSize)
	top := int(word >> 56)
	if top == 0 {
		return size, 0, nil
	}
	if top&0x80 == 0 {
		return 0, 0, fmt.Errorf("length word %#016x: %w", word, ErrFrame)
	}
	return size, top & 0x7, nil
}
