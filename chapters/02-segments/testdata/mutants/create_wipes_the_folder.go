// A folder without a segment in it counts as empty, and goes: etcd's Create calls
// RemoveAll on it (etcd-io/etcd#9743, 2018, made it so; v3.7.3 still does). A copy that
// a repair has kept is gone. Seen by I6.
//
//course:mutant 2.2
package segments

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"example.com/logbook/final/disk"
)

func vacant(fsys disk.FS, dir string) error {
	if _, err := List(fsys, dir); !errors.Is(err, ErrNoLog) {
		return fmt.Errorf("a log: %w", fs.ErrExist)
	}
	entries, _ := fsys.List(dir)
	for _, e := range entries {
		if err := fsys.Remove(path.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
