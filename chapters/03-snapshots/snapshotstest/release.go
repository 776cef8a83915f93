package snapshotstest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// six begins a world with a log of six segments, two entries to each, nine of ten
// committed, and a snapshot at 5 whose file is there.
func (c *check) six() *world {
	sim := disk.NewSim()
	mkdir(sim, folder)
	w := c.on(sim, "")
	w.must(w.create(owner, small))
	for i := uint64(1); i <= 10; i++ {
		size := 0
		if i%2 == 1 {
			size = 1200
		}
		w.must(w.save(state(1, 1, i-1), entry(1, i, size)))
	}
	w.must(w.saveSnap(snapshotAt(5, 1)))
	w.must(w.saveSnapshot(meta(5, 1)))
	if got := look(sim).indexes(); len(got) < 6 {
		w.fail(failure{Got: fmt.Sprintf("segments named by %v", got), Want: "a cut behind every second entry", Means: "see I5 of exercise 3.1."})
	}
	w.did = []string{fmt.Sprintf("a log of the entries 1 to 10, of which 9 are committed, in segments named by %v; snapshot 5 is saved and recorded", look(sim).indexes())}
	return w
}

// keepFrom returns the first of some segments' indexes that must stay for an
// index: the last that is lower.
func keepFrom(indexes []uint64, index uint64) int {
	keep := 0
	for i, n := range indexes {
		if n < index {
			keep = i
		}
	}
	return keep
}

// gives releases, and returns the segments that are given up by it: whether they
// are the right ones is the business of I31.
func (w *world) gives(index uint64) []string {
	w.Helper()
	w.must(w.release(index))
	names, got := segmentsOf(w.sim), unlocked(w.sim)
	if len(got) < 2 || len(got) == len(names) || !slices.Equal(got, names[:len(got)]) {
		w.fail(failure{Got: "unlocked: " + cmpOr(strings.Join(got, ", "), "none"), Want: "at least the two oldest segments, and not the last", Means: "see I31 first."})
	}
	return got
}

// segmentStays is I31.
func segmentStays(c *check) {
	indexes := look(c.six().sim).indexes()
	var tries []uint64
	for _, n := range indexes {
		tries = append(tries, n, n+1)
	}
	for _, index := range append(tries, 1000) {
		w := c.six()
		names := segmentsOf(w.sim)
		keep := keepFrom(indexes, index)
		w.must(w.release(index))
		if got := segmentsOf(w.sim); !slices.Equal(got, names) {
			w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "all files there", Means: "to release is not to remove: somebody may still be copying them."})
		}
		if got := unlocked(w.sim); !slices.Equal(got, names[:keep]) {
			w.fail(failure{
				Got: "unlocked: " + cmpOr(strings.Join(got, ", "), "none"), Want: "unlocked: " + cmpOr(strings.Join(names[:keep], ", "), "none"),
				Means: "a segment holds the entries from its index on, up to the next one's. The last that begins below the snapshot's index holds it, and stays; the last of all stays in any case.",
			})
		}
		w.must(w.purge())
		if got := segmentsOf(w.sim); !slices.Equal(got, names[keep:]) {
			w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "left: " + strings.Join(names[keep:], ", "), Means: "Purge removes all that were released, and nothing else."})
		}
		w.must(w.save(state(2, 1, 10), run(2, 11, 12)...))
		w.must(w.release(0)) // what is gone stays gone
		w.must(w.purge())
		w.must(w.close())
	}
	w := c.six()
	w.must(w.release(5))
	w.must(w.release(9))
	w.must(w.release(3))
	w.must(w.purge())
	if got, want := look(w.sim).indexes(), indexes[keepFrom(indexes, 9):]; !slices.Equal(got, want) {
		w.fail(failure{Got: fmt.Sprint(got), Want: fmt.Sprint(want), Means: "what is released twice is released once; and a lower index takes nothing back."})
	}
	w.must(w.close())
}

// syncedBeforeForget is I32.
func syncedBeforeForget(c *check) {
	w := c.six()
	w.must(w.save(state(1, 1, 10))) // a commit alone: not durable yet
	w.must(w.release(5))
	if l := look(w.sim.Crash(disk.Lost)); len(l.lines) == 0 || l.lines[len(l.lines)-1] != "state "+stateWords(state(1, 1, 10)) {
		w.fail(failure{Got: "after a loss of power the log ends with " + shorten(l.lines[max(0, len(l.lines)-1):]), Want: "state " + stateWords(state(1, 1, 10)), Means: "a snapshot is valid up to the commit. If that is lost, and the segments before are removed, the node can start nowhere (etcd#10219)."})
	}
	w.must(w.close())

	for _, index := range []uint64{5, 1} { // of 1 there is nothing to give up
		w = c.six()
		w.must(w.save(state(1, 1, 10)))
		struck := w.sim.Inject(disk.Fault{Ops: disk.OpSync})
		if err := w.release(index); err == nil && struck() > 0 {
			w.fail(failure{Got: "nil", Want: "the disk's error", Means: "what could not be synced is not durable; who removes segments now may remove the last start."})
		}
		if got := unlocked(w.sim); len(got) > 0 {
			w.fail(failure{Got: "unlocked: " + strings.Join(got, ", "), Want: "none", Means: "first the sync, then the release: whoever purges by the locks may be faster than the sync."})
		}
		w.sim.Heal()
		_ = w.close()
	}
	c.releaseFails()
	c.stillCompares()
}

// releaseFails has the giving up of a segment fail.
func (c *check) releaseFails() {
	w := c.six()
	names := segmentsOf(w.sim)
	struck := w.sim.Inject(disk.Fault{Ops: disk.OpClose, Name: names[0]})
	err := w.release(7)
	w.sim.Heal()
	if struck() > 0 && err == nil {
		w.fail(failure{Got: "nil", Want: "the disk's error", Means: "the disk said no (" + failedOp(w.sim) + "), and the caller believes that these segments are free."})
	}
	given := w.gives(7)
	w.must(w.purge())
	if got := segmentsOf(w.sim); !slices.Equal(got, names[len(given):]) {
		w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "left: " + strings.Join(names[len(given):], ", "), Means: "a segment that was given up with an error is given up all the same, and to be removed with those behind it: where they go and it stays is a gap, and the log cannot be opened."})
	}
	w.must(w.close())
}

// forgetting is a log that has released up to an index, and what contradicts it.
type forgetting struct {
	log   func(w *world)
	index uint64
	do    func(w *world) error
	means string
}

// forgettings are logs of one segment, of which nothing is given up, and of two.
func forgettings() []forgetting {
	ahead := func(w *world) {
		w.must(w.save(state(3, 1, 0), run(3, 1, 4)...))
		w.must(w.save(state(3, 1, 4), run(3, 5, 9)...))
	}
	committed := func(w *world) {
		w.must(w.save(state(2, 1, 0), run(2, 1, 7)...))
		w.must(w.save(state(3, 1, 10), run(3, 8, 10)...))
	}
	two := func(w *world) {
		w.must(w.save(state(2, 1, 3), append(run(2, 1, 3), entry(2, 4, 1200))...))
		w.must(w.save(nil, entry(2, 5, 0))) // begins a segment named 6, whose head has the commit 3
		w.must(w.save(nil, run(2, 6, 8)...))
	}
	back := func(w *world) {
		two(w)
		w.must(w.save(state(4, 1, 8), run(4, 4, 8)...))
	}
	return []forgetting{
		{ahead, 4, func(w *world) error { return w.save(nil, entry(2, 8, 0)) }, "entry 7 has term 3, and behind it none of term 2 can come. Entry 7 is behind the snapshot, and in the log."},
		{ahead, 8, func(w *world) error { return w.save(nil, entry(2, 6, 0)) }, "entry 5 has term 3, and behind it none of term 2 can come. What is not committed may still be replaced, and is compared with the entry before it: the terms from the commit on must stay known, also when a higher index is released."},
		{ahead, 8, func(w *world) error { return w.save(nil, entry(2, 5, 0)) }, "entry 4 has term 3, and behind it none of term 2 can come. Entry 4 is the last that is committed: the first that may be replaced is compared with it."},
		{ahead, 2, func(w *world) error { return w.saveSnapshot(meta(3, 2)) }, "entry 3 has term 3, and is committed: this snapshot is of another history. Entry 3 is behind the index that was released, and in the log."},
		{committed, 8, func(w *world) error { return w.save(nil, run(3, 7, 11)...) }, "entry 7 has term 2, and is committed. No segment was given up, so it still stands in the log, and ReadAll finds a committed entry overwritten: corrupt, and the node never starts again."},
		{two, 7, func(w *world) error { return w.save(nil, entry(1, 4, 0)) }, "entry 3 has term 2, and behind it none of term 1 can come. Entry 3 was given up with its segment, but it is the last that is committed, and the first that may be replaced is compared with it."},
		{back, 7, func(w *world) error { return w.save(nil, append(run(3, 4, 4), run(4, 5, 9)...)...) }, "entry 4 has term 4, and is committed. It stands in the segment that is left, although the index in the name of that is 6: the log had gone back. ReadAll finds a committed entry overwritten: corrupt, and the node never starts again."},
	}
}

// stillCompares saves what contradicts a log that has forgotten.
func (c *check) stillCompares() {
	for _, f := range forgettings() {
		w := c.fresh(small)
		f.log(w)
		w.must(w.release(f.index))
		if err := f.do(w); c.kind(err) != "ErrRefused" {
			w.fail(failure{Got: c.told(err), Want: "ErrRefused, as before ReleaseLockTo", Means: f.means})
		}
		w.must(w.close())
	}
}

// oldestFirst is I33.
func oldestFirst(c *check) {
	w := c.six()
	given := w.gives(7)
	removed := w.purgeInOrder("nothing was wrong with this disk, nor with this call, so nothing may fail.")
	if !slices.Equal(removed, given) {
		w.fail(failure{Got: "removed: " + cmpOr(strings.Join(removed, ", "), "none"), Want: strings.Join(given, ", "), Means: "Purge removes all that were released, oldest first: a log without its second segment is no log; without its first it is a shorter one."})
	}
	if p := openNames(w.sim); len(p) > 0 {
		w.fail(failure{Got: "Purge has returned nil, and a crash may still take back: " + p[0].String(), Want: "the last removal durable too", Means: "space that comes back after a crash was promised to others."})
	}
	w.must(w.close())
	c.twoLogs()
	for _, f := range []disk.Fault{{Ops: disk.OpRemove}, {Ops: disk.OpSyncDir}, {Ops: disk.OpRemove, Nth: 2}, {Ops: disk.OpSyncDir, Nth: 2}} {
		c.purgeFails(f)
	}
}

// twoLogs purges a log beside another one, whose segments have the same names.
func (c *check) twoLogs() {
	w := c.six()
	w.must(w.close())
	other := segmentsOf(w.sim)
	w.must(w.call(`Create("wal/n2", …), another log`, func() (err error) {
		mkdir(w.sim, "wal")
		w.log, err = c.Create(w.sim, "wal/n2", owner, small)
		return err
	}))
	for i := uint64(1); i <= 6; i++ {
		w.must(w.save(state(1, 1, i), entry(1, i, 1200)))
	}
	w.must(w.saveSnapshot(meta(5, 1)))
	before := suite.Files(w.sim, "wal/n2")
	w.must(w.release(5))
	w.must(w.purge())
	if got := suite.Files(w.sim, "wal/n2"); len(got) >= len(before) || !slices.Equal(segmentsOf(w.sim), other) {
		w.fail(failure{
			Got:   "left in wal/n2: " + strings.Join(got, ", ") + "\nleft in log: " + strings.Join(segmentsOf(w.sim), ", "),
			Want:  "left in wal/n2: less than " + strings.Join(before, ", ") + "\nleft in log: " + strings.Join(other, ", "),
			Means: "a log's folder is the one that Create or Open was given. Another is another log's, which has released nothing.",
		})
	}
	w.must(w.close())
}

// purgeInOrder purges, and returns what was removed. It fails unless each removal
// is durable before the next. means says why nothing may fail.
func (w *world) purgeInOrder(means string) (removed []string) {
	w.Helper()
	var undone disk.Undecided
	w.sim.Watch(func(e disk.Event) {
		if e.Op != disk.OpRemove || e.Err != nil {
			return
		}
		removed = append(removed, path.Base(e.Name))
		if open := openNames(w.sim); len(open) > 1 && undone.Name == "" {
			undone = open[0]
		}
	})
	err := w.purge()
	w.sim.Watch(nil)
	w.mustBecause(err, means)
	w.without(disk.OpCreate, "Purge makes no file: one that is gone is done.")
	if undone.Name != "" {
		w.fail(failure{Got: "the next is removed while a crash may still take back: " + undone.String(), Want: "SyncDir between the two", Means: "a crash may take back the first removal and not the second: then there is a gap, and the log cannot be opened. Whoever has removed a file may not have synced the folder."})
	}
	w.closesAll()
	return removed
}

// openNames are the changes of names in the log's folder that a crash may still
// take back.
func openNames(sim *disk.Sim) (open []disk.Undecided) {
	for _, u := range sim.Pending() {
		if u.Kind == disk.NameKind && path.Dir(u.Name) == dir {
			open = append(open, u)
		}
	}
	return open
}

// purgeFails has a removal fail.
func (c *check) purgeFails(f disk.Fault) {
	w := c.six()
	names := segmentsOf(w.sim)
	keep := len(w.gives(7))
	struck := w.sim.Inject(f)
	err := w.purge()
	w.sim.Heal()
	if struck() == 0 || err == nil {
		w.fail(failure{Got: "nil", Want: "the disk's error", Means: "the disk said no (" + failedOp(w.sim) + "), and the space is not free."})
	}
	if l := look(w.sim.Crash(disk.Kept)); l.wrong != nil {
		w.fail(failure{Got: l.wrong.Error(), Want: "a log", Means: "behind a removal that has failed (" + failedOp(w.sim) + ") the next one makes a gap."})
	}
	if f.Ops == disk.OpSyncDir {
		before := len(segmentsOf(w.sim))
		if err := w.purge(); err == nil || len(segmentsOf(w.sim)) != before {
			w.fail(failure{Got: fmt.Sprintf("the next Purge: %s; files removed by it: %d", w.told(err), before-len(segmentsOf(w.sim))), Want: "the error again, and nothing removed", Means: "whether the removal before is durable nobody knows, and a second SyncDir that succeeds proves nothing. What is removed behind it may leave a gap; the next start knows more."})
		}
		w.must(w.save(state(1, 1, 10)))
		w.must(w.close())
		return
	}
	w.must(w.purge()) // the next one goes on there
	if got := segmentsOf(w.sim.Crash(disk.Lost)); !slices.Equal(got, names[keep:]) {
		w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "left: " + strings.Join(names[keep:], ", "), Means: "the next Purge does what the failed one has left, durably."})
	}
	w.must(w.close())
}

// lockedIsLeft is I34.
func lockedIsLeft(c *check) {
	w := c.six()
	names := segmentsOf(w.sim)
	keep := len(w.gives(10))
	reader, err := w.sim.Open(path.Join(dir, names[1]), os.O_RDWR, 0)
	if err == nil {
		err = reader.Lock()
	}
	if err != nil {
		c.Fatal(err)
	}
	w.did = append(w.did, "somebody locks "+names[1]+", to copy it")
	w.mustBecause(w.purge(), "a segment that somebody reads is no failure of the node: it is removed later.")
	if got := segmentsOf(w.sim); !slices.Equal(got, names[1:]) {
		w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "left: " + strings.Join(names[1:], ", "), Means: "it ends at the locked one: going on behind it makes a gap, and removing it takes it from under its reader."})
	}
	if err := reader.Close(); err != nil {
		c.Fatal(err)
	}
	w.closesAll()
	w.did = append(w.did, "the lock is given up")
	w.must(w.purge())
	if got := segmentsOf(w.sim); !slices.Equal(got, names[keep:]) {
		w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "left: " + strings.Join(names[keep:], ", "), Means: "the next Purge goes on where the last one ended."})
	}
	w.must(w.close())
	c.goneAlready()
	c.goneMeanwhile()
	c.notItsOwn()
}

// notItsOwn releases and purges in a log that was closed, or not read.
func (c *check) notItsOwn() {
	closed := c.six()
	closed.must(closed.release(7))
	closed.must(closed.close())
	unread := c.six()
	unread.must(unread.close())
	unread.must(unread.open(meta(5, 1), small))
	for _, l := range []struct {
		*world
		kind, means string
	}{
		{closed, "ErrClosed", "with Close the log has given up its locks: the files may be another process's by now, who has not released them."},
		{unread, "ErrNotRead", "what was not read to its end nobody knows: neither its commit nor whether it can be opened at that snapshot."},
	} {
		for _, call := range []func() error{func() error { return l.release(9) }, l.purge} {
			c.world = l.world
			if err := call(); c.kind(err) != l.kind {
				l.fail(failure{Got: c.told(err), Want: l.kind, Means: l.means})
			}
			l.without(disk.OpChanges, l.means)
		}
	}
	unread.must(unread.close())
}

// goneAlready purges where somebody was faster.
func (c *check) goneAlready() {
	w := c.six()
	names := segmentsOf(w.sim)
	keep := len(w.gives(7))
	if err := w.sim.Remove(path.Join(dir, names[0])); err != nil {
		c.Fatal(err)
	}
	w.did = append(w.did, "somebody removes "+names[0])
	w.purgeInOrder("what is gone already is done: two that clean up must not bring the node down (etcd#22470).")
	if got := segmentsOf(w.sim.Crash(disk.Lost)); !slices.Equal(got, names[keep:]) {
		w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "left: " + strings.Join(names[keep:], ", "), Means: "the others are removed all the same, and all of it is durable: whoever was faster may not have synced the folder."})
	}
	w.must(w.close())
}

// goneMeanwhile purges where somebody is faster by a moment.
func (c *check) goneMeanwhile() {
	w := c.six()
	names := segmentsOf(w.sim)
	keep := len(w.gives(7))
	w.sim.Inject(disk.Fault{Ops: disk.OpRemove, Name: names[0], Done: true, Err: fs.ErrNotExist})
	w.did = append(w.did, "somebody removes "+names[0]+", a moment before Purge does")
	w.mustBecause(w.purge(), "what is gone already is done, also when it was there a moment ago: two that clean up must not bring the node down (etcd#22470).")
	if got := segmentsOf(w.sim.Crash(disk.Lost)); !slices.Equal(got, names[keep:]) {
		w.fail(failure{Got: "left: " + strings.Join(got, ", "), Want: "left: " + strings.Join(names[keep:], ", "), Means: "the others are removed all the same, and all of it is durable: whoever was faster may not have synced the folder."})
	}
	w.must(w.close())
}
