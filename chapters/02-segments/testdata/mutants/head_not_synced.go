// The head is written and not synced: the folder gets its name with a file in it
// that a crash leaves empty. Seen by I8.
//
//course:mutant 2.2
package segments

import records "example.com/logbook/chapters/01-records"

func (t *tail) begin(head []records.Record) error {
	for _, r := range append([]records.Record{{Type: records.TypeCRC}}, head...) {
		if err := t.enc.Encode(r.Type, r.Data); err != nil {
			return err
		}
	}
	return t.enc.Flush()
}
