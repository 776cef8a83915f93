package snap

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// Snapshotter finds and loads the snapshots of a folder. It may be used by one goroutine at a time.
type Snapshotter struct {
	dir      string
	opts     Options
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
// order. Others are the leftovers of a crash between writing the file and recording it, and are not looked at.
func (s *Snapshotter) LoadNewestAvailable(recorded []*raftpb.SnapshotMetadata) (*raftpb.Snapshot, error) {
	type position struct{ term, index uint64 }
	wanted := map[position]bool{}
	for _, m := range recorded {
		wanted[position{m.GetTerm(), m.GetIndex()}] = true
	}
	return s.load(func(f File) bool { return wanted[position{f.Term, f.Index}] })
}

// Rejected returns the files that the last Load or LoadNewestAvailable passed over, newest first.
func (s *Snapshotter) Rejected() []Rejected { return append([]Rejected(nil), s.rejected...) }

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
func (s *Snapshotter) load(wanted func(File) bool) (found *raftpb.Snapshot, err error) {
	s.rejected = nil
	others := 0 // files that are not wanted
	err = s.in(func(fsys disk.FS, dir string) error {
		files, err := s.list(fsys, dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			if !wanted(f) {
				others++
				continue
			}
			found, err = s.try(fsys, dir, f)
			if found != nil || err != nil {
				return err
			}
		}
		return noSnapshot(s.dir, s.rejected, others)
	})
	return found, err
}

// try loads a file, or rejects it: then both results are nil.
func (s *Snapshotter) try(fsys disk.FS, dir string, f File) (*raftpb.Snapshot, error) {
	snap, err := read(fsys, path.Join(dir, f.Name))
	switch {
	case errors.Is(err, fs.ErrNotExist): // purged since it was listed
		return nil, nil
	case errors.Is(err, ErrCorrupt):
		s.reject(f, err)
		if s.opts.RenameBroken {
			return nil, renameBroken(fsys, dir, f.Name)
		}
		return nil, nil
	case err != nil:
		return nil, err
	}
	if m := snap.GetMetadata(); m.GetTerm() != f.Term || m.GetIndex() != f.Index {
		s.reject(f, fmt.Errorf("snap: %s: %w: it holds term %d, index %d; give it back its name, or move it away", f.Name, ErrName, m.GetTerm(), m.GetIndex()))
		return nil, nil
	}
	if f.Index == 0 {
		// Nobody writes a snapshot of nothing: saving one does nothing, as in etcd.
		s.reject(f, &CorruptError{File: f.Name, Reason: "its index is 0: there is nothing to take a snapshot of"})
		return nil, nil
	}
	return snap, nil
}

// reject notes a file that is passed over, and tells.
func (s *Snapshotter) reject(f File, err error) {
	s.rejected = append(s.rejected, Rejected{File: f.Name, Err: err})
	s.opts.Logger.Warn("snapshot is passed over", "dir", s.dir, "file", f.Name, "error", err)
}

// renameBroken moves a corrupt file out of the way, durably, and replaces none that was moved before.
func renameBroken(fsys disk.FS, dir, name string) error {
	to := path.Join(dir, name+broken)
	for n := 1; ; n++ {
		taken, err := exists(fsys, to)
		if err != nil {
			return fmt.Errorf("snap: rename %s: %w", name, err)
		}
		if !taken {
			break
		}
		to = fmt.Sprintf("%s.%d", path.Join(dir, name+broken), n)
	}
	if err := fsys.Rename(path.Join(dir, name), to); err != nil {
		return fmt.Errorf("snap: rename %s: %w", name, err)
	}
	if err := fsys.SyncDir(dir); err != nil {
		return fmt.Errorf("snap: rename %s: %w", name, err)
	}
	return nil
}
