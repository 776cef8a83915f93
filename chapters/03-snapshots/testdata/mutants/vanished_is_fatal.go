// A segment that vanishes between the look at its lock and its removal is an error:
// two that clean up bring the node down (etcd-io/etcd#22470). Seen by I34.
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
		if err := w.fsys.Remove(name); err != nil {
			return errors.New(err.Error())
		}
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		if err = w.fsys.SyncDir(w.dir); err != nil {
			w.stuck = fmt.Errorf("snapshots: purge %s: %w; close the log, and open it again", name, err)
		}
	}
	return err
}
