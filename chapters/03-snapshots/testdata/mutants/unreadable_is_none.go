// Whatever keeps a snapshot from being loaded, a log that has its beginning is
// started without one: also when the file could only not be read. Seen by I29.
//
//course:mutant 3.6
package snapshots

import (
	"fmt"
	"slices"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

func Match(fsys disk.FS, dir string, s *Snapshotter) (*raftpb.Snapshot, error) {
	valid, err := ValidSnapshotEntries(fsys, dir)
	if err != nil {
		return nil, err
	}
	snap, err := s.LoadNewestAvailable(valid)
	if err != nil {
		if slices.ContainsFunc(valid, func(m *raftpb.SnapshotMetadata) bool { return m.GetIndex() == 0 }) {
			return nil, nil
		}
		return nil, fmt.Errorf("snapshots: the log in %s does not reach back to its beginning: %w", dir, err)
	}
	return snap, err
}
