// The copy is synced, its name is not: after a crash the log is cut and the copy cannot
// be found. Seen by I27.
//
//course:mutant 2.7
package segments

import (
	"errors"
	"path"

	"example.com/logbook/final/disk"
)

func keep(fsys disk.FS, dir, segment string, b []byte) (name string, err error) {
	name, f, err := newCopy(fsys, dir, segment)
	if err != nil {
		return "", err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, fsys.Remove(path.Join(dir, name)))
	}
	return name, nil
}
