package compat

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"

	"example.com/logbook/chapters/03-snapshots/snapshotstest"
	"example.com/logbook/final/disk"
)

// mirrors are the real folders in which etcd works on behalf of a folder of a
// simulated disk. What a call changes is copied back and made durable, whatever
// etcd synced: so nothing can be asked about durability.
type mirrors struct {
	mu   sync.Mutex // etcd's size of segments is one variable: one call at a time
	root string
	made map[mirrored]*mirror
}

type mirrored struct {
	fsys disk.FS
	dir  string
}

// mirror is one real folder; open counts the logs that are open in it.
type mirror struct {
	mirrored
	all  *mirrors
	real string
	open int

	// locks are held on the simulated disk for those that etcd holds.
	locks map[string]disk.File
}

// call makes a call of etcd's on a folder of a simulated disk.
func (m *mirrors) call(fsys disk.FS, dir string, size int64, do func(*mirror) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if size != 0 {
		wal.SegmentSizeBytes = size
	}
	key := mirrored{fsys, dir}
	at := m.made[key]
	if at == nil {
		real, err := os.MkdirTemp(m.root, "")
		if err != nil {
			return err
		}
		at = &mirror{mirrored: key, all: m, real: filepath.Join(real, "dir"), locks: map[string]disk.File{}}
		m.made[key] = at
	}
	if at.open == 0 {
		if err := at.out(); err != nil {
			return err
		}
	}
	defer func() {
		if at.open == 0 {
			delete(m.made, key)
		}
	}()
	err := do(at)
	return errors.Join(err, at.back())
}

// out copies the simulated folder to the real one.
func (m *mirror) out() error {
	f, err := simFiles(m.fsys, m.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return os.RemoveAll(m.real)
	}
	if err != nil {
		return err
	}
	return putReal(m.real, f)
}

// back copies what has changed to the simulated folder.
func (m *mirror) back() error {
	f, err := realFiles(m.real)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	old, err := simFiles(m.fsys, m.dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = m.fsys.Mkdir(m.dir, disk.DirMode)
	}
	if err != nil {
		return err
	}
	changed := old == nil
	for _, names := range []files{f, old} { // spares come and go beside the calls
		maps.DeleteFunc(names, func(name string, _ []byte) bool { return strings.HasSuffix(name, ".tmp") })
	}
	for name, b := range f {
		if was, ok := old[name]; ok && string(was) == string(b) {
			continue
		}
		changed = true
		if err := putFile(m.fsys, path.Join(m.dir, name), b); err != nil {
			return err
		}
	}
	for name := range old {
		if _, ok := f[name]; !ok {
			changed = true
			if err := m.fsys.Remove(path.Join(m.dir, name)); err != nil {
				return err
			}
		}
	}
	if changed {
		err = errors.Join(m.fsys.SyncDir(m.dir), m.fsys.SyncDir("."))
	}
	return errors.Join(err, m.lock(f.names("")))
}

// lock makes the locks on the simulated disk what they are in the real folder.
func (m *mirror) lock(names []string) error {
	for _, name := range names {
		l, err := fileutil.TryLockFile(filepath.Join(m.real, name), os.O_WRONLY, disk.FileMode)
		if err == nil {
			err = l.Close()
			if held := m.locks[name]; held != nil {
				err = errors.Join(err, held.Close())
				delete(m.locks, name)
			}
		} else if errors.Is(err, fileutil.ErrLocked) && m.locks[name] == nil {
			var held disk.File
			if held, err = m.fsys.Open(path.Join(m.dir, name), os.O_RDWR, 0); err == nil {
				m.locks[name], err = held, held.Lock()
			}
		} else {
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// adapted is an etcd log as the suite of chapter 3 knows one.
type adapted struct {
	*wal.WAL
	m    *mirror
	size int64
}

func (a *adapted) call(do func() error) error {
	return a.m.all.call(a.m.fsys, a.m.dir, a.size, func(*mirror) error { return do() })
}

func (a *adapted) Save(state *raftpb.HardState, ents []*raftpb.Entry) error {
	return a.call(func() error { return a.WAL.Save(state, ents) })
}

func (a *adapted) SaveSnapshot(m *raftpb.SnapshotMetadata) error {
	return a.call(func() error { return a.WAL.SaveSnapshot(record(m)) })
}

func (a *adapted) Sync() error { return a.call(a.WAL.Sync) }

func (a *adapted) Close() error {
	return a.call(func() error {
		a.m.open = max(a.m.open-1, 0)
		return a.WAL.Close()
	})
}

// ReadAll returns a copy: etcd keeps what it returns.
func (a *adapted) ReadAll() (metadata []byte, state *raftpb.HardState, ents []*raftpb.Entry, err error) {
	err = a.call(func() (err error) {
		metadata, state, ents, err = a.WAL.ReadAll()
		return err
	})
	return metadata, state, ents, err
}

func (a *adapted) ReleaseLockTo(index uint64) error {
	return a.call(func() error { return a.WAL.ReleaseLockTo(index) })
}

// Purge is etcd's server's, which removes in the background what is not locked.
func (a *adapted) Purge() error {
	return a.call(func() error {
		names, err := namesOf(a.m.real)
		for _, name := range names {
			l, locked := fileutil.TryLockFile(filepath.Join(a.m.real, name), os.O_WRONLY, disk.FileMode)
			if locked != nil {
				break
			}
			err = errors.Join(err, os.Remove(l.Name()), l.Close())
		}
		return err
	})
}

// adaptedSnaps is etcd's Snapshotter.
type adaptedSnaps struct {
	all  *mirrors
	fsys disk.FS
	dir  string
}

func (a adaptedSnaps) call(do func(*snap.Snapshotter) error) error {
	return a.all.call(a.fsys, a.dir, 0, func(m *mirror) error { return do(snap.New(zap.NewNop(), m.real)) })
}

func (a adaptedSnaps) SaveSnap(s *raftpb.Snapshot) error {
	return a.call(func(e *snap.Snapshotter) error { return e.SaveSnap(s) })
}

func (a adaptedSnaps) Load() (s *raftpb.Snapshot, err error) {
	err = a.call(func(e *snap.Snapshotter) (err error) { s, err = e.Load(); return err })
	return s, err
}

func (a adaptedSnaps) LoadNewestAvailable(recorded []*raftpb.SnapshotMetadata) (s *raftpb.Snapshot, err error) {
	var list []*walpb.Snapshot
	for _, m := range recorded {
		list = append(list, record(m))
	}
	err = a.call(func(e *snap.Snapshotter) (err error) { s, err = e.LoadNewestAvailable(list); return err })
	return s, err
}

// PassedOver is not told by etcd, except to its logger.
func (a adaptedSnaps) PassedOver() []error { return nil }

// errNever is what etcd has no error for.
var errNever = errors.New("etcd has no such error")

// etcdThree is etcd as the suite of chapter 3 knows an implementation.
func etcdThree(all *mirrors) snapshotstest.Implementation {
	take := func(m *mirror, w *wal.WAL, size int64, err error) (*adapted, error) {
		if err != nil {
			return nil, err
		}
		m.open++
		return &adapted{w, m, size}, nil
	}
	valid := func(fsys disk.FS, dir string) (list []*raftpb.SnapshotMetadata, err error) {
		err = all.call(fsys, dir, 0, func(m *mirror) error {
			found, err := wal.ValidSnapshotEntries(zap.NewNop(), m.real)
			for _, s := range found {
				list = append(list, &raftpb.SnapshotMetadata{Index: s.Index, Term: s.Term, ConfState: s.ConfState})
			}
			return err
		})
		return list, err
	}
	return snapshotstest.Implementation{
		Create: func(fsys disk.FS, dir string, metadata []byte, size int64) (snapshotstest.WAL, error) {
			var a *adapted
			err := all.call(fsys, dir, size, func(m *mirror) (err error) {
				w, err := wal.Create(nil, m.real, metadata)
				a, err = take(m, w, size, err)
				return err
			})
			return orNil(a, err)
		},
		Open: func(fsys disk.FS, dir string, at *raftpb.SnapshotMetadata, size int64) (snapshotstest.WAL, error) {
			var a *adapted
			err := all.call(fsys, dir, size, func(m *mirror) (err error) {
				w, err := wal.Open(nil, m.real, record(at))
				a, err = take(m, w, size, err)
				return err
			})
			return orNil(a, err)
		},
		Repair: func(fsys disk.FS, dir string) error {
			return all.call(fsys, dir, 0, func(m *mirror) error {
				if !wal.Repair(nil, m.real) {
					return fmt.Errorf("Repair says no: %w", wal.ErrCRCMismatch)
				}
				return nil
			})
		},
		New:   func(fsys disk.FS, dir string) snapshotstest.Snapshotter { return adaptedSnaps{all, fsys, dir} },
		Valid: valid,
		Match: func(fsys disk.FS, dir, folder string) (*raftpb.Snapshot, error) {
			list, err := valid(fsys, dir)
			if err != nil {
				return nil, err
			}
			s, err := adaptedSnaps{all, fsys, folder}.LoadNewestAvailable(list)
			if errors.Is(err, snap.ErrNoSnapshot) {
				return nil, nil
			}
			return s, err
		},
		ErrRefused: errNever, ErrSliceOutOfRange: wal.ErrSliceOutOfRange, ErrSnapshotNotFound: wal.ErrSnapshotNotFound,
		ErrSnapshotMismatch: wal.ErrSnapshotMismatch, ErrMetadataConflict: wal.ErrMetadataConflict,
		ErrNotRead: errNever, ErrRead: wal.ErrDecoderNotFound, ErrClosed: os.ErrClosed, ErrNoSnapshot: snap.ErrNoSnapshot,
		ErrCorrupt: snap.ErrCRCMismatch, ErrName: errNever, ErrLogCorrupt: wal.ErrCRCMismatch, ErrTorn: io.ErrUnexpectedEOF,
	}
}

// orNil is an interface that is nil where there is no log.
func orNil(a *adapted, err error) (snapshotstest.WAL, error) {
	if a == nil {
		return nil, err
	}
	return a, err
}

func newMirrors(root string) *mirrors {
	return &mirrors{root: root, made: map[mirrored]*mirror{}}
}
