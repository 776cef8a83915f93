// Any hard state ends the waiting for a leader's snapshot, also one whose commit does
// not reach it: the node has died and voted, and its log is gone. Seen by I16.
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
	r.state, r.commit = s, max(r.commit, s.GetCommit())
	if r.waiting {
		r.waiting = false
	}
	return nil
}
