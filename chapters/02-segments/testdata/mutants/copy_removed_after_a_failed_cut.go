// The cut fails, and the copy is removed as if it had failed: what the segment was may now be
// nowhere. Seen by I29.
//
//course:mutant 2.7
package segments

import (
	"bytes"
	"errors"
	"path"

	"example.com/logbook/final/disk"
)

func cutOff(fsys disk.FS, dir string, s segment, torn *TornError, b []byte) (Report, error) {
	name, err := keep(fsys, dir, s.name, b)
	if err != nil {
		return Report{}, err
	}
	cut := int64(len(bytes.TrimRight(b[torn.Offset:], "\x00")))
	report := Report{Segment: s.name, Offset: torn.Offset, Cut: cut, Copy: name, Reason: torn.Reason}
	if err := s.file.Truncate(torn.Offset); err != nil {
		return Report{}, errors.Join(err, fsys.Remove(path.Join(dir, name)))
	}
	return report, settle(s.file, torn.Offset, torn.Offset)
}
