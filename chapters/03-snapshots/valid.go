package snapshots

import (
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/raft/v3/raftpb"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// ValidSnapshotEntries returns the snapshots that the log in dir can be opened
// at, in the order in which they were recorded, as often as they were: those up to
// the commit of the last hard state. One beyond it came from the leader, and was
// never relied on.
// The log's beginning is among them, as the snapshot of index 0, until its first
// segment is removed.
//
// Nothing is locked or changed. A torn end is no error: what is torn was promised
// to nobody. Any other error of [segments.Read] is returned, and no snapshot.
//
//course:exercise 3.5
func ValidSnapshotEntries(fsys disk.FS, dir string) ([]*raftpb.SnapshotMetadata, error) {
	var found []*raftpb.SnapshotMetadata
	var commit uint64
	for rec, err := range segments.Read(fsys, dir) {
		switch {
		case errors.Is(err, segments.ErrTorn):
			continue
		case err != nil:
			return nil, err
		}
		switch rec.Type {
		case records.TypeSnapshot:
			m, err := parseSnapshot(rec.Data)
			if err != nil {
				return nil, corrupt(rec, err)
			}
			found = append(found, m)
		case records.TypeState:
			s := &raftpb.HardState{}
			if err := parse(rec.Data, s); err != nil {
				return nil, corrupt(rec, err)
			}
			commit = s.GetCommit()
		}
	}
	return slices.DeleteFunc(found, func(m *raftpb.SnapshotMetadata) bool { return m.GetIndex() > commit }), nil
}

// Match returns the snapshot that a node starts from: the newest that both the
// log in dir and the folder of s know. Open the log at its metadata. It is nil,
// with no error, when they have none in common and the log reaches back to its
// beginning.
//
// A log whose beginning was removed needs a snapshot: if none is whole, the error
// matches [ErrNoSnapshot], and the node must not be started empty. Other errors
// are those of [ValidSnapshotEntries] and [Snapshotter.LoadNewestAvailable]: what
// cannot be read is never taken for what is not there.
//
//course:exercise 3.6
func Match(fsys disk.FS, dir string, s *Snapshotter) (*raftpb.Snapshot, error) {
	valid, err := ValidSnapshotEntries(fsys, dir)
	if err != nil {
		return nil, err
	}
	snap, err := s.LoadNewestAvailable(valid)
	if errors.Is(err, ErrNoSnapshot) {
		if slices.ContainsFunc(valid, func(m *raftpb.SnapshotMetadata) bool { return m.GetIndex() == 0 }) {
			return nil, nil
		}
		return nil, fmt.Errorf("snapshots: the log in %s does not reach back to its beginning: %w", dir, err)
	}
	return snap, err
}
