// The new name of a corrupt file is not durable: the same file is judged at every
// start. Seen by I22.
//
//course:mutant 3.4
package snapshots

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"example.com/logbook/final/disk"
)

func setAside(fsys disk.FS, dir, name string) error {
	to := path.Join(dir, name+brokenSuffix)
	for n := 1; ; n++ {
		_, err := fsys.Stat(to)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		to = fmt.Sprintf("%s%s.%d", path.Join(dir, name), brokenSuffix, n)
	}
	if err := fsys.Rename(path.Join(dir, name), to); err != nil {
		return err
	}
	return nil
}
