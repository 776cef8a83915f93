// A hard state is compared with the highest term that the log ever had, and not with
// that of the leader's snapshot which waits: of a node that a crash has put back into
// an old term, and that has a snapshot from the leader of that, the snapshot is given
// up, and what it had committed is beyond the log. Seen by I14.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

type history struct {
	trail trail
	ents  []*raftpb.Entry
	top   uint64
}

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
	if index <= r.trail.base {
		r.ents = nil
	} else {
		r.ents = r.ents[:index-r.trail.base-1]
	}
	r.ents = append(r.ents, e)
	r.trail.put(index, e.GetTerm())
	r.top = max(r.top, e.GetTerm())
	return nil
}

func (r *replay) hardState(s *raftpb.HardState) error {
	if r.waiting && s.GetTerm() < r.top {
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

func (r *replay) snapshot(p position) {
	if p.index == r.start.index {
		r.match = r.match || p.term == r.start.term
		r.other = p.term
	}
	if r.waiting {
		r.revert()
	}
	if r.trail.own(p, r.commit) {
		return
	}
	before := r.history
	r.before = &before
	r.history = history{trail: newTrail(p.index, p.term), top: max(r.top, p.term)}
	r.waiting = p.index > r.commit
}
