// What is behind the end is cut and not synced: after the next crash it is back, behind
// a new record. And what was read, and never synced by its writer, is taken for durable.
// Seen by I23 and I24.
//
//course:mutant 2.6
package segments

import "example.com/logbook/final/disk"

func settle(file disk.File, end, size int64) error {
	if err := file.Truncate(end); err != nil {
		return err
	}
	return file.Preallocate(size)
}
