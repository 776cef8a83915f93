// What a crash has torn is passed over in silence: the log is cut there without a copy,
// and nobody is told. Seen by I22.
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
	case found.Verdict == records.Clean, found.Verdict == records.Torn && last:
		return found.Offset, nil
	}
	return found.Offset, &CorruptError{Segment: s.name, Offset: found.Offset, Reason: found.Reason + " "}
}
