// The copy is written and neither it nor its name is synced; then the log is cut. A crash
// leaves neither. etcd's Repair (server/storage/wal/repair.go, 2015, still so in v3.7.3).
// Seen by I27.
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
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, fsys.Remove(path.Join(dir, name)))
	}
	return name, nil
}
