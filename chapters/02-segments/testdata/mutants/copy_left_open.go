// The copy is written and synced, and never closed: each repair leaves an open file behind.
// Seen by I26.
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
	if err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		return "", errors.Join(err, fsys.Remove(path.Join(dir, name)))
	}
	return name, nil
}
