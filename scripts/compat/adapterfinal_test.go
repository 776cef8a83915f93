package compat

import (
	"errors"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/chapters/03-snapshots/snapshotstest"
	"example.com/logbook/final/disk"
	finalsnap "example.com/logbook/final/snap"
	finalwal "example.com/logbook/final/wal"
)

// finalSnaps is final/snap's Snapshotter.
type finalSnaps struct{ *finalsnap.Snapshotter }

func newFinalSnaps(fsys disk.FS, dir string) finalSnaps {
	return finalSnaps{finalsnap.New(dir, &finalsnap.Options{FS: fsys, RenameBroken: true})}
}

// PassedOver is what Rejected says.
func (s finalSnaps) PassedOver() (errs []error) {
	for _, r := range s.Rejected() {
		errs = append(errs, r.Err)
	}
	return errs
}

// finalThree is final as the suite of chapter 3 knows an implementation.
func finalThree() snapshotstest.Implementation {
	return snapshotstest.Implementation{
		Create: func(fsys disk.FS, dir string, metadata []byte, size int64) (snapshotstest.WAL, error) {
			w, err := finalwal.Create(dir, metadata, finalOptions(fsys, size))
			if err != nil {
				return nil, err
			}
			return w, nil
		},
		Open: func(fsys disk.FS, dir string, at *raftpb.SnapshotMetadata, size int64) (snapshotstest.WAL, error) {
			w, err := finalwal.Open(dir, at, finalOptions(fsys, size))
			if err != nil {
				return nil, err
			}
			return w, nil
		},
		Repair: func(fsys disk.FS, dir string) error {
			_, err := finalwal.Repair(dir, finalOptions(fsys, 1<<14))
			return err
		},
		New: func(fsys disk.FS, dir string) snapshotstest.Snapshotter { return newFinalSnaps(fsys, dir) },
		Valid: func(fsys disk.FS, dir string) ([]*raftpb.SnapshotMetadata, error) {
			return finalwal.ValidSnapshotEntries(dir, &finalwal.Options{FS: fsys})
		},
		Match: func(fsys disk.FS, dir, folder string) (*raftpb.Snapshot, error) {
			recorded, err := finalwal.ValidSnapshotEntries(dir, &finalwal.Options{FS: fsys})
			if err != nil {
				return nil, err
			}
			s, err := newFinalSnaps(fsys, folder).LoadNewestAvailable(recorded)
			if errors.Is(err, finalsnap.ErrNoSnapshot) {
				return nil, nil
			}
			return s, err
		},
		ErrRefused: finalwal.ErrRefused, ErrSliceOutOfRange: finalwal.ErrSliceOutOfRange,
		ErrSnapshotNotFound: finalwal.ErrSnapshotNotFound, ErrSnapshotMismatch: finalwal.ErrSnapshotMismatch,
		ErrMetadataConflict: finalwal.ErrMetadataConflict, ErrNotRead: finalwal.ErrNotRead, ErrRead: finalwal.ErrRead,
		ErrClosed: finalwal.ErrClosed, ErrNoSnapshot: finalsnap.ErrNoSnapshot, ErrCorrupt: finalsnap.ErrCorrupt,
		ErrName: finalsnap.ErrName, ErrLogCorrupt: finalwal.ErrCorrupt, ErrTorn: finalwal.ErrTorn,
	}
}
