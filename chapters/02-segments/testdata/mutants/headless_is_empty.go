// A last segment without its checksum record counts as one in which nothing was written
// yet, and the log goes on in it without a head: etcd (server/storage/wal/wal.go, since
// 2015, of the family of etcd-io/etcd#4903, 2016, still so in v3.7.3). Seen by I22.
//
//course:mutant 2.6
package segments

import (
	"fmt"

	records "example.com/logbook/chapters/01-records"
)

func ending(s segment, last bool) (end int64, err error) {
	found, err := judge(s.file)
	if err != nil {
		return 0, fmt.Errorf("segments: %s: %w", s.name, err)
	}
	switch {
	case found.Verdict == records.Clean:
		return found.Offset, nil
	case found.Verdict == records.Torn && last:
		return found.Offset, &TornError{Segment: s.name, Offset: found.Offset, Reason: found.Reason}
	}
	return found.Offset, &CorruptError{Segment: s.name, Offset: found.Offset, Reason: found.Reason + " "}
}
