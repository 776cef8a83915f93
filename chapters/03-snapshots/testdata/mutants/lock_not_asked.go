// A segment is removed although somebody has it locked. Seen by I34.
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
		err = f.Close()
	}
	if err == nil {
		err = w.fsys.Remove(name)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		if err = w.fsys.SyncDir(w.dir); err != nil {
			w.stuck = fmt.Errorf("snapshots: purge %s: %w; close the log, and open it again", name, err)
		}
	}
	return err
}
