// The file is cut where its records end, and the room for what comes is not reserved
// again: every sync has a new size to write, and a full disk is met in the middle of a
// record. etcd made the opposite mistake (etcd-io/etcd#5572, 2016). Seen by I23.
//
//course:mutant 2.6
package segments

import "example.com/logbook/final/disk"

func settle(file disk.File, end, size int64) error {
	if err := file.Truncate(end); err != nil {
		return err
	}
	return file.Sync()
}
