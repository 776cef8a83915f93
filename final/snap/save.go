package snap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// SaveSnap saves a snapshot, durably, in the file that its term and index name, to the byte the file that etcd 3.7 writes. When it
// returns nil, the file is there after any crash. It counts once the log has recorded it: call wal.SaveSnapshot next.
//
// A crash, and an error, leaves under that name what was there before or the whole new file, and all other snapshots as they were:
// the bytes go to a temporary file, which gets the name when they are durable. After an error the same snapshot can be saved again,
// or another; not after one that matches [ErrNotDurable].
//
// As in etcd, a snapshot of index 0 is one of nothing: SaveSnap does nothing and returns nil, so that a raft.Ready without one can
// be handed on as it is. One without a term or conf state, which the log would not record, or with fields that could not be read
// back, is refused with [ErrRefused]. Fields of a later raft are saved.
//
// The folder is created with mode 0700 if it is not there; its parent must be. The snapshot must not be changed meanwhile. Beside its
// data, SaveSnap takes 256 KiB of memory, whatever the size.
func (s *Snapshotter) SaveSnap(snap *raftpb.Snapshot) error {
	if snap.GetMetadata().GetIndex() == 0 {
		return nil
	}
	begun := time.Now()
	e, err := encode(snap)
	if err != nil {
		return err
	}
	err = s.change(true, func(fsys disk.FS, dir string) error { return s.save(fsys, dir, e) })
	if err != nil {
		return fmt.Errorf("snap: save %s: %w; %s", e.file.Name, err, remedy(err))
	}
	s.observe(OpSave, e.file.Name, e.size(), begun)
	return nil
}

// change runs f, which changes the folder, beside no other change by this Snapshotter. Nothing is changed any more once the folder
// could not be synced.
func (s *Snapshotter) change(create bool, f func(fsys disk.FS, dir string) error) (err error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.stuck != nil {
		return s.stuck
	}
	if create {
		if err := s.makeFolder(); err != nil {
			return err
		}
	}
	fsys, dir, release, err := openFolder(s.dir, s.opts.FS)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := s.private(fsys, dir); err != nil {
		return err
	}
	return f(fsys, dir)
}

// save writes the file and gives it its name.
func (s *Snapshotter) save(fsys disk.FS, dir string, e *encoding) error {
	name, tmp := path.Join(dir, e.file.Name), path.Join(dir, temporary)
	if err := regular(fsys, name); err != nil {
		return err
	}
	f, err := create(fsys, tmp)
	if err != nil {
		return err
	}
	err = e.write(f, func(f disk.File) error { return s.sync(f, e) })
	if err == nil {
		// The bytes first: a crash could keep the rename and lose them, and the older file of that name with it (#3498).
		err = fsys.Rename(tmp, name)
	}
	if err != nil {
		// The file is still locked, so the name is still ours.
		return errors.Join(err, remove(fsys, tmp), f.Close())
	}
	// The bytes are durable, the name is not. A crash could leave a record in the log without its file, and the log before it
	// purged (#22340).
	return errors.Join(f.Close(), s.syncDir(fsys, dir))
}

// slow is how long a sync may take before the logger is told. It is what raft's followers wait for as well.
const slow = time.Second

// sync makes the content of a file durable.
func (s *Snapshotter) sync(f disk.File, e *encoding) error {
	begun := time.Now()
	if err := f.Sync(); err != nil {
		return err
	}
	if took := time.Since(begun); took > slow {
		s.opts.Logger.Warn("slow sync of a snapshot", "dir", s.dir, "file", e.file.Name, "bytes", e.size(), "took", took)
	}
	s.observe(OpSync, e.file.Name, e.size(), begun)
	return nil
}

// syncDir makes the names in the folder durable. An error stays: the operating system may have forgotten what it did not write, and
// a second sync that succeeds would prove nothing.
func (s *Snapshotter) syncDir(fsys disk.FS, dir string) error {
	if err := fsys.SyncDir(dir); err != nil {
		s.stuck = fmt.Errorf("%w: %w", ErrNotDurable, err)
	}
	return s.stuck
}

// regular refuses a name that is taken by something that is no file: it would be replaced, and was put there for a reason.
func regular(fsys disk.FS, name string) error {
	info, err := fsys.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.Mode().IsRegular():
		return &fs.PathError{Op: "replace", Path: name, Err: disk.ErrIrregular}
	}
	return err
}

// remove removes a file, if it is there.
func remove(fsys disk.FS, name string) error {
	if err := fsys.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// The temporary file has a single name, so that crashes leave one at most. It is also what keeps processes apart: whoever renames or
// removes it holds its lock, and has looked, with the lock, that the name still leads to the file that is locked. So nobody gives
// another's half-written file a snapshot's name.
const (
	temporary = "snap.tmp"
	attempts  = 10 // to get hold of what others take away
)

// errTaken is returned when others are quicker each time.
var errTaken = errors.New("other processes take it away all the time: stop them first")

// create creates the temporary file, anew, so that its mode is exact, and locks it.
func create(fsys disk.FS, name string) (disk.File, error) {
	for range attempts {
		f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, disk.FileMode)
		if errors.Is(err, fs.ErrExist) {
			if err := removeLeftover(fsys, name); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		locked, err := lock(fsys, name, f)
		if locked {
			return f, nil
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return nil, &fs.PathError{Op: "create", Path: name, Err: errTaken}
}

// removeLeftover removes the temporary file that a crash has left, if there is one. One in use gives [disk.ErrLocked].
func removeLeftover(fsys disk.FS, name string) error {
	f, err := fsys.Open(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	locked, err := lock(fsys, name, f)
	if locked {
		err = remove(fsys, name)
	}
	return errors.Join(err, f.Close())
}

// lock locks a file, and tells whether it still has that name.
func lock(fsys disk.FS, name string, f disk.File) (bool, error) {
	if err := f.Lock(); err != nil {
		return false, err
	}
	named, err := fsys.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	// A file of the operating system knows which one it is.
	opened, ok := f.(interface{ Stat() (fs.FileInfo, error) })
	if err != nil || !ok {
		return err == nil, err
	}
	info, err := opened.Stat()
	return err == nil && os.SameFile(named, info), err
}
