// The copy holds what is cut off, and not what stands before it: if the cut was at the
// wrong place, the record that begins there has lost its beginning. Seen by I26.
//
//course:mutant 2.7
package segments

import (
	"bytes"

	"example.com/logbook/final/disk"
)

func cutOff(fsys disk.FS, dir string, s segment, torn *TornError, b []byte) (Report, error) {
	name, err := keep(fsys, dir, s.name, b[torn.Offset:])
	if err != nil {
		return Report{}, err
	}
	cut := int64(len(bytes.TrimRight(b[torn.Offset:], "\x00")))
	report := Report{Segment: s.name, Offset: torn.Offset, Cut: cut, Copy: name, Reason: torn.Reason}
	return report, settle(s.file, torn.Offset, torn.Offset)
}
