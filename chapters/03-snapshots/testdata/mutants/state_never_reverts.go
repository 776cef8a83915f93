// A leader's snapshot that waits is committed by whatever hard state reaches it, also
// one of a lower term, whose node knew nothing of it. Seen by I12.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) hardState(s *raftpb.HardState) error {
	if reason := stepBack(s, r.state); reason != "" {
		return fmt.Errorf("%s", reason)
	}
	r.state, r.commit = s, max(r.commit, s.GetCommit())
	if r.waiting && r.commit >= r.trail.base {
		r.waiting = false
	}
	return nil
}
