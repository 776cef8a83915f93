// Every repair writes its copy to the same name: the second one destroys the first.
// etcd opens it with O_TRUNC (server/storage/wal/repair.go, 2015, still so in v3.7.3).
// Seen by I28.
//
//course:mutant 2.7
package segments

import (
	"os"
	"path"

	"example.com/logbook/final/disk"
)

func newCopy(fsys disk.FS, dir, segment string) (name string, f disk.File, err error) {
	name = segment + brokenSuffix
	f, err = fsys.Open(path.Join(dir, name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	return name, f, err
}
