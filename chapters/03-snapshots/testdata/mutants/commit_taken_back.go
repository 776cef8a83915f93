// A lower commit is believed: what was committed before may be overwritten. Seen by
// I14.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) hardState(s *raftpb.HardState) error {
	if r.waiting && s.GetTerm() < r.trail.at(r.trail.last()) {
		r.revert() // it was written by a node that knew nothing of the snapshot
	}
	if reason := stepBack(s, r.state); reason != "" {
		return fmt.Errorf("%s", reason)
	}
	r.state, r.commit = s, s.GetCommit()
	if r.waiting && r.commit >= r.trail.base {
		r.waiting = false
	}
	return nil
}
