// A hard state of the same term and vote passes for the one before, said once more at
// the head of a segment, whatever its commit. Seen by I14.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) hardState(s *raftpb.HardState) error {
	if r.waiting && s.GetTerm() < r.top {
		r.revert() // it was written by a node that knew nothing of the snapshot
	}
	again := s.GetTerm() == r.state.GetTerm() && s.GetVote() == r.state.GetVote() // as at the head of every segment
	if reason := stepBack(s, r.state, r.top); reason != "" && !again {
		return fmt.Errorf("%s", reason)
	}
	r.state, r.commit = s, max(r.commit, s.GetCommit())
	if r.waiting && r.commit >= r.trail.base {
		r.waiting = false
	}
	return nil
}
