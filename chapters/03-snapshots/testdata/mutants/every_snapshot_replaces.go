// The node's own snapshot is taken for the leader's: the entries behind it are
// thrown away, which others count on. Seen by I9.
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
	if p.index == 0 {
		return
	}
	before := r.history
	r.before = &before
	r.history = history{trail: newTrail(p.index, p.term)}
	r.waiting = p.index > r.commit
}
