package snapshotstest

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"syscall"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// valid calls ValidSnapshotEntries.
func (w *world) valid() (list []*raftpb.SnapshotMetadata, err error) {
	err = w.call(fmt.Sprintf("ValidSnapshotEntries(%q)", dir), func() error {
		list, err = w.Valid(w.sim, dir)
		return err
	})
	return list, err
}

// areValid fails unless these snapshots are returned, in order.
func (w *world) areValid(want []*raftpb.SnapshotMetadata, means string) {
	w.Helper()
	got, err := w.valid()
	if err != nil || !slices.EqualFunc(got, want, sameMeta) {
		w.fail(failure{Got: metasWords(got) + ", error " + w.told(err), Want: metasWords(want), Means: means})
	}
	w.without(disk.OpChanges|disk.OpLock, "to look at a log changes nothing, and must work while a node uses it.")
}

// sameMeta compares two positions; the conf state too, where there is one.
func sameMeta(a, b *raftpb.SnapshotMetadata) bool {
	return a.GetIndex() == b.GetIndex() && a.GetTerm() == b.GetTerm() && proto.Equal(a.GetConfState(), b.GetConfState()) && (a.ConfState == nil) == (b.ConfState == nil)
}

// validToCommit is I26.
func validToCommit(c *check) {
	zero := bare(0, 0)
	full := meta(3, 1)
	full.ConfState = &raftpb.ConfState{Voters: []uint64{1, 2}, VotersOutgoing: []uint64{3}, Learners: []uint64{4}}
	base := func() *image { return newImage().save(state(1, 1, 3), run(1, 1, 10)...) }
	late := new(image).segment(9, owner).save(state(1, 1, 12), run(1, 9, 12)...).snapshot(meta(10, 1))
	late.names[0] = fmt.Sprintf("%016x-%016x.wal", 3, 9)
	for _, v := range []struct {
		log   *image
		want  []*raftpb.SnapshotMetadata
		means string
	}{
		{newImage(), []*raftpb.SnapshotMetadata{zero}, "the beginning of the log is recorded as the snapshot of index 0, and is a start, too: no commit is below it, also where nothing was committed."},
		{base().snapshot(full), []*raftpb.SnapshotMetadata{zero, full}, "a snapshot at the commit is valid. They come in the order of their records, with their members."},
		{base().snapshot(meta(4, 1)), []*raftpb.SnapshotMetadata{zero}, "one entry beyond the commit: nobody has relied on it, and opened there the log may have nothing."},
		{base().snapshot(meta(100, 2)), []*raftpb.SnapshotMetadata{zero}, "a leader's snapshot that no hard state has committed."},
		{base().snapshot(meta(100, 2)).save(state(2, 0, 100)), []*raftpb.SnapshotMetadata{zero, meta(100, 2)}, "the commit comes behind the record, and counts all the same."},
		{base().snapshot(meta(2, 1)).snapshot(meta(3, 1)).snapshot(meta(2, 1)), []*raftpb.SnapshotMetadata{zero, meta(2, 1), meta(3, 1), meta(2, 1)}, "all of them, in the order in which they were recorded."},
		{base().snapshot(bare(2, 1)), []*raftpb.SnapshotMetadata{zero, bare(2, 1)}, "etcd before 3.5 wrote no conf state; such logs still exist."},
		{base().snapshot(meta(3, 1)).save(state(1, 1, 2)), []*raftpb.SnapshotMetadata{zero}, "the last hard state counts, not the highest commit: what was there before has not survived a crash, or is another node's."},
		{base().snapshot(meta(2, 1)).next(11, state(1, 1, 3)).snapshot(meta(3, 1)).save(state(1, 1, 9)).next(11, state(1, 1, 9)).snapshot(meta(9, 1)), []*raftpb.SnapshotMetadata{zero, meta(2, 1), meta(3, 1), meta(9, 1)}, "records and commit may stand in any segment."},
		{late, []*raftpb.SnapshotMetadata{meta(10, 1)}, "the first segment was purged, and with it the beginning."},
	} {
		w := c.on(v.log.disk(), "a log of "+shorten(look(v.log.disk()).lines))
		w.areValid(v.want, v.means)
	}
	for _, g := range goldens(c.T) {
		want := []*raftpb.SnapshotMetadata{zero}
		for _, f := range g.calls {
			var at string
			if n, _ := fmt.Sscanf(f, "snapshot %s", &at); n == 1 {
				want = append(want, goldenMeta(at))
			}
		}
		c.on(g.disk(), "the log of testdata/golden/"+g.name+".txtar").areValid(want, "etcd v3.7.3 has recorded these.")
	}
}

// tornHidesNothing is I27.
func tornHidesNothing(c *check) {
	m := newImage().save(state(1, 1, 3), run(1, 1, 4)...).snapshot(meta(2, 1))
	m.next(5, state(1, 1, 3)).snapshot(meta(3, 1)).snapshot(meta(100, 2)) // the last beyond the commit
	keep := m.end()
	m.save(nil, run(1, 5, 5)...).snapshot(meta(1, 1))
	want := []*raftpb.SnapshotMetadata{bare(0, 0), meta(2, 1), meta(3, 1)}
	for at := keep; at < m.end(); at++ {
		w := c.on(m.cutTo(at), fmt.Sprintf("a log, its last segment cut at byte %d; there are snapshot records before, one of them beyond the commit, and one behind", at))
		w.areValid(want, "what a crash has torn was promised to nobody; what stands before it was. A node must find its start before it can repair its log.")
	}
	c.damaged(m)
	w := c.on(m.disk(), "a log that a node has open")
	w.must(w.open(nil, small))
	w.areValid(append(want, meta(1, 1)), "to look at a log works while a node uses it.")
	w.must(w.close())
}

// damaged looks at logs that are corrupt, or that cannot be read.
func (c *check) damaged(m *image) {
	sealed := *m
	sim := sealed.disk()
	b := suite.Content(sim, path.Join(dir, m.names[0]))
	b[len(b)-20] ^= 4
	put(sim, path.Join(dir, m.names[0]), b)
	for what, sim := range map[string]*disk.Sim{
		"a log with a changed bit in a sealed segment":     sim,
		"a log with a snapshot record that is not one":     newImage().save(state(1, 1, 1), run(1, 1, 1)...).record(records.TypeSnapshot, []byte{0xff, 0xff}).disk(),
		"a log with a hard state record that is not one":   newImage().save(state(1, 1, 1), run(1, 1, 1)...).snapshot(meta(1, 1)).record(records.TypeState, []byte{0xff, 0xff}).disk(),
		"a log with an unknown field in a snapshot record": newImage().save(state(1, 1, 1), run(1, 1, 1)...).record(records.TypeSnapshot, []byte{0x20, 1}).disk(),
	} {
		w := c.on(sim, what)
		if got, err := w.valid(); c.kind(err) != "corrupt" || got != nil {
			w.fail(failure{Got: metasWords(got) + ", error " + c.told(err), Want: "corrupt, and no snapshot", Means: "of a log that is damaged nobody knows what it had recorded."})
		}
	}
	w := c.on(m.disk(), "a log")
	w.sim.Inject(disk.Fault{Ops: disk.OpRead, Name: m.names[1], Err: suite.ErrDisk, Always: true})
	if got, err := w.valid(); c.kind(err) != "the disk's error" || got != nil {
		w.fail(failure{Got: metasWords(got) + ", error " + c.told(err), Want: "the disk's error, and no snapshot", Means: "a disk that does not answer is not the end of a log: without the rest the commit is unknown."})
	}
}

// onlyRecorded is I28.
func onlyRecorded(c *check) {
	there := with(snaps(meta(5, 1), meta(7, 1), meta(9, 2)), fileName(12, 2), []byte("cut short by a crash"))
	for _, r := range []struct {
		recorded    []*raftpb.SnapshotMetadata
		index, term uint64
		means       string
	}{
		{nil, 0, 0, "nothing is recorded: no file counts."},
		{[]*raftpb.SnapshotMetadata{bare(0, 0)}, 0, 0, "nothing but the beginning is recorded, which has no file."},
		{[]*raftpb.SnapshotMetadata{meta(5, 1)}, 5, 1, "newer files than the recorded one were left by a crash before their record was written."},
		{[]*raftpb.SnapshotMetadata{meta(5, 1), meta(9, 2), meta(7, 1)}, 9, 2, "the newest, whatever order the list has."},
		{[]*raftpb.SnapshotMetadata{meta(9, 2), meta(5, 1)}, 9, 2, "the newest, whatever order the list has."},
		{[]*raftpb.SnapshotMetadata{meta(7, 2), meta(5, 1)}, 5, 1, "index 7 was recorded in term 2; the file is of term 1, another history."},
		{[]*raftpb.SnapshotMetadata{meta(8, 1), meta(5, 1)}, 5, 1, "8 was recorded, and its file is not there."},
		{[]*raftpb.SnapshotMetadata{bare(7, 1)}, 7, 1, "index and term say which; an old record has no conf state."},
	} {
		w := c.folderOf(there)
		var snap *raftpb.Snapshot
		err := w.call("LoadNewestAvailable("+metasWords(r.recorded)+")", func() (err error) {
			snap, err = w.New(w.sim, folder).LoadNewestAvailable(r.recorded)
			return err
		})
		w.isSnap(snap, err, r.index, r.term, r.means)
		w.keeps(w.sim, there, "a file that was never recorded is not looked at: nobody knows how far its writing came.")
	}
}

// match calls Match.
func (w *world) match() (snap *raftpb.Snapshot, err error) {
	err = w.call(fmt.Sprintf("Match(%q, %q)", dir, folder), func() error {
		snap, err = w.Match(w.sim, dir, folder)
		return err
	})
	return snap, err
}

// both begins a world with a log and snapshot files.
func (c *check) both(m *image, there map[string][]byte) *world {
	sim := m.disk()
	var names []string
	for name, b := range there {
		put(sim, path.Join(folder, name), b)
		names = append(names, name)
	}
	slices.Sort(names)
	what := "a log of " + shorten(look(sim).lines) + "\nand the snapshot files"
	for _, n := range names {
		what += "\n" + n
	}
	if names == nil {
		what = strings.TrimSuffix(what, "the snapshot files") + "no snapshot file"
	}
	return c.on(sim.Crash(disk.Kept), what)
}

// newestBothKnow is I29.
func newestBothKnow(c *check) {
	base := func() *image {
		return newImage().save(state(1, 1, 9), run(1, 1, 10)...).snapshot(meta(5, 1)).snapshot(meta(7, 1))
	}
	broken := with(snaps(meta(5, 1)), fileName(7, 1), []byte("torn"))
	for _, b := range []struct {
		log   *image
		files map[string][]byte
		index uint64
		means string
	}{
		{base(), snaps(meta(5, 1), meta(7, 1)), 7, "both know 5 and 7."},
		{base(), snaps(meta(5, 1), meta(7, 1), meta(9, 1)), 7, "9 was saved, and a crash came before its record: the log may not go on from there."},
		{base(), snaps(meta(5, 1)), 5, "7 was recorded, and its file is gone: from 5 on the log has everything."},
		{base(), broken, 5, "the file of 7 is corrupt: from 5 on the log has everything."},
		{base().snapshot(meta(10, 1)), snaps(meta(5, 1), meta(10, 1)), 5, "10 is beyond the commit."},
		{base(), snaps(meta(7, 2)), 0, "7 of term 2 is another snapshot than the log's, so they have none in common; and the log reaches back to its beginning, so the node reads it all."},
		{base(), nil, 0, "no file, and the log reaches back to its beginning: the node reads it all."},
		{newImage(), nil, 0, "a new node."},
		{base().snapshot(meta(100, 2)), snaps(meta(7, 1), meta(100, 2)), 7, "the leader's snapshot was never committed."},
		{base().snapshot(meta(100, 2)).save(state(2, 0, 100)), snaps(meta(7, 1), meta(100, 2)), 100, "the leader's snapshot, committed."},
	} {
		w := c.both(b.log, b.files)
		snap, err := w.match()
		if err != nil || snap.GetMetadata().GetIndex() != b.index || (snap == nil) != (b.index == 0) {
			want := fmt.Sprintf("snapshot %d", b.index)
			if b.index == 0 {
				want = "nil, and no error"
			}
			w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + c.told(err), Want: want, Means: b.means})
		}
	}
	for _, f := range []disk.Fault{{Ops: disk.OpOpen, Name: fileName(7, 1), Err: syscall.EACCES}, {Ops: disk.OpRead, Name: fileName(7, 1)}, {Ops: disk.OpList, Name: folder}} {
		c.matchUnread(f, c.both(base(), snaps(meta(5, 1), meta(7, 1))))
	}
}

// matchUnread fails unless Match returns an error where the folder does not
// answer.
func (c *check) matchUnread(f disk.Fault, w *world) {
	struck := w.sim.Inject(f)
	snap, err := w.match()
	w.sim.Heal()
	if struck() == 0 {
		return // it asks in another way
	}
	failed := "the file of 7 could not be read"
	if f.Ops == disk.OpList {
		failed = "the folder of snapshots could not be listed"
	}
	if err == nil || c.kind(err) == "ErrNoSnapshot" {
		w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + c.told(err), Want: "the disk's error", Means: failed + ": that is not to have none. The log has its beginning still, but where a leader's snapshot has replaced its entries a node that starts there has lost them, and its state."})
	}
}

// withoutBeginning is I30.
func withoutBeginning(c *check) {
	late := func() *image {
		m := new(image).segment(9, owner).save(state(1, 1, 12), run(1, 9, 12)...).snapshot(meta(10, 1))
		m.names[0] = fmt.Sprintf("%016x-%016x.wal", 3, 9)
		return m
	}
	w := c.both(late(), snaps(meta(10, 1)))
	if snap, err := w.match(); err != nil || snap.GetMetadata().GetIndex() != 10 {
		w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + c.told(err), Want: "snapshot 10", Means: "the segments before it were purged, and it stands for them."})
	}
	for _, there := range []map[string][]byte{nil, snaps(meta(11, 1)), {fileName(10, 1): []byte("torn")}, snaps(meta(4, 1))} {
		w := c.both(late(), there)
		if snap, err := w.match(); c.kind(err) != "ErrNoSnapshot" || snap != nil {
			means := "the beginning of the log is gone, and no snapshot that it has recorded stands for it. "
			if snap != nil {
				means += "This one it has not recorded: opened there, it has lost what it has promised."
			} else {
				means += "Started empty, the node would have forgotten what it has promised, and vote again. Whoever starts it tells that by this error."
			}
			w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + c.told(err), Want: "no snapshot, and ErrNoSnapshot", Means: means})
		}
	}
	w = c.both(late(), snaps(meta(10, 1)))
	w.sim.Inject(disk.Fault{Ops: disk.OpOpen, Name: fileName(10, 1), Err: syscall.EIO})
	if snap, err := w.match(); err == nil || c.kind(err) == "ErrNoSnapshot" {
		w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + c.told(err), Want: "the disk's error", Means: "the file may be good: try again, rather than say that there is none."})
	}
	c.matchDamaged(newImage().save(state(1, 1, 3), run(1, 1, 4)...).snapshot(meta(2, 1)).record(records.TypeSnapshot, []byte{0xff}))
}

// matchDamaged fails unless Match returns what is wrong with a log. m is
// corrupt.
func (c *check) matchDamaged(m *image) {
	w := c.both(m, snaps(meta(2, 1)))
	w.did[0] += "\nand the log's last record is no snapshot, though its type says so"
	if snap, err := w.match(); c.kind(err) != "corrupt" || snap != nil {
		w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + c.told(err), Want: "corrupt, and no snapshot", Means: "of a log that is damaged nobody knows what it had recorded, and \"no snapshot\" would be no answer."})
	}
	w = c.both(newImage().save(state(1, 1, 3), run(1, 1, 4)...).snapshot(meta(2, 1)), snaps(meta(2, 1)))
	w.sim.Inject(disk.Fault{Ops: disk.OpRead, Name: "*.wal", Err: suite.ErrDisk, Always: true})
	if snap, err := w.match(); c.kind(err) != "the disk's error" || snap != nil {
		w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + c.told(err), Want: "the disk's error, and no snapshot", Means: "a log that cannot be read may have recorded any snapshot: try again, rather than say that there is none."})
	}
}
