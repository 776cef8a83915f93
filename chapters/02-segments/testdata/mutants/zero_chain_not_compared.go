// Where the running checksum is 0, the border is not checked, because 0 stands for
// "none yet": etcd's ReadAll and Verify (server/storage/wal/wal.go, 2014, still so in
// v3.7.3). Seen by I19.
//
//course:mutant 2.5
package segments

import (
	"fmt"

	records "example.com/logbook/chapters/01-records"
)

func (r *reader) border(i int, first records.Record) error {
	reason := ""
	switch {
	case first.Type != records.TypeCRC:
		reason = fmt.Sprintf("it begins with a record of type %d, not with a checksum record", first.Type)
	case r.crc != 0 && first.CRC != r.crc:
		reason = fmt.Sprintf("it goes on from checksum %08x, not from %08x", first.CRC, r.crc)
	default:
		return nil
	}
	return &CorruptError{Segment: r.segments[i].name, Reason: reason}
}
