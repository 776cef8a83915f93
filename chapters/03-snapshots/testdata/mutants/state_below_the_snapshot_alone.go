// A hard state is compared with the leader's snapshot that waits, and not with the
// entries behind it: one of a term between theirs commits what its node never knew.
// Seen by I12.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) hardState(s *raftpb.HardState) error {
	if r.waiting && s.GetTerm() < r.trail.at(r.trail.base) {
		r.revert()
	}
	if reason := stepBack(s, r.state); reason != "" {
		return fmt.Errorf("%s", reason)
	}
	r.state, r.commit = s, max(r.commit, s.GetCommit())
	if r.waiting && r.commit >= r.trail.base {
		r.waiting = false
	}
	return nil
}
