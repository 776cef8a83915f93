// A leader's snapshot waits for its commit even where that came before it, as etcd
// wrote it until 2020. Seen by I13.
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
	r.waiting = true
}
