// The padding is 8 where it should be 0: the last & is missing. Every record
// whose size is a multiple of eight gets a word of zeros behind it, and that word
// is where the log then ends. Seen by I1.
//
//course:mutant 1.1
package records

func EncodeLength(size int64) (word uint64, pad int) {
	if size < 0 || size > maxSize {
		return 0, 0
	}
	word = uint64(size)
	pad = WordSize - int(size%WordSize)
	if pad > 0 {
		word |= uint64(0x80|pad) << 56
	}
	return word, pad
}
