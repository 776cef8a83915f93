package snap

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"time"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// Purge removes snapshot files that are older than the one that the node would start from, all but the newest of them: with it, keep
// files stay. A keep below 1 is 1; etcd's server keeps 5.
//
// Recorded is that snapshot: one that the log has recorded and committed, as wal.ValidSnapshotEntries returns them. The newest file
// need not be one: a crash before its record leaves a file that the log does not know, and if the others were removed for it, the
// node could not start again. So Purge removes nothing before it has read the recorded one's file and found it whole, and durable.
// Of older files only the names are counted: keep says how many stay, not how many of them can be loaded, or are recorded. Of those that
// stay, wal.ReleaseLockTo takes the index of the oldest that the log has recorded: the node can start from it while the log behind it is there.
//
// Newer files are not touched, nor is any whose name is not exactly a snapshot's (NAME.broken, etcd's databases), nor what is no
// regular file. For nil, or index 0, nothing is removed.
//
// Call it after the snapshot was saved, recorded, and its log released. Files go oldest first; one that is gone already is done, and
// so is the temporary file that a crash has left. An error ends it, and the next Purge goes on. It may run beside anything else,
// also in another process: who loads a file that is being purged looks for the newest again.
func (s *Snapshotter) Purge(recorded *raftpb.SnapshotMetadata, keep int) error {
	if recorded.GetIndex() == 0 {
		return nil
	}
	first := File{fileName(recorded.GetTerm(), recorded.GetIndex()), recorded.GetTerm(), recorded.GetIndex()}
	err := s.change(false, func(fsys disk.FS, dir string) error { return s.purge(fsys, dir, first, keep) })
	if err != nil {
		return fmt.Errorf("snap: purge %s before %s: %w; %s", s.dir, first.Name, err, purgeRemedy(err))
	}
	return nil
}

// purge removes what is older than the first.
func (s *Snapshotter) purge(fsys disk.FS, dir string, first File, keep int) error {
	if err := removeLeftover(fsys, path.Join(dir, temporary)); err != nil && !errors.Is(err, disk.ErrLocked) && !errors.Is(err, disk.ErrIrregular) {
		return err
	}
	files, _, err := list(fsys, dir)
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f File) bool { return f.Name >= first.Name })
	files = files[min(max(keep, 1)-1, len(files)):]
	if len(files) == 0 {
		return nil
	}
	if err := vouch(fsys, dir, first); err != nil {
		return err
	}
	// A file that was renamed, or that etcd has written, may be there only until the power goes.
	if err := s.syncDir(fsys, dir); err != nil {
		return err
	}
	for _, f := range slices.Backward(files) {
		if err = s.removeOld(fsys, dir, f); err != nil {
			break
		}
	}
	// One sync for all: whichever of them a crash brings back, the one that counts is there.
	return errors.Join(err, s.syncDir(fsys, dir))
}

// removeOld removes one file.
func (s *Snapshotter) removeOld(fsys disk.FS, dir string, f File) error {
	begun, name := time.Now(), path.Join(dir, f.Name)
	if err := regular(fsys, name); errors.Is(err, disk.ErrIrregular) {
		s.opts.Logger.Warn("snapshot is no regular file and is not purged", "dir", s.dir, "file", f.Name)
		return nil
	} else if err != nil {
		return err
	}
	if err := remove(fsys, name); err != nil {
		return err
	}
	s.opts.Logger.Info("snapshot is purged", "dir", s.dir, "file", f.Name)
	s.observe(OpPurge, f.Name, 0, begun)
	return nil
}

// vouch makes sure that a file is whole, holds the snapshot that its name says, and will be there after a crash. Its data goes
// through a buffer.
func vouch(fsys disk.FS, dir string, file File) (err error) {
	f, err := fsys.Open(path.Join(dir, file.Name), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return err
	}
	m, corrupt, err := inspect(f, size)
	switch {
	case err != nil:
		return err
	case corrupt != nil:
		return &CorruptError{File: file.Name, Reason: corrupt.Error()}
	case m.GetTerm() != file.Term || m.GetIndex() != file.Index:
		return misnamed(file, m)
	}
	return f.Sync()
}
