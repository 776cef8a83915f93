// The reader yields every record and does not say where the last one ends: Open goes on at the
// beginning of the file. Seen by I18.
//
//course:mutant 2.5
package segments

import (
	"fmt"

	records "example.com/logbook/chapters/01-records"
)

func (r *reader) segment(i int, yield func(Record, error) bool) (more bool, err error) {
	s := r.segments[i]
	end, verdict := ending(s, i == len(r.segments)-1)
	d := records.NewDecoder(s.file, end)
	for d.Offset() < end {
		at := d.Offset()
		rec, err := d.Next()
		if err != nil {
			return false, fmt.Errorf("segments: %s: %w", s.name, err)
		}
		if at == 0 {
			if err := r.border(i, rec); err != nil {
				return false, err
			}
		}
		r.crc = d.CRC()
		if !yield(Record{Record: rec, Segment: s.name, Offset: at}, nil) {
			return false, nil
		}
	}
	return true, verdict
}
