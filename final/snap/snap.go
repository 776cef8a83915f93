package snap

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"sync"
	"time"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// Snapshotter saves, finds, loads and purges the snapshots of a folder. It is safe for use by many goroutines: what changes the
// folder happens one after the other, and loads beside it. Use one for a folder: of two that save at once, as of two processes, one
// is refused ([disk.ErrLocked]).
type Snapshotter struct {
	dir  string
	opts Options

	// changing is held by whoever changes the folder. It guards what follows.
	changing sync.Mutex
	settled  bool  // the folder exists, durably
	stuck    error // a sync of the folder has failed: nothing is changed any more

	// reading guards what follows.
	reading  sync.Mutex
	rejected []Rejected
}

// New returns a Snapshotter for a folder. Nothing is opened before it is used.
func New(dir string, opts *Options) *Snapshotter {
	s := &Snapshotter{dir: dir}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Logger == nil {
		s.opts.Logger = slog.New(slog.DiscardHandler)
	}
	return s
}

// List returns the snapshot files, newest first: by term, then by index. Files whose names are not exactly a snapshot's are left out,
// and told to the logger. What is in the files is not looked at.
func (s *Snapshotter) List() ([]File, error) {
	var files []File
	err := s.in(func(fsys disk.FS, dir string) (err error) {
		files, err = s.list(fsys, dir)
		return err
	})
	return files, err
}

// Load returns the newest snapshot that is intact. It does not know which of them the log has recorded: a node uses
// [Snapshotter.LoadNewestAvailable].
//
// A corrupt file, or one with another snapshot's name, is passed over, and never in silence: each is told to the logger and kept for
// [Snapshotter.Rejected]. If a newer one was rejected, the caller must make sure that the log still holds what lies between.
// A file that cannot be read is an error, not a reason to take an older one. With no file left, the error matches
// [ErrNoSnapshot], and what was rejected.
func (s *Snapshotter) Load() (*raftpb.Snapshot, error) {
	return s.load(func(File) bool { return true })
}

// LoadNewestAvailable is Load among the snapshots that the log has recorded, as wal.ValidSnapshotEntries returns them, in any
// order. Others are not looked at: the leftovers of a crash between writing the file and recording it, or between that and the
// commit; or files of which the log has lost its end. The logger is told of each that is newer than what is loaded.
func (s *Snapshotter) LoadNewestAvailable(recorded []*raftpb.SnapshotMetadata) (*raftpb.Snapshot, error) {
	type position struct{ term, index uint64 }
	wanted := map[position]bool{}
	for _, m := range recorded {
		wanted[position{m.GetTerm(), m.GetIndex()}] = true
	}
	return s.load(func(f File) bool { return wanted[position{f.Term, f.Index}] })
}

// Rejected returns the files that the last Load or LoadNewestAvailable passed over, newest first. Of several at once, the one that
// ended last is meant.
func (s *Snapshotter) Rejected() []Rejected {
	s.reading.Lock()
	defer s.reading.Unlock()
	return slices.Clone(s.rejected)
}

// in runs f on the folder.
func (s *Snapshotter) in(f func(fsys disk.FS, dir string) error) error {
	fsys, dir, release, err := openFolder(s.dir, s.opts.FS)
	if err != nil {
		return folderError(s.dir, err)
	}
	return errors.Join(f(fsys, dir), release())
}

// list lists the folder and tells of strange names.
func (s *Snapshotter) list(fsys disk.FS, dir string) ([]File, error) {
	files, strange, err := list(fsys, dir)
	if err != nil {
		return nil, folderError(s.dir, err)
	}
	for _, name := range strange {
		s.opts.Logger.Warn("file is no snapshot and is not read", "dir", s.dir, "file", name)
	}
	return files, nil
}

// folderError is the error for a folder that cannot be opened or listed. One that is not there holds no snapshot.
func folderError(dir string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // it names the folder again
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("snap: %s: %w: %w; check the path, or go on as without a snapshot if the node has never taken one", dir, ErrNoSnapshot, err)
	}
	return fmt.Errorf("snap: %s: %w; nothing is known about its snapshots until this succeeds", dir, err)
}

// load returns the newest intact snapshot among the wanted files.
func (s *Snapshotter) load(wanted func(File) bool) (*raftpb.Snapshot, error) {
	l := &loading{}
	err := s.in(func(fsys disk.FS, dir string) (err error) {
		for range attempts {
			l = &loading{Snapshotter: s, fsys: fsys, dir: dir}
			if err = l.newest(wanted); !errors.Is(err, errChanged) {
				return err
			}
		}
		return fmt.Errorf("snap: %s: %w", s.dir, err)
	})
	s.reading.Lock()
	defer s.reading.Unlock()
	s.rejected = l.rejected
	return l.found, err
}

// errChanged is what a load finds when the folder is changed meanwhile: an older file must not be taken for one that was there and
// is not, when there may be a newer one by now.
var errChanged = errors.New("a file that is listed cannot be found: a link leads nowhere, or others purge all the time; move it away, or stop them")

// loading is one attempt to load.
type loading struct {
	*Snapshotter
	fsys     disk.FS
	dir      string
	found    *raftpb.Snapshot
	rejected []Rejected
}

// newest loads the newest file that is wanted and intact. The folder is listed twice: what is renamed or removed while a folder is read can hide a name that
// was there all the time (readdir(3) leaves it open), and without the newest name an older snapshot would pass for it.
func (l *loading) newest(wanted func(File) bool) error {
	files, err := l.list(l.fsys, l.dir)
	if err != nil {
		return err
	}
	if again, _, err := list(l.fsys, l.dir); err != nil || !slices.Equal(files, again) {
		return cmp.Or(err, errChanged)
	}
	rest := 0 // files that are not wanted, and newer than what is found
	for _, f := range files {
		if !wanted(f) {
			l.opts.Logger.Warn("snapshot is not loaded: the log has not recorded it, or not committed", "dir", l.Snapshotter.dir, "file", f.Name)
			rest++
			continue
		}
		if err := l.try(f); l.found != nil || err != nil {
			return err
		}
	}
	return noSnapshot(l.Snapshotter.dir, l.rejected, rest)
}

// try loads a file, or rejects it.
func (l *loading) try(f File) error {
	begun := time.Now()
	snap, size, err := read(l.fsys, path.Join(l.dir, f.Name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", f.Name, errChanged)
	case errors.Is(err, ErrCorrupt):
		l.reject(f, err)
		if l.opts.RenameBroken {
			return l.setAside(f)
		}
		return nil
	case err != nil:
		return err
	}
	m := snap.GetMetadata()
	switch {
	case m.GetTerm() != f.Term || m.GetIndex() != f.Index:
		l.reject(f, misnamed(f, m))
	case f.Index == 0:
		// Nobody writes a snapshot of nothing: saving one does nothing, as in etcd.
		l.reject(f, &CorruptError{File: f.Name, Reason: "its index is 0: there is nothing to take a snapshot of"})
	default:
		l.found = snap
		l.observe(OpLoad, f.Name, size, begun)
	}
	return nil
}

// reject notes a file that is passed over, and tells.
func (l *loading) reject(f File, err error) {
	l.rejected = append(l.rejected, Rejected{File: f.Name, Err: err})
	l.opts.Logger.Warn("snapshot is passed over", "dir", l.Snapshotter.dir, "file", f.Name, "error", err)
	l.observe(OpReject, f.Name, 0, time.Now())
}

// setAside renames a corrupt file. It looks at it again, with nobody beside it who saves: a good file of that name may be there by
// now. Where another process saves, the file is left for the next load.
func (l *loading) setAside(f File) error {
	err := l.change(false, func(fsys disk.FS, dir string) error {
		tmp := path.Join(dir, temporary)
		held, err := create(fsys, tmp)
		if err != nil {
			return err
		}
		_, _, err = read(fsys, path.Join(dir, f.Name))
		switch {
		case errors.Is(err, ErrCorrupt):
			err = l.renameBroken(fsys, dir, f.Name)
		case err == nil, errors.Is(err, fs.ErrNotExist):
			err = errChanged
		}
		return errors.Join(err, remove(fsys, tmp), held.Close())
	})
	if err != nil && !errors.Is(err, disk.ErrLocked) {
		return fmt.Errorf("snap: rename %s: %w; or load without RenameBroken", f.Name, err)
	}
	return nil
}

// renameBroken moves a corrupt file out of the way, durably, and replaces none that was moved before.
func (s *Snapshotter) renameBroken(fsys disk.FS, dir, name string) error {
	to := path.Join(dir, name+broken)
	for n := 1; ; n++ {
		taken, err := exists(fsys, to)
		if err != nil {
			return err
		}
		if !taken {
			break
		}
		to = fmt.Sprintf("%s.%d", path.Join(dir, name+broken), n)
	}
	if err := fsys.Rename(path.Join(dir, name), to); err != nil {
		return err
	}
	return s.syncDir(fsys, dir)
}
