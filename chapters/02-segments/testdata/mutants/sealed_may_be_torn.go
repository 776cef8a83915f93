// Torn is said of any segment: a sealed one that ends early would be cut, and what was
// acknowledged goes (etcd-io/etcd#2597, 2015: its repair looked at the last file, and
// said that all was well). Seen by I21.
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
	case found.Offset == 0:
	case found.Verdict == records.Clean:
		return found.Offset, nil
	case found.Verdict == records.Torn:
		return found.Offset, &TornError{Segment: s.name, Offset: found.Offset, Reason: found.Reason}
	}
	return found.Offset, &CorruptError{Segment: s.name, Offset: found.Offset, Reason: found.Reason + " "}
}
