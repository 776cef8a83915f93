// Each file is read as a log of its own: one of another log, or of an older copy, with
// the right name is taken for part of this one. Seen by I19.
//
//course:mutant 2.5
package segments

import (
	"fmt"

	records "example.com/logbook/chapters/01-records"
)

func (r *reader) border(i int, first records.Record) error {
	if first.Type != records.TypeCRC {
		return &CorruptError{Segment: r.segments[i].name, Reason: fmt.Sprintf("it begins with a record of type %d, not with a checksum record", first.Type)}
	}
	return nil
}
