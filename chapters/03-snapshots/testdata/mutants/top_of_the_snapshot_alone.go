// After a reopening at a leader's snapshot that waits, the terms of the entries behind
// it are forgotten: a hard state is saved which says, to who reads the log next, that
// the snapshot does not count. Seen by I15.
//
//course:mutant 3.2
package snapshots

import "google.golang.org/protobuf/proto"

func (w *WAL) resume(r *replay) {
	w.metadata, w.state, w.trail = r.metadata, proto.CloneOf(r.state), r.trail
	w.reached = r.trail.last()
	if r.waiting {
		w.leader, w.top = r.trail.base, r.trail.at(r.trail.base)
	}
	w.ready, w.resumed = true, true
}
