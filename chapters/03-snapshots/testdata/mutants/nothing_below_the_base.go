// The first entry of a log whose beginning was purged is taken to be the one in its
// name. Names do not go back where the log does: it may be lower, and this is a
// panic. Seen by I15.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) entry(e *raftpb.Entry) error {
	index := e.GetIndex()
	if last := r.trail.last(); r.waiting && (index != last+1 || e.GetTerm() < r.trail.at(last)) {
		r.revert()
	}
	if index > r.trail.last()+1 {
		r.gap = fmt.Errorf("snapshots: %w: entry %d follows entry %d", ErrSliceOutOfRange, index, r.trail.last())
		return nil
	}
	if reason := r.trail.conflict(e, r.trail.at(index-1), r.commit); reason != "" {
		return fmt.Errorf("%s", reason)
	}
	r.ents = r.ents[:index-r.trail.base-1]
	r.ents = append(r.ents, e)
	r.trail.put(index, e.GetTerm())
	return nil
}
