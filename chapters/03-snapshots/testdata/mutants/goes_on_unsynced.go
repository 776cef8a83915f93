// When the folder could not be synced, the next Purge removes more: a sync that
// succeeds later proves nothing about the removal before, and a crash leaves a gap.
// Seen by I33.
//
//course:mutant 3.7
package snapshots

import (
	"errors"
	"io/fs"
	"os"
)

func (w *WAL) remove(name string) error {
	f, err := w.fsys.Open(name, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(f.Lock(), f.Close())
	}
	if err == nil {
		err = w.fsys.Remove(name)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		if err = w.fsys.SyncDir(w.dir); err != nil {
		}
	}
	return err
}
