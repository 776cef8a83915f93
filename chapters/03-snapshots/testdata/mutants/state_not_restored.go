// What ReadAll returns, the log itself forgets: the segments that are cut next have
// no hard state at their heads. So it is in etcd v3.7.3 (2026); there is no issue.
// Seen by I15.
//
//course:mutant 3.2
package snapshots

func (w *WAL) resume(r *replay) {
	w.metadata, w.trail = r.metadata, r.trail
	w.reached = r.trail.last()
	if r.waiting {
		w.leader, w.top = r.trail.base, r.trail.at(r.trail.last())
	}
	w.ready, w.resumed = true, true
}
