// The cut fails, and the Report says nothing of the copy: nobody knows what is left of the
// segment, nor where the whole is. Seen by I29.
//
//course:mutant 2.7
package segments

import (
	"bytes"

	"example.com/logbook/final/disk"
)

func cutOff(fsys disk.FS, dir string, s segment, torn *TornError, b []byte) (Report, error) {
	name, err := keep(fsys, dir, s.name, b)
	if err != nil {
		return Report{}, err
	}
	if err := settle(s.file, torn.Offset, torn.Offset); err != nil {
		return Report{}, err
	}
	cut := int64(len(bytes.TrimRight(b[torn.Offset:], "\x00")))
	return Report{Segment: s.name, Offset: torn.Offset, Cut: cut, Copy: name, Reason: torn.Reason}, nil
}
