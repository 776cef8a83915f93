// What a crash has left in the temporary file is written over and not emptied: its
// end stands behind a shorter snapshot. Seen by I20.
//
//course:mutant 3.3
package snapshots

import (
	"errors"
	"os"

	"example.com/logbook/final/disk"
)

func (s *Snapshotter) write(name string, b []byte) error {
	f, err := s.fsys.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
