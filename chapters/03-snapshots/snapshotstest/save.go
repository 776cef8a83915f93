package snapshotstest

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// savedInOrder is I1.
func savedInOrder(c *check) {
	w := c.fresh(roomy)
	for _, s := range []struct {
		state *raftpb.HardState
		ents  []*raftpb.Entry
	}{{nil, run(1, 1, 1)}, {state(1, 1, 0), nil}, {state(2, 0, 1), run(2, 2, 4)}, {nil, run(2, 5, 6)}, {nil, run(3, 5, 5)}, {&raftpb.HardState{}, run(3, 6, 6)}, {state(0, 0, 0), run(3, 7, 7)}} {
		keep := slices.Clone(s.ents)
		w.must(w.save(s.state, s.ents...))
		w.holds(w.sim, len(w.saved), "first the entries, in order, then the hard state: a commit that is read before its entries points at nothing. An empty hard state, nil or not, is none: written, it says that the node was never in a term and has given no vote, and nobody can read the log.")
		if !slices.Equal(keep, s.ents) {
			w.fail(failure{Got: "the caller's slice of entries was changed", Want: "it is not", Means: "the entries are raft's: it sends them to others while they are saved."})
		}
	}
	for _, nothing := range []*raftpb.HardState{nil, {}} {
		w.must(w.save2(nothing))
		w.without(disk.OpWrite|disk.OpSync, "raft calls Save with nothing to save again and again; a record and a sync for each would be the node's whole work.")
	}
	w.must(w.close())
	want := newImage().save(nil, run(1, 1, 1)...).save(state(1, 1, 0)).save(state(2, 0, 1), run(2, 2, 4)...).save(nil, run(2, 5, 6)...).save(nil, run(3, 5, 5)...).save(nil, run(3, 6, 7)...)
	w.differ(want.names[0], suite.Content(w.sim, dir+"/"+want.names[0]), want.files[0].Bytes(), "an entry is a record of type 2, a hard state one of type 3, and their data is raft's message: etcd's tools read no other.")
}

// save2 saves a state that is none, and expects no record of it.
func (w *world) save2(s *raftpb.HardState) error {
	return w.call("Save(state "+stateWords(s)+", entries none)", func() error { return w.log.Save(s, nil) })
}

// sameCalls makes the calls that etcd was given, and compares the files.
func (c *check) sameCalls(g goldenLog) {
	w := c.on(disk.NewSim(), "the calls of testdata/golden/"+g.name+".txtar")
	g.replay(w)
	if got := segmentsOf(w.sim); !slices.Equal(got, g.segments()) {
		w.fail(failure{Got: "the folder holds " + strings.Join(got, ", "), Want: strings.Join(g.segments(), ", "), Means: "etcd v3.7.3 cuts here, and gives these names. A cut comes behind the Save that finds the segment full."})
	}
	for _, f := range g.files {
		w.differ(f.name, suite.Content(w.sim, dir+"/"+f.name), f.bytes, "etcd v3.7.3 has written the second for the same calls; its tools must be able to read yours.")
	}
}

// segmentsOf are the files of the log's folder.
func segmentsOf(fsys disk.FS) []string { return suite.Files(fsys, dir) }

// actedOnIsSynced is I2.
func actedOnIsSynced(c *check) {
	for _, s := range []struct {
		what  string
		state *raftpb.HardState
		ents  []*raftpb.Entry
		must  bool
		means string
	}{
		{"entries", nil, run(1, 4, 5), true, "raft tells the leader that it has these entries; a committed one may be on no disk at all."},
		{"a term", state(2, 1, 2), nil, true, "raft has answered in the new term; after a crash it would answer in the old one."},
		{"a vote", state(1, 2, 2), nil, true, "raft has given its vote; after a crash it would give another one in the same term: two leaders."},
		{"entries, and the state as before", state(1, 0, 2), run(1, 4, 4), true, "raft tells the leader that it has these entries."},
		{"entries and a commit", state(1, 0, 4), run(1, 4, 4), true, "raft tells the leader that it has these entries."},
		{"a commit", state(1, 0, 3), nil, false, ""},
	} {
		w := c.fresh(roomy)
		w.must(w.save(state(1, 0, 2), run(1, 1, 3)...))
		before := len(w.saved)
		w.must(w.save(s.state, s.ents...))
		if s.must {
			w.holds(w.sim.Crash(disk.Lost), len(w.saved), "after a loss of power "+s.what+" must be there: "+s.means)
			continue
		}
		w.without(disk.OpSync, "a commit alone need not be durable: raft learns it again. A sync for each would halve the speed of a follower.")
		w.holds(w.sim.Kill(), len(w.saved), "the process is killed, the machine runs on: a commit alone need not be synced, but it is in the file when Save returns.")
		w.holds(w.sim.Crash(disk.Lost), before, "what was synced before stays.")
		w.must(w.sync())
		w.holds(w.sim.Crash(disk.Lost), len(w.saved), "Sync makes the commit durable.")
	}
}

// stateIsCopied is I3.
func stateIsCopied(c *check) {
	w := c.fresh(roomy)
	h := state(1, 1, 0)
	w.must(w.save(h, run(1, 1, 1)...))
	h.Term, h.Vote = new(uint64(5)), new(uint64(2))
	w.must(w.save(h))
	w.holds(w.sim.Crash(disk.Lost), len(w.saved), "the caller has filled the same message again. Compared with itself nothing has changed, nothing is synced, and after a crash the node votes twice in term 5.")
	*h.Term, *h.Vote = 6, 3 // the same numbers in memory
	w.must(w.save(h))
	w.holds(w.sim.Crash(disk.Lost), len(w.saved), "a copy of the message must not share its numbers: they are pointers.")
	w.must(w.close())
}

// segmentHeads is I5: long Saves, then the same calls as etcd.
func segmentHeads(c *check) {
	for _, metadata := range [][]byte{owner, {}, nil} {
		w := c.on(disk.NewSim(), "")
		w.must(w.create(metadata, small))
		w.must(w.save(nil, entry(1, 1, 1200)))
		w.must(w.save(state(1, 1, 1), entry(1, 2, 1200), entry(1, 3, 1200)))
		w.must(w.save(state(2, 3, 2)))
		w.must(w.save(&raftpb.HardState{}, entry(2, 4, 1200))) // no state, and the one before stays
		w.must(w.save(nil, entry(2, 5, 20)))
		w.must(w.sync())
		w.holds(w.sim, len(w.saved), "each segment begins with the metadata and the last hard state: when those before it are removed, the node must know who it is and whom it has voted for.")
		w.wholeSaves(metadata)
		w.must(w.close())
	}
	c.headIsSaved()
	c.largerThanSegment()
	for _, g := range goldens(c.T) {
		if !g.reopens() {
			c.sameCalls(g)
		}
	}
}

// largerThanSegment makes Saves that are larger than a segment: of one that is
// held in memory as a whole nothing is written when a cut is thought of, and most
// of a larger one is.
func (c *check) largerThanSegment() {
	w := c.fresh(small)
	w.must(w.save(state(1, 1, 0), entry(1, 1, 200<<10)))
	w.namedBy([]uint64{0, 2}, "of a Save of more than 128 KiB pages are written before it is at its end. Asked then, the segment has more than its 1024 bytes, and ends behind this very Save, as etcd's does.")
	w.must(w.save(nil, entry(1, 2, 100<<10)))
	w.namedBy([]uint64{0, 2}, "of a Save of 100 KiB nothing is written before its sync. Asked before that, the segment has room, as etcd's has.")
	w.must(w.save(nil, entry(1, 3, 0)))
	w.namedBy([]uint64{0, 2, 4}, "the segment was found full by this Save, and ends behind it.")
	w.holds(w.sim.Crash(disk.Lost), len(w.saved), "a Save behind which a segment is begun is durable.")
	w.must(w.close())
}

// headIsSaved has the caller write into its message before a cut.
func (c *check) headIsSaved() {
	w := c.fresh(small)
	h := state(1, 1, 0)
	w.must(w.save(h, entry(1, 1, 1100)))
	*h.Term, *h.Vote = 9, 9 // not saved
	w.must(w.save(nil, entry(1, 2, 0)))
	w.must(w.save(nil, entry(1, 3, 0)))
	w.holds(w.sim, len(w.saved), "what the caller writes into its message and does not save stands at the head of the new segment: a term that nobody was ever in.")
	w.must(w.close())
}

// wholeSaves looks at the segments of I5: which records are in which, and at
// their heads.
func (w *world) wholeSaves(metadata []byte) {
	w.Helper()
	l := look(w.sim)
	if len(l.names) < 3 {
		w.fail(failure{Got: listing(l), Want: "a new segment whenever a Save finds more than 1024 bytes", Means: "a log that never leaves its first segment can forget nothing: the disk fills up."})
	}
	want := fmt.Sprintf("metadata %q", metadata)
	if metadata == nil {
		want = "metadata nil"
	}
	for i, recs := range l.each {
		if len(recs) == 0 || recs[0] != want {
			w.fail(failure{Got: listing(l), Want: want + " at the head of " + l.names[i], Means: "who owns the log stands in every segment, exactly as Create was given it: nil and empty differ."})
		}
		if slices.Contains(recs, w.saved[1]) != slices.Contains(recs, w.saved[2]) {
			w.fail(failure{Got: listing(l), Want: "what one Save was given in one segment", Means: "a crash between the two would leave half a Save, sealed."})
		}
	}
	if strings.HasPrefix(l.each[1][min(1, len(l.each[1])-1)], "state empty") {
		w.fail(failure{Got: listing(l), Want: "no hard state where none was saved", Means: "an empty hard state says term 0: raft has none before it has begun."})
	}
}

// namesNeverGoBack is I6.
func namesNeverGoBack(c *check) {
	const means = "Open and ReleaseLockTo find a snapshot's segment by these names. One that goes back hides the segment that the snapshot is in; a folder of such names is no log."
	w := c.fresh(small)
	w.must(w.save(state(1, 1, 1), run(1, 1, 9)...))
	w.must(w.save(nil, entry(1, 10, 1200))) // leaves the first segment full
	w.must(w.save(nil, entry(1, 11, 0)))    // begins the second, named by what comes next
	w.namedBy([]uint64{0, 12}, means)
	w.must(w.save(state(2, 1, 1), entry(2, 3, 1200)))
	w.must(w.save(nil, entry(2, 4, 0)))
	w.namedBy([]uint64{0, 12, 12}, means)
	w.must(w.saveSnapshot(meta(100, 3)))
	w.must(w.save(state(3, 1, 100), entry(3, 101, 1200)))
	w.must(w.save(nil, entry(3, 102, 0)))
	w.namedBy([]uint64{0, 12, 12, 103}, means)
	w.must(w.close())

	w = c.fresh(small)
	w.must(w.save(state(1, 1, 1), run(1, 1, 9)...))
	w.must(w.save(nil, entry(2, 3, 1200)))
	w.must(w.save(nil, entry(2, 4, 0)))
	w.namedBy([]uint64{0, 5}, "the log went back before the first cut. A name is the index of the entry to come, 5 here, not the highest that there ever was: with a higher one a segment is kept that no snapshot needs, and etcd gives this one.")
	w.must(w.close())
}

// namedBy fails unless the segments carry these indexes.
func (w *world) namedBy(want []uint64, means string) {
	w.Helper()
	var names []string
	for i, index := range want {
		names = append(names, fmt.Sprintf("%016x-%016x.wal", i, index))
	}
	if got := segmentsOf(w.sim); !slices.Equal(got, names) {
		w.fail(failure{Got: strings.Join(got, "\n"), Want: strings.Join(names, "\n"), Means: means})
	}
}

// saveFaults are the ways in which a write or a sync may go wrong.
var saveFaults = []disk.Fault{
	{},
	{Err: syscall.ENOSPC, Bytes: 24},
	{Err: suite.ErrDisk, Pages: disk.PagesReverted},
	{Done: true},
}

// failedSave is I7: every operation of a few Saves fails once; from then on the
// disk would work again.
func failedSave(c *check) {
	for _, f := range saveFaults {
		f.Ops = disk.OpChanges
		for f.Nth = 1; c.saveFails(f); f.Nth++ {
		}
	}
}

// saveFails has one operation fail, and reports whether there is such an one.
func (c *check) saveFails(f disk.Fault) bool {
	w := c.fresh(small)
	struck := w.sim.Inject(f)
	promised := 0
	for i := uint64(1); i <= 5; i++ {
		h, ents := state(1, 1, i), []*raftpb.Entry{entry(1, i, 500)}
		if i == 3 {
			h.Commit, ents = new(uint64(2)), nil // a commit alone comes earlier
			h.Term = new(uint64(2))
		}
		if i > 3 {
			h.Term, h.Commit, ents[0] = new(uint64(2)), new(i-1), entry(2, i-1, 500)
		}
		err := w.save(h, ents...)
		if struck() > 0 {
			w.saveTold(err, f, promised, savedWords(h, ents))
			return true
		}
		w.must(err)
		promised = len(w.saved)
	}
	w.sim.Heal()
	w.must(w.close())
	w.closedSaves()
	return false
}

// closedSaves saves in a log that was closed.
func (w *world) closedSaves() {
	w.Helper()
	for _, ents := range [][]*raftpb.Entry{nil, run(3, 5, 5)} {
		if err := w.save(nil, ents...); w.kind(err) != "ErrClosed" {
			w.fail(failure{Got: w.told(err), Want: "ErrClosed", Means: "a closed log takes nothing, and says so also where there is nothing to save: it may belong to someone else by now."})
		}
	}
}

// saveTold fails unless the Save that the fault has hit returned an error, no
// later one succeeds, and what was promised is there.
func (w *world) saveTold(err error, f disk.Fault, promised int, tried []string) {
	w.Helper()
	failed := failedOp(w.sim)
	w.sim.Heal()
	if err == nil {
		w.fail(failure{Got: "nil", Want: "the disk's error", Means: "the disk said no (" + failed + "), and raft was told yes."})
	}
	w.saved = append(w.saved[:promised:promised], tried...)
	late := w.save(state(9, 9, 1))
	if late == nil {
		w.fail(failure{Got: "a later Save: nil", Want: "the first error again", Means: "behind bytes that may be missing (" + failed + ") nothing can be promised any more."})
	}
	w.without(disk.OpWrite|disk.OpSync, "behind bytes that may be missing: not one more write.")
	if err := w.close(); err == nil {
		w.fail(failure{Got: "Close: nil", Want: "the first error once more", Means: "who only looks at the error of Close must learn it."})
	}
	if n := len(segmentsOf(w.sim)) - len(unlocked(w.sim)); n > 0 {
		w.fail(failure{Got: fmt.Sprintf("%d files are still locked", n), Want: "none", Means: "the log cannot be opened again for as long as this process lives."})
	}
	w.holds(w.sim.Crash(disk.Lost), promised, "what Save has acknowledged before the disk failed ("+failed+") is there after a crash.")
}

// failedOp is the last operation on a disk that failed, in words.
func failedOp(sim *disk.Sim) string {
	for _, e := range slices.Backward(sim.Log()) {
		if e.Err != nil && e.Op&(disk.OpChanges|disk.OpClose) != 0 {
			return e.String()
		}
	}
	return "an operation"
}

// equalState reports whether two hard states say the same.
func equalState(a, b *raftpb.HardState) bool {
	return a.GetTerm() == b.GetTerm() && a.GetVote() == b.GetVote() && a.GetCommit() == b.GetCommit()
}

// equalEntries reports whether two lists of entries are the same.
func equalEntries(a, b []*raftpb.Entry) bool {
	return slices.EqualFunc(a, b, func(x, y *raftpb.Entry) bool { return proto.Equal(x, y) })
}
