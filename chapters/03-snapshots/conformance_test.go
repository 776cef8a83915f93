package snapshots_test

import (
	"embed"
	"testing"

	"go.etcd.io/raft/v3/raftpb"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/chapters/03-snapshots/snapshotstest"
	"example.com/logbook/chapters/course"
	"example.com/logbook/chapters/course/crashlab"
	"example.com/logbook/final/disk"
)

// sources are this package's own files: they tell which exercises still wait,
// and an edit to any of them makes go test run again.
//
//go:embed *.go
var sources embed.FS

// TestSnapshots puts this package to the chapter's suite.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	snapshotstest.Run(t, implementation())
}

// TestCrashLab puts this package to the chapter's crash lab.
func TestCrashLab(t *testing.T) {
	t.Parallel()
	snapshotstest.Crash(t, implementation())
}

// TestCrashSearch is the longer search of course crash, and skipped without it.
func TestCrashSearch(t *testing.T) {
	crashlab.Search(t, snapshotstest.Experiments(implementation()))
}

// implementation is this package as the suite sees it.
func implementation() snapshotstest.Implementation {
	return snapshotstest.Implementation{
		Create: func(fsys disk.FS, dir string, metadata []byte, size int64) (snapshotstest.WAL, error) {
			return wrap(snapshots.Create(fsys, dir, metadata, &snapshots.Options{SegmentSize: size}))
		},
		Open: func(fsys disk.FS, dir string, snap *raftpb.SnapshotMetadata, size int64) (snapshotstest.WAL, error) {
			return wrap(snapshots.Open(fsys, dir, snap, &snapshots.Options{SegmentSize: size}))
		},
		Repair: func(fsys disk.FS, dir string) error {
			_, err := segments.Repair(fsys, dir)
			return err
		},
		New:   func(fsys disk.FS, dir string) snapshotstest.Snapshotter { return snapshots.New(fsys, dir) },
		Valid: snapshots.ValidSnapshotEntries,
		Match: func(fsys disk.FS, dir, folder string) (*raftpb.Snapshot, error) {
			return snapshots.Match(fsys, dir, snapshots.New(fsys, folder))
		},
		ErrRefused:          snapshots.ErrRefused,
		ErrSliceOutOfRange:  snapshots.ErrSliceOutOfRange,
		ErrSnapshotNotFound: snapshots.ErrSnapshotNotFound,
		ErrSnapshotMismatch: snapshots.ErrSnapshotMismatch,
		ErrMetadataConflict: snapshots.ErrMetadataConflict,
		ErrNotRead:          snapshots.ErrNotRead,
		ErrRead:             snapshots.ErrRead,
		ErrClosed:           snapshots.ErrClosed,
		ErrNoSnapshot:       snapshots.ErrNoSnapshot,
		ErrCorrupt:          snapshots.ErrCorrupt,
		ErrName:             snapshots.ErrName,
		ErrLogCorrupt:       segments.ErrCorrupt,
		ErrTorn:             segments.ErrTorn,
		Waits:               course.Waiting(sources),
	}
}

// wrap is a log for the suite, or nil if there is none.
func wrap(w *snapshots.WAL, err error) (snapshotstest.WAL, error) {
	if w == nil {
		return nil, err
	}
	return w, err
}
