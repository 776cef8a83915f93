// Whether a snapshot of a purged entry is the node's own is asked of the last hard
// state, whose commit may have gone down: it is taken for the leader's, and replaces
// the entries behind it. Seen by I11.
//
//course:mutant 3.2
package snapshots

func (r *replay) snapshot(p position) {
	if p.index == r.start.index {
		r.match = r.match || p.term == r.start.term
		r.other = p.term
	}
	if r.waiting {
		r.revert()
	}
	if r.trail.own(p, r.state.GetCommit()) {
		return
	}
	before := r.history
	r.before = &before
	r.history = history{trail: newTrail(p.index, p.term)}
	r.waiting = p.index > r.commit
}
