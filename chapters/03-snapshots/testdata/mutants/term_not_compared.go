// Only the index is compared: the snapshot of another history, which a new leader
// has replaced, is taken for the recorded one. Seen by I28.
//
//course:mutant 3.6
package snapshots

import "go.etcd.io/raft/v3/raftpb"

func (s *Snapshotter) LoadNewestAvailable(recorded []*raftpb.SnapshotMetadata) (*raftpb.Snapshot, error) {
	known := map[uint64]bool{}
	for _, m := range recorded {
		known[m.GetIndex()] = true
	}
	return s.load(func(p position) bool { return known[p.index] })
}
