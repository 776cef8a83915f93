package snapshotstest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"go.etcd.io/raft/v3/raftpb"
)

// anyHistory is I16: random lives of a node, with deaths in between, written by
// the suite and by the implementation, and read back from every snapshot that can
// be a start.
func anyHistory(c *check) {
	for seed := range uint64(600) {
		c.histories(seed, &tale{dies: true, reads: true})
	}
}

// tale says what is looked at in random histories.
type tale struct {
	// dies has the node die now and then.
	dies bool
	// wrong makes one call in five one that must be refused.
	wrong bool
	// reads compares all that is read. Otherwise a history ends, and all is
	// well, where something else is read than should be.
	reads bool
}

// histories makes one random history happen. The shortest found that goes wrong
// is the failure.
func (c *check) histories(seed uint64, t *tale) {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 3)), truth: newTruth(), tale: t}
	calls := g.history(4 + int(seed)%24)
	t.possible(calls)
	c.smallest(calls, fmt.Sprintf("(found by chance, seed %d; these calls are enough)", seed), func(c *check, calls []call) { c.tell(calls, t) })
}

// possible panics if a call is one that no raft node makes: tell would end there, and
// try none of those behind it.
func (t *tale) possible(calls []call) {
	l := newTruth()
	for i, call := range calls {
		reason, _ := l.refused(call)
		switch {
		case reason != "" && t.wrong:
			continue
		case reason != "" || l.impossible(call):
			panic(fmt.Sprintf("snapshotstest: no raft node makes call %d of the suite's own: %+v %s", i, call, reason))
		}
		l.take(call)
	}
}

// tell makes calls happen, up to the first that no raft node makes.
func (c *check) tell(calls []call, t *tale) {
	if t.reads {
		c.also = savesToo
	}
	l, img, w := newTruth(), newImage(), c.fresh(small)
	for _, call := range calls {
		reason, gap := l.refused(call)
		switch {
		case reason != "" && t.wrong:
			w.refusesCall(call, reason, gap)
			continue
		case reason != "" || l.impossible(call):
			return
		case !w.happens(call, l, !t.reads):
			return
		}
		img.happens(call, l)
		l.take(call)
	}
	w.must(w.close())
	switch {
	case t.reads:
		c.also = "(This log was written by the suite: what is wrong is in replay.go.)"
		c.readsEverywhere(c.onDisk(img), l)
		c.also = "(This log was written by your Save and head, and what the suite has written for the same calls was read as it should be: look in save.go first.)"
		c.readsEverywhere(w, l)
	case !t.dies:
		w.holds(w.sim, len(w.saved), "a refused call leaves the log as it was, and what was accepted is written.")
	}
}

// readsEverywhere reads a log from each snapshot that is valid, the newest first.
func (c *check) readsEverywhere(w *world, l *truth) {
	c.world = w
	did := w.did
	l = l.after(&death{}) // a snapshot that waits does so for ever
	for _, start := range slices.Backward(l.recorded) {
		if !l.valid(start) {
			continue
		}
		w.did = slices.Clip(did)
		err := w.open(start, small)
		w.must(err)
		got, err := w.readAll()
		w.agrees(l, start, got, err)
		w.must(w.close())
	}
}

// agrees fails unless what was read is what the model says.
func (w *world) agrees(l *truth, start *raftpb.SnapshotMetadata, got result, err error) {
	w.Helper()
	ents, ok := l.reads(start)
	want := result{owner, l.state, ents}
	never := ""
	if len(l.never) > 0 {
		never = " Nothing had committed the leader's snapshot " + metasWords(l.never) + " when the node died or another came: the log from before counts."
	}
	switch {
	case !ok && w.kind(err) == "ErrSliceOutOfRange":
	case !ok:
		w.fail(failure{Got: resultWords(got) + "\nerror " + w.told(err), Want: "ErrSliceOutOfRange", Means: "a leader's snapshot has replaced the log since: what follows this start is not there any more."})
	case err != nil:
		w.fail(failure{Got: resultWords(got) + "\nerror " + w.told(err), Want: resultWords(want) + "\nerror nil", Means: "this is how the node left its log; nothing in it contradicts anything else, and the node must be able to start." + never})
	case !equalEntries(got.ents, ents) || !equalState(got.state, l.state):
		w.fail(failure{Got: resultWords(got), Want: resultWords(want), Means: "raft's log in memory was the second when the node stopped; it must find it again. An entry replaces all from its index on." + never})
	}
}

// generator makes histories that a raft node could have.
type generator struct {
	*truth
	*tale
	rng *rand.Rand
}

// history returns a history of so many calls.
func (g *generator) history(n int) []call {
	var calls []call
	for tries := 0; len(calls) < n && tries < 40*n; tries++ {
		c := g.any()
		reason, _ := g.refused(c)
		switch {
		case reason != "" && (!g.wrong || g.rng.IntN(5) > 0), reason == "" && g.impossible(c):
			continue
		case reason == "":
			g.take(c)
		}
		calls = append(calls, c)
	}
	return calls
}

// any returns a call, a possible one or not.
func (g *generator) any() call {
	switch n := g.rng.IntN(20); {
	case n < 3:
		return g.leaders()
	case n == 3:
		index := g.now.base + 1 + g.rng.Uint64N(g.now.last()-g.now.base+1)
		return call{snapshot: meta(index, max(1, g.now.termAt(index)))}
	case n == 4:
		return call{cut: true}
	case n < 10 && g.dies:
		return g.death()
	}
	return g.save()
}

// leaders returns a leader's snapshot: near the one that waits or was passed
// over, or anywhere.
func (g *generator) leaders() call {
	first := max(g.state.GetCommit(), g.floor) + 1
	index := first + g.rng.Uint64N(g.now.last()+12-min(first, g.now.last()))
	if last := g.now.last(); last >= first && g.rng.IntN(2) == 0 {
		index = first + g.rng.Uint64N(last-first+1) // another one than the entry there
	}
	near := g.void
	if g.before != nil {
		near = append(slices.Clip(near), bare(g.now.base, g.now.term))
	}
	if len(near) > 0 && g.rng.IntN(2) == 0 {
		index = max(near[len(near)-1].GetIndex(), 3) - 2 + g.rng.Uint64N(7)
	}
	return call{snapshot: meta(max(index, g.floor+1), g.someTerm(g.now.termAt(index)))}
}

// save returns a Save of entries, of a hard state, or of both.
func (g *generator) save() call {
	commit, last := g.state.GetCommit(), g.now.last()
	low := max(g.now.base, g.floor) + 1
	if g.before != nil {
		low = max(min(commit+1, last), 1) // below a leader's snapshot, too
	}
	var c call
	if g.rng.IntN(4) > 0 {
		first := last + 1
		if g.rng.IntN(3) == 0 && last+2 > low {
			first = low + g.rng.Uint64N(last+2-low)
		}
		if g.wrong && g.rng.IntN(8) == 0 {
			first++
		}
		term := g.someTerm(g.now.termAt(first - 1))
		c.ents = run(term, first, first+g.rng.Uint64N(4))
		last = c.ents[len(c.ents)-1].GetIndex()
		c.ents[len(c.ents)-1] = entry(term, last, g.rng.IntN(300))
	}
	if len(c.ents) == 0 || g.rng.IntN(3) > 0 {
		c.state = g.hardState(commit, max(last, commit)+1)
	}
	return c
}

// someTerm is a term from low on: often low itself, sometimes beyond all that
// there were.
func (g *generator) someTerm(low uint64) uint64 {
	if g.rng.IntN(2) == 0 {
		return max(1, low)
	}
	return max(1, low-min(low, 1)) + g.rng.Uint64N(max(g.now.termAt(g.now.last()), g.state.GetTerm(), low)-low+3)
}

// hardState returns one with a commit from commit to beyond.
func (g *generator) hardState(commit, beyond uint64) *raftpb.HardState {
	term := g.someTerm(max(g.state.GetTerm(), g.top))
	vote := term%3 + 1
	if g.wrong && g.rng.IntN(6) == 0 {
		vote = 0
	}
	if g.before != nil && g.rng.IntN(3) > 0 {
		commit = max(commit, g.now.base)
	} else if g.before != nil {
		return state(term, vote, commit) // which leaves the snapshot waiting
	}
	if g.wrong && commit > 0 && g.rng.IntN(6) == 0 {
		commit--
	}
	return state(term, vote, commit+g.rng.Uint64N(beyond-min(commit, beyond-1)))
}

// death returns one, and a snapshot to start at.
func (g *generator) death() call {
	d := &death{killed: g.rng.IntN(2) == 0, purged: g.rng.IntN(4) == 0}
	if g.rng.IntN(2) == 0 {
		inside := g.save()
		d.killed, d.inside, d.written = true, &inside, g.rng.IntN(len(inside.ents)+1)
	}
	if starts := g.starts(); len(starts) > 0 {
		d.start = starts[g.rng.IntN(len(starts))]
	}
	return call{death: d}
}
