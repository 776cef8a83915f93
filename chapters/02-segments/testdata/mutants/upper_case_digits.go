// Digits are checked for being digits, and upper case passes: two names for one
// segment. Seen by I2.
//
//course:mutant 2.1
package segments

import (
	"fmt"
	"strings"
)

func ParseName(name string) (seq, index uint64, ok bool) {
	if len(name) != nameLength {
		return 0, 0, false
	}
	_, err := fmt.Sscanf(name, "%x-%x.wal", &seq, &index)
	return seq, index, err == nil && FormatName(seq, index) == strings.ToLower(name)
}
