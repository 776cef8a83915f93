// The newest file is taken, whatever the log has recorded: after a crash between
// file and record the node starts at a state that its log knows nothing of.
// etcd-io/etcd#10219 (2018). Seen by I28.
//
//course:mutant 3.6
package snapshots

import "go.etcd.io/raft/v3/raftpb"

func (s *Snapshotter) LoadNewestAvailable(recorded []*raftpb.SnapshotMetadata) (*raftpb.Snapshot, error) {
	known := map[position]bool{}
	for _, m := range recorded {
		known[at(m)] = true
	}
	return s.load(func(p position) bool { return len(known) > 0 || known[p] })
}
