// The sync of the parent fails, the rename back fails too, and only the first is told: the
// folder has kept the log's name, and nobody knows. Seen by I7.
//
//course:mutant 2.2
package segments

import (
	"errors"
	"io/fs"
	"path"

	"example.com/logbook/final/disk"
)

func publish(fsys disk.FS, tmp, dir string) error {
	if err := fsys.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := fsys.Rename(tmp, dir); err != nil {
		return err
	}
	if err := fsys.SyncDir(path.Dir(dir)); err != nil {
		fsys.Rename(dir, tmp)
		return err
	}
	return nil
}
