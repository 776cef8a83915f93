// A folder that cannot be listed counts as absent: etcd's Exist returns false on any
// error (server/storage/wal/util.go, 2014, still so in v3.7.3). Seen by I6.
//
//course:mutant 2.2
package segments

import (
	"fmt"
	"io/fs"

	"example.com/logbook/final/disk"
)

func vacant(fsys disk.FS, dir string) error {
	entries, err := fsys.List(dir)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("it holds %s: %w", entries[0].Name(), fs.ErrExist)
	}
	return nil
}
