// The copy fails, and the log is cut all the same: on a full disk, which is where logs
// are torn, what is cut off is gone. Seen by I29.
//
//course:mutant 2.7
package segments

import (
	"bytes"

	"example.com/logbook/final/disk"
)

func cutOff(fsys disk.FS, dir string, s segment, torn *TornError, b []byte) (Report, error) {
	name, err := keep(fsys, dir, s.name, b)
	cut := int64(len(bytes.TrimRight(b[torn.Offset:], "\x00")))
	report := Report{Segment: s.name, Offset: torn.Offset, Cut: cut, Copy: name, Reason: torn.Reason}
	if failed := settle(s.file, torn.Offset, torn.Offset); failed != nil {
		return report, failed
	}
	return report, err
}
