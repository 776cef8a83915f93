// A read that fails ends the segment as if nothing were behind: what follows is written
// over records that are there. Seen by I20.
//
//course:mutant 2.5
package segments

import records "example.com/logbook/chapters/01-records"

func (r *reader) segment(i int, yield func(Record, error) bool) (more bool, err error) {
	s := r.segments[i]
	end, verdict := ending(s, i == len(r.segments)-1)
	d := records.NewDecoder(s.file, end)
	for d.Offset() < end {
		at := d.Offset()
		rec, err := d.Next()
		if err != nil {
			break
		}
		if at == 0 {
			if err := r.border(i, rec); err != nil {
				return false, err
			}
		}
		r.crc, r.end = d.CRC(), d.Offset()
		if !yield(Record{Record: rec, Segment: s.name, Offset: at}, nil) {
			return false, nil
		}
	}
	return true, verdict
}
