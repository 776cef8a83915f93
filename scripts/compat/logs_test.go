package compat

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
	finalsnap "example.com/logbook/final/snap"
	finalwal "example.com/logbook/final/wal"
)

// ourLog is a log of this project.
type ourLog interface {
	saver
	ReadAll() ([]byte, *raftpb.HardState, []*raftpb.Entry, error)
	ReleaseLockTo(uint64) error
	Purge() error
	Close() error
}

// ourSnaps is a Snapshotter of this project.
type ourSnaps interface {
	SaveSnap(*raftpb.Snapshot) error
	Load() (*raftpb.Snapshot, error)
}

// preparer is a log that makes its next segment's file ahead when told to.
type preparer interface{ Prepare() error }

// kind is an implementation of this project, on a disk with a folder for the log
// and one for the snapshots.
type kind struct {
	name   string
	create func(fsys disk.FS, metadata []byte, size int64) (ourLog, error)
	open   func(fsys disk.FS, at *raftpb.SnapshotMetadata, size int64) (ourLog, error)
	valid  func(fsys disk.FS) ([]*raftpb.SnapshotMetadata, error)
	repair func(fsys disk.FS) error
	snaps  func(fsys disk.FS) ourSnaps

	// newest is the snapshot to start from, nil if there is none.
	newest func(fsys disk.FS) (*raftpb.Snapshot, error)

	// forgets tells whether a leader's snapshot may be abandoned.
	forgets bool
}

// chapter3 is the simple way.
var chapter3 = kind{
	name: "chapter3",
	create: func(fsys disk.FS, metadata []byte, size int64) (ourLog, error) {
		return orNone(snapshots.Create(fsys, logDir, metadata, &snapshots.Options{SegmentSize: size}))
	},
	open: func(fsys disk.FS, at *raftpb.SnapshotMetadata, size int64) (ourLog, error) {
		return orNone(snapshots.Open(fsys, logDir, at, &snapshots.Options{SegmentSize: size}))
	},
	valid: func(fsys disk.FS) ([]*raftpb.SnapshotMetadata, error) {
		return snapshots.ValidSnapshotEntries(fsys, logDir)
	},
	newest: func(fsys disk.FS) (*raftpb.Snapshot, error) {
		return snapshots.Match(fsys, logDir, snapshots.New(fsys, snapDir))
	},
	repair: func(fsys disk.FS) error {
		_, err := segments.Repair(fsys, logDir)
		return err
	},
	snaps: func(fsys disk.FS) ourSnaps { return snapshots.New(fsys, snapDir) },
}

// final is the log to bet on.
var final = kind{
	name: "final",
	create: func(fsys disk.FS, metadata []byte, size int64) (ourLog, error) {
		return orNone(finalwal.Create(logDir, metadata, finalOptions(fsys, size)))
	},
	open: func(fsys disk.FS, at *raftpb.SnapshotMetadata, size int64) (ourLog, error) {
		return orNone(finalwal.Open(logDir, at, finalOptions(fsys, size)))
	},
	valid: func(fsys disk.FS) ([]*raftpb.SnapshotMetadata, error) {
		return finalwal.ValidSnapshotEntries(logDir, &finalwal.Options{FS: fsys})
	},
	newest: func(fsys disk.FS) (*raftpb.Snapshot, error) {
		recorded, err := finalwal.ValidSnapshotEntries(logDir, &finalwal.Options{FS: fsys})
		if err != nil {
			return nil, err
		}
		s, err := finalsnap.New(snapDir, &finalsnap.Options{FS: fsys}).LoadNewestAvailable(recorded)
		if errors.Is(err, finalsnap.ErrNoSnapshot) {
			return nil, nil
		}
		return s, err
	},
	repair: func(fsys disk.FS) error {
		_, err := finalwal.Repair(logDir, finalOptions(fsys, 1<<14))
		return err
	},
	snaps:   func(fsys disk.FS) ourSnaps { return finalsnap.New(snapDir, &finalsnap.Options{FS: fsys}) },
	forgets: true,
}

// finalOptions are those of a log on a simulated disk.
func finalOptions(fsys disk.FS, size int64) *finalwal.Options {
	return &finalwal.Options{FS: fsys, SegmentSize: size, NoBackground: true}
}

// orNone is an interface that is nil where there is no log.
func orNone[L interface {
	comparable
	ourLog
}](w L, err error) (ourLog, error) {
	var none L
	if w == none {
		return nil, err
	}
	return w, err
}

// added returns the records that a segment has in ours beyond those that it has in
// etcd's log, each without its checksum.
func added(name string, ours, etcds files) []string {
	a, b := recordsOf(name, ours[name]), recordsOf(name, etcds[name])
	if len(a) < len(b) || !slices.Equal(a[:len(b)], b) {
		return []string{fmt.Sprintf("the two differ: %v and %v", a, b)}
	}
	var more []string
	for _, text := range a[len(b):] {
		var typ, crc, data string
		fmt.Sscan(text, &typ, &crc, &data)
		more = append(more, path.Join(typ, data))
	}
	return more
}

// starting returns what added may say of the record of a start: it may have been
// recorded more than once, with other members.
func (n *node) starting(at *raftpb.SnapshotMetadata) []string {
	var texts []string
	for _, m := range n.recorded {
		if m.GetIndex() != at.GetIndex() || m.GetTerm() != at.GetTerm() {
			continue
		}
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(record(m))
		texts = append(texts, fmt.Sprintf("5/%x", b))
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	return texts
}
