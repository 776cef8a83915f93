// Behind a leader's snapshot that waits, an entry is compared with the snapshot, and
// not with the entry before it: the log in which the node went on is taken for
// corrupt. Seen by I12.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) entry(e *raftpb.Entry) error {
	index := e.GetIndex()
	if r.waiting && (index != r.trail.last()+1 || e.GetTerm() < r.trail.at(r.trail.base)) {
		r.revert()
	}
	if index > r.trail.last()+1 {
		r.gap = fmt.Errorf("snapshots: %w: entry %d follows entry %d", ErrSliceOutOfRange, index, r.trail.last())
		return nil
	}
	if reason := r.trail.conflict(e, r.trail.at(index-1), r.commit); reason != "" {
		return fmt.Errorf("%s", reason)
	}
	if index <= r.trail.base {
		r.ents = nil
	} else {
		r.ents = r.ents[:index-r.trail.base-1]
	}
	r.ents = append(r.ents, e)
	r.trail.put(index, e.GetTerm())
	return nil
}
