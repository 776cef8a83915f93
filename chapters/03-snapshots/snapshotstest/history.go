package snapshotstest

import (
	"fmt"
	"slices"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// savesToo is for failures of 3.2 in which the functions of 3.1 have a part.
const savesToo = "(Your Save, check and head have a part in this: if what was read is right, look in save.go, too.)"

// readGoesOn is I15.
func readGoesOn(c *check) {
	c.also = savesToo
	c.sameRefusals()
	c.withinALife()
	c.oldTerm()
	c.callersOwn()
	for _, g := range goldens(c.T) {
		if g.reopens() {
			c.sameCalls(g)
		}
	}
	c.namesAfterReopen()
	c.commitsAlone()
	c.noStateYet()
	for seed := range uint64(300) {
		c.histories(seed, &tale{dies: true, wrong: true})
	}
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
		c.onDisk(m).goesOn(nil, func(w *world) { w.refuses(r) })
	}
}

// commitsAlone has a log that was read take commits, which need no sync.
func (c *check) commitsAlone() {
	w := c.onDisk(newImage().save(state(1, 1, 1), run(1, 1, 5)...))
	w.must(w.open(nil, roomy))
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	w.must(w.save(state(1, 1, 2))) // the first is synced
	w.must(w.save(state(1, 1, 3)))
	w.without(disk.OpSync, "the first hard state after the log was opened is synced in any case, as in etcd. From the second on a commit alone is not, as before.")
	w.must(w.close())

	w = c.onDisk(newImage().save(state(1, 1, 1), run(1, 1, 5)...))
	w.must(w.open(nil, roomy))
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	w.must(w.save(nil, run(1, 6, 6)...))
	w.must(w.save(state(1, 1, 2)))
	if !slices.ContainsFunc(w.last, func(e disk.Event) bool { return e.Op == disk.OpSync }) {
		w.fail(failure{Got: "no sync", Want: "a sync", Means: "the first hard state after the log was opened is synced in any case, as in etcd, also behind a Save of entries alone."})
	}
	w.must(w.close())
}

// noStateYet cuts a log that was read and holds no hard state.
func (c *check) noStateYet() {
	w := c.onDisk(newImage().save(nil, entry(1, 1, 1200)))
	w.must(w.open(nil, small))
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	w.must(w.save(nil, entry(1, 2, 0)))
	l := look(w.sim)
	if n := len(l.each); n < 2 || len(l.each[n-1]) != 1 {
		w.fail(failure{Got: listing(l), Want: "a second segment with metadata at its head, and no hard state", Means: "none was ever saved. What ReadAll returns then is an empty one, not nil; written, it says term 0, which raft was never in."})
	}
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
		w.fail(failure{Got: listing(l), Want: "a second segment", Means: "the segment was full when it was opened."})
	}
	w.must(w.close())
}

// indexes are the indexes in a log's names.
func (l found) indexes() []uint64 {
	var list []uint64
	for _, n := range l.names {
		list = append(list, indexOf(n))
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
		w.fail(failure{Got: fmt.Sprintf("segments named by %v", got), Want: "[0 11 11]", Means: "names never go back, although the log did."})
	}
	w.must(w.close())
}
