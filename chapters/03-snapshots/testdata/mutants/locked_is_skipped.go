// A locked segment is left, and those behind it are removed: a gap. In 2018 etcd's
// purging had a way to do so, etcd-io/etcd#11308 (2019). Seen by I34.
//
//course:mutant 3.7
package snapshots

import (
	"errors"
	"fmt"
	"path"

	"example.com/logbook/final/disk"
)

func (w *WAL) Purge() error {
	if err := w.writable(); err != nil {
		return err
	}
	for _, name := range w.released {
		err := w.remove(path.Join(w.dir, name))
		switch {
		case errors.Is(err, disk.ErrLocked):
			continue
		case err != nil:
			return fmt.Errorf("snapshots: purge %s: %w", name, err)
		}
	}
	return w.stuck
}
