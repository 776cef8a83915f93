package snapshots

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// Snapshotter saves snapshots to the files of a folder, and loads them. It is
// for one goroutine.
type Snapshotter struct {
	fsys disk.FS
	dir  string

	// passed are the reasons for which the last load did not take newer files.
	passed []error
}

// New returns a Snapshotter for a folder, which exists, and durably so. Nothing
// is opened before it is used.
func New(fsys disk.FS, dir string) *Snapshotter { return &Snapshotter{fsys: fsys, dir: dir} }

// SaveSnap saves a snapshot, durably, in a file that its term and index name. A
// crash leaves that file whole or not at all, and so does a failure; a file of the
// same name from before is replaced or untouched. Whatever the disk refuses is an
// error, Close included; no temporary file stays, and none open, and one that a
// crash has left is used or removed by the next SaveSnap. A snapshot of index 0 is
// one of nothing, and nothing is saved.
//
// The file does not count before the log has recorded it: call
// [WAL.SaveSnapshot] next.
//
//course:exercise 3.3
func (s *Snapshotter) SaveSnap(snap *raftpb.Snapshot) error {
	if raft.IsEmptySnap(snap) {
		return nil
	}
	name, tmp := formatName(at(snap.GetMetadata())), path.Join(s.dir, temporary)
	b, err := encode(snap)
	if err == nil {
		err = s.write(tmp, b)
	}
	if err == nil {
		err = s.fsys.Rename(tmp, path.Join(s.dir, name))
	}
	if err != nil {
		if gone := s.fsys.Remove(tmp); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("snapshots: save %s: %w", name, err)
	}
	// The bytes are durable, the name is not: a crash could leave a record
	// without its file, and the log before it removed (etcd#22340).
	if err := s.fsys.SyncDir(s.dir); err != nil {
		return fmt.Errorf("snapshots: save %s: %w", name, err)
	}
	return nil
}

// write makes a file of these bytes, durable but for its name. A new one is for its
// owner alone ([disk.FileMode]). One that is there is emptied first: it may be
// longer. It is closed in any case, and an error of
// Close is one of write: a file system may tell only then what it could not keep
// (close(2)).
//
//course:exercise 3.3
func (s *Snapshotter) write(name string, b []byte) error {
	f, err := s.fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// Load returns the newest snapshot that is whole. It does not ask the log, so a
// node uses [Match] instead.
//
// A file that is corrupt is set aside, as NAME.broken, and an older one is taken;
// if it cannot be, that is an error. One whose content has another term or index
// than its name, or index 0, is passed over and not touched.
// [Snapshotter.PassedOver] tells of both. A file that cannot be read may be good: it
// is an error, is not touched, and no older one is taken. One that is gone since the
// folder was listed is skipped: somebody has removed it, and PassedOver does not tell
// of it. Where none is left, the
// error matches [ErrNoSnapshot] and each that was passed over.
func (s *Snapshotter) Load() (*raftpb.Snapshot, error) {
	return s.load(func(position) bool { return true })
}

// LoadNewestAvailable is Load among the snapshots that the log has recorded, in
// any order, as [ValidSnapshotEntries] returns them. A file that is not among
// them was left by a crash before its record was written, and is not looked at.
//
//course:exercise 3.6
func (s *Snapshotter) LoadNewestAvailable(recorded []*raftpb.SnapshotMetadata) (*raftpb.Snapshot, error) {
	known := map[position]bool{}
	for _, m := range recorded {
		known[at(m)] = true
	}
	return s.load(func(p position) bool { return known[p] })
}

// PassedOver returns why the last Load, LoadNewestAvailable or [Match] did not
// take newer files, newest first: each is a [*CorruptError], or matches [ErrName].
// If there is any, the log must still hold what came before that snapshot; opening
// it shows whether it does.
func (s *Snapshotter) PassedOver() []error { return slices.Clone(s.passed) }

// load returns the newest whole snapshot among the wanted, as [Snapshotter.Load]
// does among all. passed is that of this load alone.
//
//course:exercise 3.4
func (s *Snapshotter) load(wanted func(position) bool) (*raftpb.Snapshot, error) {
	s.passed = nil
	names, err := s.names()
	if err != nil {
		return nil, fmt.Errorf("snapshots: %w", err)
	}
	for _, name := range slices.Backward(names) {
		p, _ := parseName(name)
		if !wanted(p) {
			continue
		}
		snap, err := s.read(name, p)
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed since it was listed
			continue
		case errors.Is(err, ErrCorrupt):
			s.passed = append(s.passed, err)
			err = setAside(s.fsys, s.dir, name)
		case errors.Is(err, ErrName):
			s.passed = append(s.passed, err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("snapshots: load %s: %w", name, err)
		}
		if snap != nil {
			return snap, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("snapshots: %s: %w", s.dir, ErrNoSnapshot), errors.Join(s.passed...))
}

// read returns the snapshot in a file, which is to be the one at p. Its error is
// a [*CorruptError] if the bytes prove that they were damaged, matches [ErrName]
// if they are another snapshot's, and is the disk's if they could not be had.
func (s *Snapshotter) read(name string, p position) (*raftpb.Snapshot, error) {
	b, err := readFile(s.fsys, path.Join(s.dir, name))
	if err != nil {
		return nil, err
	}
	snap, err := decode(b)
	if err != nil {
		return nil, &CorruptError{File: name, Reason: err.Error()}
	}
	if is := at(snap.GetMetadata()); is != p || p.index == 0 {
		return nil, fmt.Errorf("snapshots: %s: %w: it holds term %d, index %d", name, ErrName, is.term, is.index)
	}
	return snap, nil
}

// names returns the names of the snapshot files, oldest first. A folder is none,
// whatever it is called, nor is a name that is not exact.
func (s *Snapshotter) names() ([]string, error) {
	entries, err := s.fsys.List(s.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if _, ok := parseName(e.Name()); ok && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
