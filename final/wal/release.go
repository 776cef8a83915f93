package wal

import (
	"errors"
	"fmt"
	"io/fs"

	"example.com/logbook/final/disk"
)

// ReleaseLockTo gives up the segments that nobody needs who opens the log at the snapshot of the given index: all before the last one whose name has a
// lower index. The last segment always stays. Files stay too, until [WAL.Purge].
//
// The index is that of the oldest snapshot that the node is still to be able to start from: of the one recorded last, if it keeps no others; else of
// the oldest file that snap.Purge leaves and that the log has recorded ([ValidSnapshotEntries]). Too low an index keeps segments that nobody
// needs; too high a one leaves older files with no log behind them.
//
// The log is synced first: the hard state that commits the snapshot may not be durable yet, and a log whose commit does not reach the
// snapshot does not vouch for it ([ValidSnapshotEntries], etcd#10219).
func (w *WAL) ReleaseLockTo(index uint64) error {
	w.io.Lock()
	defer w.io.Unlock()
	if err := w.writable(); err != nil {
		return err
	}
	if err := w.out.syncOnly(); err != nil { // etcd leaves this to its caller: it must not move the end of a segment
		return err
	}
	o := w.out
	o.released = max(o.released, index)
	var errs []error
	for keep := before(o.held, index); keep > 0; keep-- {
		errs = append(errs, o.held[0].Close())
		o.held = o.held[1:]
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("wal: release segments of %s: %w", w.name, err)
	}
	return nil
}

// before returns how many segments lie before the last one whose name has a lower index than the given one, as pick does for the index before it.
func before(held []file, index uint64) int {
	n := 0
	for n+1 < len(held) && held[n+1].Index < index {
		n++
	}
	return n
}

// Purge removes the segments that ReleaseLockTo has given up since the log was opened, and those of before that lie in front of them: oldest first, and each
// durably before the next, so that no crash leaves a gap. One that is locked, because somebody has it open for writing, ends the work without an error,
// and the next Purge goes on there. One that is gone already is done.
//
// Whatever was released, the segments stay that the newest snapshot needs which the log has recorded and committed: without one nobody could open it. The
// log is synced first, since the commit may not be durable yet; if that fails, the error is the log's, as one of [WAL.Save].
//
// Saves go on meanwhile. When the folder cannot be synced, what was removed may come back, and nothing can make sure of it any more: the error stays, and
// nothing else is removed until the log is opened anew. The log itself goes on.
func (w *WAL) Purge() error {
	w.purging.Lock()
	defer w.purging.Unlock()
	w.io.Lock()
	err := w.writable()
	if err == nil {
		err = w.out.syncOnly() // the commit that makes a snapshot a start may not be durable yet
	}
	var released, first uint64
	if err == nil {
		released, first = min(w.out.released, w.out.vouched), w.out.held[0].Seq
		if w.out.released > released {
			w.opts.Logger.Warn("segments stay: the log cannot be opened at the snapshot for which they were released", "released", w.out.released, "newest", released)
		}
	}
	w.io.Unlock()
	if err != nil {
		return err
	}
	if w.stuck == nil {
		err = w.purge(released, first)
	}
	return errors.Join(w.stuck, err)
}

// purge removes the segments that nobody needs who opens the log at the given index, all before that of the number first.
func (w *WAL) purge(index, first uint64) error {
	segs, _, err := w.lock.list()
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(segs) && segs[i+1].Index < index && segs[i].Seq < first && w.stuck == nil; i++ {
		if i == 0 && segs[0].Seq > 0 {
			// Who has removed those before may not have synced the folder.
			if w.syncPurged(segs[0].Name); w.stuck != nil {
				return nil
			}
		}
		err := w.remove(segs[i].Name)
		switch {
		case err == nil:
			w.opts.Logger.Info("removed a segment", "segment", segs[i].Name)
		case errors.Is(err, disk.ErrLocked):
			w.opts.Logger.Warn("a segment is locked and stays", "segment", segs[i].Name)
			return nil
		case err != nil:
			return fmt.Errorf("wal: purge %s: %w", w.lock.show(segs[i].Name), cause(err))
		}
	}
	return nil
}

// remove removes a segment durably, if nobody has it locked.
func (w *WAL) remove(name string) error {
	f, err := w.lock.openLocked(name, 0)
	if err == nil {
		err = errors.Join(w.lock.Remove(w.lock.path(name)), f.Close())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Who else has removed it may not have synced the folder, either.
	w.syncPurged(name)
	return nil
}

// syncPurged makes durable that segments were removed, or makes it the last attempt.
func (w *WAL) syncPurged(name string) {
	if w.opts.UnsafeNoSync {
		return
	}
	if err := w.lock.SyncDir(w.lock.dir); err != nil {
		w.stuck = fmt.Errorf("wal: purge %s: sync the folder: %w; close the log, and open it again to purge", w.lock.show(name), cause(err))
	}
}

// Prepare makes the next segment's file now, all of it, instead of leaving it to the background. Call it when there is time. A failure is not the log's:
// nothing of it was touched, and the cut will try again.
func (w *WAL) Prepare() error {
	w.purging.Lock()
	defer w.purging.Unlock()
	w.io.Lock()
	err := w.writable()
	w.io.Unlock()
	for more := err == nil; more; {
		if more, err = w.out.spare.step(w.out.size); err != nil {
			return fmt.Errorf("wal: prepare %s: %w", w.lock.show(spareName), cause(err))
		}
	}
	return err
}
