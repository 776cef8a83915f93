// After a reopening the term of the last entry binds the next hard state: a node that
// a crash has put back into an old term cannot save what the leader of that sends.
// Seen by I15.
//
//course:mutant 3.2
package snapshots

import "google.golang.org/protobuf/proto"

func (w *WAL) resume(r *replay) {
	w.metadata, w.state, w.trail = r.metadata, proto.CloneOf(r.state), r.trail
	w.reached = r.trail.last()
	w.top = r.trail.at(r.trail.last())
	if r.waiting {
		w.leader = r.trail.base
	}
	w.ready, w.resumed = true, true
}
