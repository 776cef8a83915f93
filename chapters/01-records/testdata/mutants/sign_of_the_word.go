// A padded word is told by its sign, as its top bit suggests, and its size is
// taken by masking with the positive numbers: the three bits of padding stay in
// it. Small logs without padding read well. Seen by I2.
//
//course:mutant 1.1
package records

import "fmt"

func DecodeLength(word uint64) (size int64, pad int, err error) {
	if int64(word) >= 0 {
		return int64(word), 0, nil
	}
	pad = int(word >> 56 & 0x7)
	size = int64(word & (1<<63 - 1))
	if pad == 0 || int(-size&(WordSize-1)) != pad {
		return 0, 0, fmt.Errorf("length word %#016x: %w", word, ErrFrame)
	}
	return size, pad, nil
}
