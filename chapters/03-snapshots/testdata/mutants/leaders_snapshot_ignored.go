// A snapshot record says only where reading may start: what a leader's snapshot has
// replaced stays in the log. The second half of etcd-io/etcd#22442 (2026). Seen by
// I11.
//
//course:mutant 3.2
package snapshots

func (r *replay) snapshot(p position) {
	if p.index == r.start.index {
		r.match = r.match || p.term == r.start.term
		r.other = p.term
	}
	if p.index > r.trail.last() {
		r.history = history{trail: newTrail(p.index, p.term)}
	}
}
