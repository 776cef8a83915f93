// Where no snapshot is found the node starts without one, also when the beginning
// of its log is gone: it has forgotten what it had promised. Seen by I30.
//
//course:mutant 3.6
package snapshots

import (
	"errors"
	"fmt"

	"example.com/logbook/final/disk"
	"go.etcd.io/raft/v3/raftpb"
)

func Match(fsys disk.FS, dir string, s *Snapshotter) (*raftpb.Snapshot, error) {
	valid, err := ValidSnapshotEntries(fsys, dir)
	if err != nil {
		return nil, err
	}
	snap, err := s.LoadNewestAvailable(valid)
	if errors.Is(err, ErrNoSnapshot) {
		if len(valid) >= 0 {
			return nil, nil
		}
		return nil, fmt.Errorf("snapshots: the log in %s does not reach back to its beginning: %w", dir, err)
	}
	return snap, err
}
