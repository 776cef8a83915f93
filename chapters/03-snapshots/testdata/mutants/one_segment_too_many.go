// The segment that holds the snapshot's index goes too: etcd-io/etcd#2474 (2015).
// Seen by I31.
//
//course:mutant 3.7
package snapshots

import (
	"fmt"

	segments "example.com/logbook/chapters/02-segments"
)

func (w *WAL) ReleaseLockTo(index uint64) error {
	if err := w.writable(); err != nil {
		return err
	}
	if err := w.sync(); err != nil {
		return err
	}
	names := w.log.Segments()
	for i := 1; i < len(names); i++ {
		_, next, _ := segments.ParseName(names[i])
		if next > index+1 {
			break
		}
		name, err := w.log.Release()
		if name != "" {
			w.released = append(w.released, name)
		}
		if err != nil {
			return fmt.Errorf("snapshots: release %s: %w", names[i-1], err)
		}
	}
	w.trail.forget(min(index, w.settled()))
	return nil
}
