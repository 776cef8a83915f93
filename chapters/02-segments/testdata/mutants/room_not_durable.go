// The room is reserved behind the sync: a crash takes it away again, and the next sync has a
// new size to write. Seen by I23.
//
//course:mutant 2.6
package segments

import "example.com/logbook/final/disk"

func settle(file disk.File, end, size int64) error {
	if err := file.Truncate(end); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return file.Preallocate(size)
}
