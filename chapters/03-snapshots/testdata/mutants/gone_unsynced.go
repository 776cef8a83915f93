// A segment that somebody else has removed is done, and the folder is not synced:
// the next one is removed durably, and a crash brings the first one back. Seen by
// I34.
//
//course:mutant 3.7
package snapshots

import (
	"errors"
	"fmt"
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
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		if err = w.fsys.SyncDir(w.dir); err != nil {
			w.stuck = fmt.Errorf("snapshots: purge %s: %w; close the log, and open it again", name, err)
		}
	}
	return err
}
