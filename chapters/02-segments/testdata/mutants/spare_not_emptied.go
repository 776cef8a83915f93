// A spare that an earlier run has left is used as it is: behind a shorter head the old
// records are read again. etcd lost its O_TRUNC in 2016 (commit 0df732c05; v3.7.3 has not
// got it back). Seen by I15.
//
//course:mutant 2.4
package segments

import (
	"errors"
	"os"

	"example.com/logbook/final/disk"
)

func newFile(fsys disk.FS, name string, size int64) (disk.File, error) {
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err != nil {
		return nil, err
	}
	err = f.Lock()
	if err == nil {
		err = f.Preallocate(size)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
