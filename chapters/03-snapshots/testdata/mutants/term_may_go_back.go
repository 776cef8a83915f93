// A hard state is taken as it comes: a term or a vote that is taken back is not
// noticed. Seen by I14.
//
//course:mutant 3.2
package snapshots

import "go.etcd.io/raft/v3/raftpb"

func (r *replay) hardState(s *raftpb.HardState) error {
	if r.waiting && s.GetTerm() < r.trail.at(r.trail.last()) {
		r.revert()
	}
	r.state, r.commit = s, max(r.commit, s.GetCommit())
	if r.waiting && r.commit >= r.trail.base {
		r.waiting = false
	}
	return nil
}
