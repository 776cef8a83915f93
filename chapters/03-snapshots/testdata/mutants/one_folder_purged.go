// Purge works in the folder "log", whatever the log's folder is: it removes the
// segments of another log. Seen by I33.
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
	for len(w.released) > 0 && w.stuck == nil {
		name := w.released[0]
		err := w.remove(path.Join("log", name))
		switch {
		case errors.Is(err, disk.ErrLocked):
			return nil
		case err != nil:
			return fmt.Errorf("snapshots: purge %s: %w", name, err)
		}
		w.released = w.released[1:]
	}
	return w.stuck
}
