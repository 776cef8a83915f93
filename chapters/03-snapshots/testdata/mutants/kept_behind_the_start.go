// An entry at or below the start takes its place and leaves what stands behind it:
// entries that raft had given away come back. etcd-io/etcd#22442 (2026). Seen by
// I10.
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
	if r.trail.base < index && index <= min(r.start.index, r.trail.last()) {
		r.ents[index-r.trail.base-1] = e
		r.trail.terms[index-r.trail.base] = e.GetTerm()
		return nil
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
