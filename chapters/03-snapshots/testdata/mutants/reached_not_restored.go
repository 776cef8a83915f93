// After a reopening the last entry alone names the next segment, not a snapshot
// beyond it: names go back, and etcd v3.7.3 (2026) does not find the snapshot. Seen
// by I15.
//
//course:mutant 3.2
package snapshots

import "google.golang.org/protobuf/proto"

func (w *WAL) resume(r *replay) {
	w.metadata, w.state, w.trail = r.metadata, proto.CloneOf(r.state), r.trail
	w.reached, w.named = uint64(len(r.ents)), 0
	if r.waiting {
		w.leader, w.top = r.trail.base, r.trail.at(r.trail.last())
	}
	w.ready, w.resumed = true, true
}
