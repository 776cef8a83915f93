// A lower commit is believed: what was committed before may be overwritten. Seen by
// I14.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

func (r *replay) hardState(s *raftpb.HardState) error {
	if r.waiting && s.GetTerm() < r.top {
		r.revert() // it was written by a node that knew nothing of the snapshot
	}
	again := proto.Equal(s, r.state) // as at the head of every segment
	if reason := stepBack(s, r.state, r.top); reason != "" && !again {
		return fmt.Errorf("%s", reason)
	}
	r.state, r.commit = s, s.GetCommit()
	if r.waiting && r.commit >= r.trail.base {
		r.waiting = false
	}
	return nil
}
