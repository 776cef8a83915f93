// The file gets its name without a sync of its bytes: the name may reach the disk
// first. Seen by I18.
//
//course:mutant 3.3
package snapshots

import (
	"errors"
	"os"

	"example.com/logbook/final/disk"
)

func (s *Snapshotter) write(name string, b []byte) error {
	f, err := s.fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	return errors.Join(err, f.Close())
}
