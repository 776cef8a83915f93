// The error of Close is dropped, which is where some file systems tell that they
// could not keep what was written. Seen by I20.
//
//course:mutant 3.3
package snapshots

import (
	"os"

	"example.com/logbook/final/disk"
)

func (s *Snapshotter) write(name string, b []byte) error {
	f, err := s.fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	_ = f.Close()
	return err
}
