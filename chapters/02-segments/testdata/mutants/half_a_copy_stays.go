// A copy that could not be written stays, half: it looks like a whole one, and nothing
// is behind it any more when somebody needs it. Seen by I29.
//
//course:mutant 2.7
package segments

import (
	"errors"

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
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		return "", err
	}
	return name, nil
}
