package snapshotstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// readGoesOn is I15.
func readGoesOn(c *check) {
	c.sameRefusals()
	c.callersOwn()
	for _, g := range goldens(c.T) {
		if g.reopens() {
			c.sameCalls(g)
		}
	}
	c.namesAfterReopen()
}

// reopen closes the log, and takes it again.
func (w *world) reopen(at *raftpb.SnapshotMetadata, size int64) result {
	w.Helper()
	w.must(w.close())
	w.must(w.open(at, size))
	r, err := w.readAll()
	w.must(err)
	return r
}

// sameRefusals tries what must be refused on a log that was read.
func (c *check) sameRefusals() {
	m := newImage().save(state(2, 1, 5), run(2, 1, 10)...)
	for _, r := range refusals {
		w := c.on(m.disk(), "a log of "+shorten(look(m.disk()).lines))
		w.must(w.open(nil, small))
		if _, err := w.readAll(); err != nil {
			w.must(err)
		}
		w.refuses(r)
		w.must(w.close())
	}
	w := c.on(newImage().save(state(1, 1, 1), run(1, 1, 3)...).snapshot(meta(100, 3)).disk(), "a log whose last record is a leader's snapshot, {100 of term 3}")
	w.must(w.open(meta(100, 3), small))
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	w.refuses(refusal{"an entry behind a leader's snapshot that nothing commits", nil, run(3, 101, 101), false})
	w.must(w.save(state(3, 0, 100), run(3, 101, 101)...))
	w.must(w.close())
}

// callersOwn changes what was returned, and goes on until the next segment.
func (c *check) callersOwn() {
	m := newImage().save(state(7, 3, 5), append(run(7, 1, 4), entry(7, 5, 1200))...)
	w := c.on(m.disk(), "a full segment, with a state of term 7, vote 3")
	w.saved = savedWords(state(7, 3, 5), append(run(7, 1, 4), entry(7, 5, 1200)))
	w.must(w.open(nil, small))
	got, err := w.readAll()
	w.must(err)
	if len(got.metadata) > 0 && got.state.Term != nil {
		clear(got.metadata)
		*got.state.Term, *got.state.Vote = 1, 1
	}
	w.must(w.save(nil, entry(7, 6, 1200))) // no hard state since the log was opened
	w.must(w.save(nil, entry(7, 7, 0)))
	w.must(w.sync())
	w.namedBy(look(w.sim).indexes(), "")
	w.holds(w.sim, len(w.saved), "after a reopening, too, the last hard state stands at the head of the next segment, as it was read; etcd forgets it, and with it, once the older segments are purged, term and vote. What the caller does with the returned messages is its own affair.")
	if l := look(w.sim); len(l.names) < 2 {
		w.fail(failure{got: listing(l), want: "a second segment", means: "the segment was full when it was opened."})
	}
	w.must(w.close())
}

// indexes are the indexes in a log's names.
func (l found) indexes() []uint64 {
	var list []uint64
	for _, n := range l.names {
		var seq, index uint64
		fmt.Sscanf(n, "%016x-%016x.wal", &seq, &index)
		list = append(list, index)
	}
	return list
}

// namesAfterReopen cuts behind a snapshot that only the reader has seen.
func (c *check) namesAfterReopen() {
	m := newImage().save(state(1, 1, 1), run(1, 1, 10)...).snapshot(meta(100, 2)).save(state(2, 0, 100)).next(101, state(2, 0, 100))
	w := c.on(m.disk(), "a log with a leader's snapshot at 100, cut behind it")
	w.must(w.open(meta(100, 2), small))
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	for i := uint64(3); len(segmentsOf(w.sim)) < 3 && i < 300; i++ {
		w.must(w.save(state(i, 0, 100)))
	}
	w.namedBy([]uint64{0, 101, 101}, "the log ends at the snapshot, 100, although its last entry is 10. A name that goes back hides the snapshot's segment: etcd names this one 11, and then does not find snapshot 100.")
	w.must(w.close())

	w = c.on(newImage().save(state(1, 1, 1), run(1, 1, 10)...).next(11, state(1, 1, 1)).save(nil, entry(2, 3, 1200)).disk(), "a log cut at 11, then overwritten from 3 on, and the segment full")
	w.must(w.open(nil, small))
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	w.must(w.save(nil, entry(2, 4, 0)))
	w.must(w.save(nil, entry(2, 5, 0)))
	if got := look(w.sim).indexes(); len(got) != 3 || got[2] < 11 {
		w.fail(failure{got: fmt.Sprintf("segments named by %v", got), want: "[0 11 11]", means: "names never go back, although the log did."})
	}
	w.must(w.close())
}

// anyHistory is I16: random histories, written by the suite and by the
// implementation, read back from every snapshot that can be a start.
func anyHistory(c *check) {
	for seed := range uint64(150) {
		c.history(seed)
	}
}

// history writes one history, and reads it.
func (c *check) history(seed uint64) {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 3)), m: newModel()}
	img := newImage()
	w := c.on(disk.NewSim(), fmt.Sprintf("a random history, seed %d", seed))
	w.must(w.create(owner, small))
	for range 4 + g.rng.IntN(20) {
		s, ents, snap := g.next()
		if snap != nil {
			img.snapshot(snap)
			w.must(w.saveSnapshot(snap))
			g.m.take(step{snapshot: snap})
			s = g.commits(snap)
		}
		img.save(s, ents...)
		w.must(w.save(s, ents...))
		for _, e := range ents {
			g.m.take(step{entry: e})
		}
		if s != nil {
			g.m.take(step{state: s})
		}
		if g.rng.IntN(6) == 0 {
			img.segment(max(g.named, g.m.now.last()+1), owner)
			g.named = max(g.named, g.m.now.last()+1)
			if g.m.state != nil {
				img.save(g.m.state)
			}
		}
		if g.rng.IntN(8) == 0 {
			start := g.start()
			got := w.reopen(start, small)
			w.agrees(g.m, start, got, nil)
		}
	}
	w.must(w.close())
	c.readsEverywhere(w, g.m)
	v := c.on(img.disk(), fmt.Sprintf("a random history, seed %d: a log of %s", seed, strings.Join(look(img.disk()).lines, "\n")))
	c.readsEverywhere(v, g.m)
}

// readsEverywhere reads a log from each snapshot that is valid.
func (c *check) readsEverywhere(w *world, m *model) {
	c.world = w
	for _, start := range m.recorded {
		if start.GetIndex() > m.state.GetCommit() {
			continue
		}
		w.must(w.open(start, small))
		got, err := w.readAll()
		w.agrees(m, start, got, err)
		w.must(w.close())
	}
}

// agrees fails unless what was read is what the model says.
func (w *world) agrees(m *model, start *raftpb.SnapshotMetadata, got result, err error) {
	w.Helper()
	ents, ok := m.reads(start)
	switch {
	case !ok && w.kind(err) == "ErrSliceOutOfRange":
	case !ok:
		w.fail(failure{got: resultWords(got) + "\nerror " + w.told(err), want: "ErrSliceOutOfRange", means: "a leader's snapshot has replaced the log since: what follows this start is not there any more."})
	case err != nil:
		w.must(err)
	case !equalEntries(got.ents, ents) || !equalState(got.state, m.state):
		want := result{owner, m.state, ents}
		w.fail(failure{got: resultWords(got), want: resultWords(want), means: "raft's log in memory was the second when the node stopped; it must find it again."})
	}
}

// generator makes histories that a raft node could have.
type generator struct {
	rng   *rand.Rand
	m     *model
	named uint64
	term  uint64
}

// next returns what is saved next: some entries, a hard state, or both; or a
// snapshot.
func (g *generator) next() (s *raftpb.HardState, ents []*raftpb.Entry, snap *raftpb.SnapshotMetadata) {
	commit, last := g.m.state.GetCommit(), g.m.now.last()
	g.term = max(g.term, 1)
	switch n := g.rng.IntN(12); {
	case n == 0:
		g.term++
		return nil, nil, meta(max(commit, last)+1+g.rng.Uint64N(20), g.term)
	case n == 1 && commit > g.m.now.base:
		index := g.m.now.base + 1 + g.rng.Uint64N(commit-g.m.now.base)
		return nil, nil, meta(index, g.m.now.termAt(index))
	case n == 2 && last > commit:
		g.term++
		return nil, nil, meta(commit+1+g.rng.Uint64N(last-commit), g.term) // contradicts an entry
	case n < 5 && last > commit:
		g.term++ // a new leader overwrites
		first := commit + 1 + g.rng.Uint64N(last-commit)
		ents = run(g.term, first, first+g.rng.Uint64N(4))
	default:
		if g.rng.IntN(3) == 0 {
			g.term++
		}
		ents = run(g.term, last+1, last+g.rng.Uint64N(5))
	}
	if n := len(ents); n > 0 {
		last = ents[n-1].GetIndex()
		ents[n-1] = entry(g.term, last, g.rng.IntN(300))
	}
	if g.rng.IntN(3) > 0 || len(ents) == 0 || g.term > g.m.state.GetTerm() {
		s = g.state(commit + g.rng.Uint64N(last-commit+1))
	}
	return s, ents, nil
}

// state returns a hard state with the term as it is, and a vote that goes with
// it.
func (g *generator) state(commit uint64) *raftpb.HardState { return state(g.term, g.term%3+1, commit) }

// commits returns the hard state behind a snapshot.
func (g *generator) commits(snap *raftpb.SnapshotMetadata) *raftpb.HardState {
	return g.state(max(g.m.state.GetCommit(), snap.GetIndex()))
}

// start returns a snapshot to open the log at.
func (g *generator) start() *raftpb.SnapshotMetadata {
	valid := slices.DeleteFunc(slices.Clone(g.m.recorded), func(s *raftpb.SnapshotMetadata) bool {
		_, ok := g.m.reads(s)
		return !ok || s.GetIndex() > g.m.state.GetCommit()
	})
	return valid[g.rng.IntN(len(valid))]
}
