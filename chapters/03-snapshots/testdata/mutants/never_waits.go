// A leader's snapshot replaces the log at once. A crash before its commit is
// written leaves a log without a start. Seen by I12.
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
	if r.trail.own(p, r.commit) {
		return
	}
	before := r.history
	r.before = &before
	r.history = history{trail: newTrail(p.index, p.term)}
	r.waiting = false
}
