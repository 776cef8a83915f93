package crash

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"slices"

	"example.com/logbook/final/disk"
)

// plan says which of the disks that a crash may leave are tried at one point. An outcome for each undecided thing makes
// one disk.
type plan struct {
	list  []disk.Undecided
	most  int  // two to the power of it is the most combinations that are all tried
	bound int  // two to the power of it is the most that are tried without a choice of them before all others
	seeds int  // how many are drawn by chance when not all are
	torn  bool // tear sectors too
	near  int  // two to the power of it is the most combinations of the others that are all tried around a torn sector
	rng   *rand.Rand
}

// full reports whether every combination of whole versions is tried.
func (p *plan) full() bool { return fewer(p.list, p.most) }

// tornFull reports whether each sector is torn in every way, and every combination is tried around it.
func (p *plan) tornFull() bool {
	for i, u := range p.list {
		if p.torn && u.Kind == disk.SectorKind && (u.Versions > mixable || !fewer(p.others(i), p.near)) {
			return false
		}
	}
	return true
}

// others returns what is undecided besides one of it.
func (p *plan) others(i int) []disk.Undecided {
	return append(p.list[:i:i], p.list[i+1:]...)
}

// fewer reports whether there are at most 2^bound combinations of versions.
func fewer(list []disk.Undecided, bound int) bool {
	n := 1
	for _, u := range list {
		if n *= u.Versions; n > 1<<bound {
			return false
		}
	}
	return true
}

// states are the disks, each as an outcome for each undecided thing. What is yielded belongs to the receiver.
func (p *plan) states() iter.Seq[[]disk.Outcome] {
	return func(yield func([]disk.Outcome) bool) {
		_ = p.whole(yield) && p.tears(yield) && p.rest(yield)
	}
}

// whole yields disks on which no sector is torn: every combination, or a choice of them.
func (p *plan) whole(yield func([]disk.Outcome) bool) bool {
	if fewer(p.list, p.bound) {
		return p.combinations(yield)
	}
	return p.sampled(yield)
}

// rest yields every combination where whole has yielded a choice of them, and there are not too many.
func (p *plan) rest(yield func([]disk.Outcome) bool) bool {
	return fewer(p.list, p.bound) || !p.full() || p.combinations(yield)
}

// combinations yields every combination of whole versions.
func (p *plan) combinations(yield func([]disk.Outcome) bool) bool {
	for versions := range gray(p.list) {
		if !yield(outcomes(versions)) {
			return false
		}
	}
	return true
}

// gray yields every combination of versions, none twice, so that from one to the next a single thing changes by a single
// version: the reflected Gray code, for digits of different bases. It begins with all that is durable. The slice that is
// yielded is changed afterwards.
func gray(list []disk.Undecided) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		digits, step := make([]int, len(list)), make([]int, len(list))
		for i := range step {
			step[i] = 1
		}
		for yield(digits) {
			i := 0
			for i < len(list) && (digits[i]+step[i] < 0 || digits[i]+step[i] >= list[i].Versions) {
				step[i] = -step[i]
				i++
			}
			if i == len(list) {
				return
			}
			digits[i] += step[i]
		}
	}
}

// outcomes makes whole outcomes of versions.
func outcomes(versions []int) []disk.Outcome {
	list := make([]disk.Outcome, len(versions))
	for i, v := range versions {
		list[i].Version = v
	}
	return list
}

// sampled yields a choice of the combinations: the patterns of sectors with every combination of names and sizes, or,
// where these alone are too many, the patterns of all; then some by chance.
func (p *plan) sampled(yield func([]disk.Outcome) bool) bool {
	first := 0 // sector, among what is numbered by order below
	order := p.byKind(func(k disk.Kind) bool { return k != disk.SectorKind })
	if fewer(p.at(order), p.bound/2) {
		first = len(order)
	}
	frame := order[:first]
	order = append(order, p.byKind(func(k disk.Kind) bool { return k == disk.SectorKind })...)
	for versions := range gray(p.at(frame)) {
		for kept := range patterns(len(order) - first) {
			list := make([]disk.Outcome, len(p.list))
			for i, v := range versions {
				list[frame[i]].Version = v
			}
			for i, k := range kept {
				list[order[first+i]] = p.either(order[first+i], k)
			}
			if !yield(list) {
				return false
			}
		}
	}
	return p.chance(yield)
}

// byKind returns the indexes of some kinds.
func (p *plan) byKind(is func(disk.Kind) bool) []int {
	var order []int
	for i, u := range p.list {
		if is(u.Kind) {
			order = append(order, i)
		}
	}
	return order
}

// at returns what has these indexes.
func (p *plan) at(order []int) []disk.Undecided {
	list := make([]disk.Undecided, len(order))
	for i, at := range order {
		list[i] = p.list[at]
	}
	return list
}

// either returns the newest version or the durable one.
func (p *plan) either(i int, kept bool) disk.Outcome {
	if kept {
		return disk.Outcome{Version: p.list[i].Versions - 1}
	}
	return disk.Outcome{}
}

// patterns yields what is kept of n things: each prefix, each suffix, all but at most two, and at most two. Some come
// more than once. The slice that is yielded is changed afterwards.
func patterns(n int) iter.Seq[[]bool] {
	return func(yield func([]bool) bool) {
		kept := make([]bool, n)
		set := func(from, to int, k bool) []bool {
			for i := range kept {
				kept[i] = k == (i >= from && i < to)
			}
			return kept
		}
		for i := range n + 1 {
			if !yield(set(0, i, true)) || !yield(set(0, i, false)) {
				return
			}
		}
		for i := range n {
			for j := i; j < n; j++ {
				for _, k := range []bool{true, false} {
					set(i, i+1, k)[j] = k
					if !yield(kept) {
						return
					}
				}
			}
		}
	}
}

// chance yields combinations by chance: some keep nearly all, some nearly nothing.
func (p *plan) chance(yield func([]disk.Outcome) bool) bool {
	for range p.seeds {
		keep := p.rng.Float64()
		list := make([]disk.Outcome, len(p.list))
		for i, u := range p.list {
			switch {
			case p.rng.IntN(4) == 0:
				list[i].Version = p.rng.IntN(u.Versions)
			default:
				list[i] = p.either(i, p.rng.Float64() < keep)
			}
		}
		if !yield(list) {
			return false
		}
	}
	return true
}

// tears yields the disks on which one sector is torn. A disk writes one sector at a time, so two are never torn at once.
func (p *plan) tears(yield func([]disk.Outcome) bool) bool {
	for i, u := range p.list {
		if !p.torn || u.Kind != disk.SectorKind {
			continue
		}
		for torn := range p.mixes(u) {
			for list := range p.around(i) {
				list[i] = torn
				if !yield(list) {
					return false
				}
			}
		}
	}
	return true
}

// mixable is how many versions of a sector are torn in every way.
const mixable = 16

// mixes yields the ways in which a sector is torn: each version in front of each other one, cut at each word that makes a
// difference. Neighbours, and the first with the last, come first. Of more versions than mixable only these are combined;
// of the other pairs, some are drawn by chance.
func (p *plan) mixes(u disk.Undecided) iter.Seq[disk.Outcome] {
	return func(yield func(disk.Outcome) bool) {
		var rest [][2]int
		for v, w := range pairs(u.Versions) {
			if w-v > 1 && w-v < u.Versions-1 {
				rest = append(rest, [2]int{v, w})
			} else if !tears(u, v, w, yield) {
				return
			}
		}
		if u.Versions <= mixable {
			for _, r := range rest {
				if !tears(u, r[0], r[1], yield) {
					return
				}
			}
			return
		}
		for range p.seeds {
			r := rest[p.rng.IntN(len(rest))]
			turned := p.rng.IntN(2)
			at := slices.Collect(cuts(u.Content(r[0]), u.Content(r[1])))
			if len(at) > 0 && !yield(disk.Outcome{Version: r[turned], Cut: at[p.rng.IntN(len(at))], Behind: r[1-turned]}) {
				return
			}
		}
	}
}

// pairs yields the pairs of n versions, the lower first.
func pairs(n int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for v := range n {
			for w := v + 1; w < n; w++ {
				if !yield(v, w) {
					return
				}
			}
		}
	}
}

// tears yields the ways in which two versions are mixed, either of them in front. Cuts that leave a content that another
// cut or a whole version leaves are left out.
func tears(u disk.Undecided, v, w int, yield func(disk.Outcome) bool) bool {
	for cut := range cuts(u.Content(v), u.Content(w)) {
		if !yield(disk.Outcome{Version: v, Cut: cut, Behind: w}) || !yield(disk.Outcome{Version: w, Cut: cut, Behind: v}) {
			return false
		}
	}
	return true
}

// cuts yields the offsets behind a word in which a and b differ, if they differ behind it too.
func cuts(a, b []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for cut := disk.WordSize; cut < disk.SectorSize; cut += disk.WordSize {
			word := cut - disk.WordSize
			if bytes.Equal(a[word:cut], b[word:cut]) {
				continue
			}
			if bytes.Equal(a[cut:], b[cut:]) || !yield(cut) {
				return
			}
		}
	}
}

// around yields outcomes for everything but the i-th: all combinations, or all lost, all kept, and what is in front
// of it kept or lost and the rest the other way.
func (p *plan) around(i int) iter.Seq[[]disk.Outcome] {
	return func(yield func([]disk.Outcome) bool) {
		if others := p.others(i); fewer(others, p.near) {
			for versions := range gray(others) {
				list := outcomes(versions)
				if !yield(append(list[:i:i], append([]disk.Outcome{{}}, list[i:]...)...)) {
					return
				}
			}
			return
		}
		for pattern := range 4 {
			list := make([]disk.Outcome, len(p.list))
			for j := range list {
				list[j] = p.either(j, pattern>>1 == 1 != (j > i && pattern&1 == 1))
			}
			if !yield(list) {
				return
			}
		}
	}
}
