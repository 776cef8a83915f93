// A log can be opened at a snapshot that it has never recorded: etcd loses the
// error on its way, etcd-io/etcd#21369 (2026). Seen by I13.
//
//course:mutant 3.2
package snapshots

import (
	"fmt"

	segments "example.com/logbook/chapters/02-segments"
	"go.etcd.io/raft/v3/raftpb"
)

func (r *replay) finish() ([]*raftpb.Entry, error) {
	if r.waiting && r.start.index < r.trail.base {
		r.revert()
	}
	if r.gap == nil && r.commit > r.trail.last() {
		reason := fmt.Sprintf("the hard state's commit %d is beyond entry %d, the last: committed entries are missing", r.commit, r.trail.last())
		return nil, &segments.CorruptError{Segment: r.segment, Reason: reason}
	}
	switch {
	case r.start.index < r.trail.base && r.before != nil:
		return r.before.behind(r.start.index), fmt.Errorf("snapshots: %w: a leader's snapshot at index %d has replaced the log; open it there", ErrSliceOutOfRange, r.trail.base)
	case r.gap != nil:
		return r.behind(r.start.index), r.gap
	case !r.match && r.other != 0:
		return r.behind(r.start.index), fmt.Errorf("snapshots: %w: index %d is of term %d there, not %d", ErrSnapshotMismatch, r.start.index, r.other, r.start.term)
	case r.start.index < r.trail.base:
		return nil, fmt.Errorf("snapshots: %w: those from %d to %d; open the log at a newer snapshot", ErrSliceOutOfRange, r.start.index+1, r.trail.base)
	}
	return r.behind(r.start.index), nil
}
