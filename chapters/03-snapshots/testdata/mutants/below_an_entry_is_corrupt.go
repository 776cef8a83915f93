// A hard state of a term below that of the last entry is refused: a node whose crash
// has left the entry and taken its hard state goes on, and is never started again.
// Seen by I14.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) hardState(s *raftpb.HardState) error {
	if r.waiting && s.GetTerm() < r.trail.at(r.trail.last()) {
		r.revert()
	}
	if reason := stepBack(s, r.state); reason != "" {
		return fmt.Errorf("%s", reason)
	}
	if last := r.trail.at(r.trail.last()); s.GetTerm() < last {
		return fmt.Errorf("the term %d is below the term %d of an entry", s.GetTerm(), last)
	}
	r.state, r.commit = s, max(r.commit, s.GetCommit())
	if r.waiting && r.commit >= r.trail.base {
		r.waiting = false
	}
	return nil
}
