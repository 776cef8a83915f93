// What is behind the end is not cleared away, only synced: Open does not notice, since
// nothing but zeros is there, but Repair cuts nothing off. Seen by I26 and I30.
//
//course:mutant 2.7
package segments

import "example.com/logbook/final/disk"

func settle(file disk.File, end, size int64) error {
	if err := file.Preallocate(size); err != nil {
		return err
	}
	return file.Sync()
}
