// A second leader's snapshot comes while one waits. What it replaces is taken for the
// log before, and that is the first snapshot, which nothing ever committed. Seen by
// I12.
//
//course:mutant 3.2
package snapshots

func (r *replay) snapshot(p position) {
	if p.index == r.start.index {
		r.match = r.match || p.term == r.start.term
		r.other = p.term
	}
	if r.waiting && p.index < r.trail.base {
		r.revert()
	}
	if r.trail.own(p, r.commit) {
		return
	}
	before := r.history
	r.before = &before
	r.history = history{trail: newTrail(p.index, p.term)}
	r.waiting = p.index > r.commit
}
