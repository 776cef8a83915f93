package snapshotstest

import (
	"fmt"
	"slices"

	"go.etcd.io/raft/v3/raftpb"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/final/disk"
)

// reading is a log, where it is opened, and what ReadAll has to return.
type reading struct {
	what  string
	log   *image
	start *raftpb.SnapshotMetadata
	// state and ents are wanted; with kind, also the error's.
	state *raftpb.HardState
	ents  []*raftpb.Entry
	kind  string
	means string
}

// reads tries readings.
func (c *check) reads(list []reading) {
	c.Helper()
	for _, r := range list {
		w := c.onDisk(r.log)
		if r.what != "" {
			w.did[0] = r.what + ": " + w.did[0]
		}
		w.must(w.open(r.start, small))
		got, err := w.readAll()
		w.returned(r, got, err)
		if r.kind != "" {
			w.staysUnread()
		}
		w.must(w.close())
	}
}

// returned fails unless ReadAll has returned what a reading wants.
func (w *world) returned(r reading, got result, err error) {
	w.Helper()
	want := result{metadata: owner, state: r.state, ents: r.ents}
	if r.kind == "corrupt" {
		want = result{}
	}
	if want.state == nil {
		want.state = &raftpb.HardState{}
	}
	kind := r.kind
	if kind == "" {
		kind = "nil"
	}
	is := w.kind(err)
	if is == "corrupt" && got.state == nil {
		got.state = &raftpb.HardState{} // nothing comes with it: nil, or an empty one
	}
	switch {
	case is != kind:
		w.fail(failure{Got: resultWords(got) + "\nerror " + w.told(err), Want: resultWords(want) + "\nerror " + kind, Means: r.means})
	case !equalState(got.state, want.state) || (got.state == nil) != (want.state == nil), !equalEntries(got.ents, want.ents), !slices.Equal(got.metadata, want.metadata):
		w.fail(failure{Got: resultWords(got), Want: resultWords(want), Means: r.means})
	}
}

// resultWords is what ReadAll returned, in words.
func resultWords(r result) string {
	return fmt.Sprintf("metadata %q\nstate %s\nentries %s", r.metadata, stateWords(r.state), runWords(r.ents))
}

// staysUnread fails if a log takes a Save that could not be read.
func (w *world) staysUnread() {
	w.Helper()
	for _, err := range []error{w.save(state(99, 1, 0)), w.saveSnapshot(meta(1, 1))} {
		if w.kind(err) != "ErrNotRead" {
			w.fail(failure{Got: w.told(err), Want: "ErrNotRead", Means: "what could not be read to its end must not be written behind: nobody knows what is there."})
		}
	}
	w.without(disk.OpWrite, "a log that could not be read takes nothing.")
}

// savedComesBack is I9.
func savedComesBack(c *check) {
	three := newImage().save(state(1, 1, 0), run(1, 1, 3)...)
	three.next(4, state(1, 1, 0)).save(state(1, 1, 2), run(1, 4, 6)...).snapshot(meta(2, 1)).save(state(2, 2, 5), run(2, 7, 7)...)
	three.next(8, state(2, 2, 5)).save(nil, run(2, 8, 9)...)
	c.reads([]reading{
		{log: newImage(), means: "a new log holds nothing; its hard state is an empty one, not nil."},
		{log: newImage().save(nil, run(1, 1, 1)...), ents: run(1, 1, 1), means: "an entry without a hard state behind it is an entry."},
		{log: newImage().save(state(1, 1, 1), run(1, 1, 2)...).save(state(2, 0, 1)), state: state(2, 0, 1), ents: run(1, 1, 2), means: "the last hard state is the one that counts."},
		{log: newImage().save(state(1, 1, 0), run(1, 1, 1)...).save(nil, run(2, 2, 2)...).next(3, state(1, 1, 0)), state: state(1, 1, 0), ents: append(run(1, 1, 1), run(2, 2, 2)...), means: "a cut says the last hard state once more, also when an entry of a higher term came without one."},
		{log: three, state: state(2, 2, 5), ents: append(run(1, 1, 6), run(2, 7, 9)...), means: "what stands in several segments is one log."},
	})
	for _, metadata := range [][]byte{nil, {}, []byte("x")} {
		m := new(image).segment(0, metadata).record(records.TypeSnapshot, snapshotRecord(bare(0, 0)))
		w := c.on(m.disk(), fmt.Sprintf("a new log with metadata %q", metadata))
		w.must(w.open(nil, small))
		got, err := w.readAll()
		w.must(err)
		if string(got.metadata) != string(metadata) || (got.metadata == nil) != (metadata == nil) {
			w.fail(failure{Got: fmt.Sprintf("%#v", got.metadata), Want: fmt.Sprintf("%#v", metadata), Means: "the owner finds again what it gave; nil and empty differ."})
		}
		w.must(w.close())
	}
	c.readsGoldens(func(start *raftpb.SnapshotMetadata) bool { return start == nil })
	c.onlyOnce()
}

// readsGoldens reads what etcd has written, from the starts that are wanted.
func (c *check) readsGoldens(wanted func(start *raftpb.SnapshotMetadata) bool) {
	for _, g := range goldens(c.T) {
		for _, at := range g.reads {
			if wanted(at.start) {
				c.readsGolden(g, at)
			}
		}
	}
}

// readsGolden reads a log that etcd wrote, as etcd has read it.
func (c *check) readsGolden(g goldenLog, at goldenRead) {
	w := c.on(g.disk(), "the log of testdata/golden/"+g.name+".txtar")
	w.must(w.open(at.start, small))
	got, err := w.readAll()
	w.returned(reading{state: at.state, ents: at.ents, kind: at.kind, means: "etcd v3.7.3 has written this log, and read this from it."}, got, err)
	w.must(w.close())
}

// onlyOnce reads a log twice, and one that was created.
func (c *check) onlyOnce() {
	w := c.on(newImage().disk(), "a new log")
	w.must(w.open(nil, small))
	w.staysUnread()
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	if _, err := w.readAll(); c.kind(err) != "ErrRead" {
		w.fail(failure{Got: c.told(err), Want: "ErrRead", Means: "read again behind new entries, the log would be put together twice."})
	}
	w.must(w.close())
	if _, err := w.readAll(); c.kind(err) != "ErrClosed" {
		w.fail(failure{Got: c.told(err), Want: "ErrClosed", Means: "a closed log may belong to someone else by now."})
	}
}

// staysOverwritten is I10.
func staysOverwritten(c *check) {
	const means = "an entry replaces the one at its index and all behind it. What comes back here was replaced: the node believes that it holds entries that raft has given away, and answers for them."
	c.reads([]reading{
		{log: newImage().save(nil, run(1, 1, 5)...).save(nil, run(2, 3, 4)...), ents: append(run(1, 1, 2), run(2, 3, 4)...), means: means},
		{log: newImage().save(nil, run(1, 1, 5)...).save(nil, run(2, 1, 1)...), ents: run(2, 1, 1), means: means},
		{log: newImage().save(nil, run(1, 1, 2)...).save(nil, run(3, 2, 4)...).save(nil, run(2, 2, 2)...), ents: append(run(1, 1, 1), run(2, 2, 2)...), means: means + " A lower term may replace a higher one: figure 8 of the Raft paper."},
		{
			what: "the overwriting entries end at the start", log: newImage().save(nil, run(1, 1, 5)...).save(nil, run(2, 3, 4)...).snapshot(meta(4, 2)).save(state(2, 1, 4)),
			start: meta(4, 2), state: state(2, 1, 4), means: means + " That they lie at or below the start changes nothing (etcd#22442).",
		},
		{
			what: "the overwriting entries lie below the start", log: newImage().save(nil, run(1, 1, 8)...).save(nil, run(2, 3, 6)...).snapshot(meta(6, 2)).save(state(2, 1, 6)).save(nil, run(2, 7, 7)...),
			start: meta(6, 2), state: state(2, 1, 6), ents: run(2, 7, 7), means: means,
		},
		{
			what: "overwritten in another segment", log: newImage().save(nil, run(1, 1, 5)...).segment(6, owner).save(nil, run(2, 2, 3)...).snapshot(meta(3, 2)).save(state(2, 1, 3)),
			start: meta(3, 2), state: state(2, 1, 3), means: means,
		},
	})
}

// leadersSnapshot is I11.
func leadersSnapshot(c *check) {
	const replaced = "a snapshot beyond the log, or of another term than the entry at its index, came from the leader: what was there before is not its log. Kept, it makes the node promise entries that nobody else has."
	c.reads([]reading{
		{what: "its own", log: newImage().save(state(1, 1, 5), run(1, 1, 10)...).snapshot(meta(5, 1)), start: meta(5, 1), state: state(1, 1, 5), ents: run(1, 6, 10), means: "the node's own snapshot says what may be forgotten, and nothing else: the entries behind it are promised."},
		{what: "its own, and read from the beginning", log: newImage().save(state(1, 1, 5), run(1, 1, 10)...).snapshot(meta(5, 1)), state: state(1, 1, 5), ents: run(1, 1, 10), means: "as long as the entries are there, the log can be read from before the snapshot."},
		{what: "a leader's, of another term", log: newImage().save(nil, run(1, 1, 10)...).snapshot(meta(8, 3)).save(state(3, 1, 8)), start: meta(8, 3), state: state(3, 1, 8), means: replaced},
		{what: "a leader's, beyond the log", log: newImage().save(state(1, 1, 3), run(1, 1, 5)...).snapshot(meta(100, 2)).save(state(2, 0, 100), run(2, 101, 102)...), start: meta(100, 2), state: state(2, 0, 100), ents: run(2, 101, 102), means: replaced},
		{what: "a leader's, with nothing behind it", log: newImage().save(state(1, 1, 3), run(1, 1, 5)...).snapshot(meta(100, 2)).save(state(2, 0, 100)), start: meta(100, 2), state: state(2, 0, 100), means: replaced},
		{what: "a leader's, and then one of its own", log: newImage().save(nil, run(1, 1, 5)...).snapshot(meta(100, 2)).save(state(2, 0, 103), run(2, 101, 105)...).snapshot(meta(103, 2)), start: meta(103, 2), state: state(2, 0, 103), ents: run(2, 104, 105), means: "behind a leader's snapshot the log goes on; one taken of that is its own again."},
		{what: "two of the leader's", log: newImage().save(nil, run(1, 1, 5)...).snapshot(meta(100, 2)).save(state(2, 0, 100)).snapshot(meta(200, 2)).save(state(2, 0, 200), run(2, 201, 201)...), start: meta(200, 2), state: state(2, 0, 200), ents: run(2, 201, 201), means: replaced},
	})
	late := new(image).segment(9, owner).save(state(1, 1, 12), run(1, 9, 12)...).snapshot(meta(10, 1)).save(state(1, 1, 6)).snapshot(meta(8, 1))
	late.names[0] = fmt.Sprintf("%016x-%016x.wal", 3, 9)
	c.reads([]reading{
		{what: "its own, of a purged entry, behind a commit that went down", log: late, start: meta(10, 1), state: state(1, 1, 6), ents: run(1, 11, 12), means: "entry 8 is purged, and nobody knows its term. The commit tells, and what was committed stays so: it was 12, though the last hard state says 6."},
	})
	c.readsGoldens(func(start *raftpb.SnapshotMetadata) bool { return start != nil })
}

// neverCommitted is I12.
func neverCommitted(c *check) {
	const means = "the node died between recording the leader's snapshot and the hard state that commits it. Raft never relied on it: the log before it is the log. A node that takes it for its log cannot start."
	base := func() *image {
		return newImage().save(state(1, 1, 3), run(1, 1, 10)...).snapshot(meta(100, 2))
	}
	c.reads([]reading{
		{log: base(), state: state(1, 1, 3), ents: run(1, 1, 10), means: means},
		{what: "with the entries of the Save that was to commit it", log: base().save(nil, run(2, 101, 102)...), state: state(1, 1, 3), ents: run(1, 1, 10), means: means},
		{what: "and the node has gone on with its old log", log: base().save(nil, run(1, 11, 12)...).save(state(1, 1, 11)), state: state(1, 1, 11), ents: run(1, 1, 12), means: means},
		{what: "and the node has gone on, in a new term, with less", log: base().save(state(2, 0, 4), run(2, 6, 6)...), state: state(2, 0, 4), ents: append(run(1, 1, 5), run(2, 6, 6)...), means: means},
		{what: "opened there", log: base(), start: meta(100, 2), state: state(1, 1, 3), means: "who opens a log at a snapshot relies on it, and that counts as a commit."},
		{what: "and the node has gone on from behind it with its old log", log: newImage().save(state(1, 1, 3), run(1, 1, 10)...).snapshot(meta(8, 3)).save(nil, run(1, 11, 12)...), state: state(1, 1, 3), ents: run(1, 1, 12), means: means + " Entry 11 does not follow snapshot 8, but entry 10: who wrote it did not know the snapshot."},
		{what: "and the node has gone on behind it, in a lower term", log: newImage().save(state(1, 1, 3), run(1, 1, 10)...).snapshot(meta(8, 3)).save(state(2, 0, 3), run(2, 9, 9)...), state: state(2, 0, 3), ents: append(run(1, 1, 8), run(2, 9, 9)...), means: means + " Entry 9 of term 2 cannot follow snapshot 8 of term 3: who wrote it did not know the snapshot."},
		{what: "and the node has gone on, in a term below the snapshot's", log: newImage().save(state(1, 1, 1), run(1, 1, 8)...).snapshot(meta(8, 5)).save(state(2, 1, 8)), state: state(2, 1, 8), ents: run(1, 1, 8), means: means + " The hard state's commit reaches the snapshot's index, but it has term 2, and who knows a snapshot of term 5 is in term 5: it commits entry 8 of the old log."},
		{what: "and the node has gone on, in a term below that of an entry behind it", log: newImage().save(state(1, 1, 1), run(1, 1, 8)...).snapshot(meta(8, 2)).save(nil, run(5, 9, 9)...).save(state(3, 1, 8)), state: state(3, 1, 8), ents: run(1, 1, 8), means: means + " The hard state's term 3 is not below the snapshot's, but below that of entry 9, which only the Save that was to commit the snapshot has written: that was to say term 5."},
		{what: "and the node has gone on, with an entry of a term below that of the entry before it", log: newImage().save(state(3, 1, 1), run(1, 1, 9)...).snapshot(meta(8, 2)).save(nil, run(5, 9, 9)...).save(nil, run(3, 10, 10)...), state: state(3, 1, 1), ents: append(run(1, 1, 9), run(3, 10, 10)...), means: means + " Entry 10 of term 3 cannot follow entry 9 of term 5: it follows entry 9 of term 1, in the old log."},
		{what: "and the leader has sent another one, which is committed", log: base().save(nil, run(2, 101, 105)...).snapshot(meta(103, 2)).save(state(2, 0, 103)), start: meta(103, 2), state: state(2, 0, 103), means: "the node died inside the Save that was to commit snapshot 100, and lived on without 101 to 105. Then came snapshot 103. What a crash has taken back must not come back."},
		{what: "of another term than the entry there", log: newImage().save(state(1, 1, 3), run(1, 1, 10)...).snapshot(meta(8, 3)), state: state(1, 1, 3), ents: run(1, 1, 10), means: means},
	})
}

// startNotThere is I13.
func startNotThere(c *check) {
	base := func() *image {
		return newImage().save(state(1, 1, 3), run(1, 1, 5)...).snapshot(meta(2, 1))
	}
	jump := newImage().save(state(1, 1, 3), run(1, 1, 10)...).snapshot(meta(100, 2)).save(state(2, 0, 101), run(2, 101, 102)...)
	late := new(image)
	late.segment(9, owner).save(state(1, 1, 12), run(1, 9, 12)...).snapshot(meta(10, 1))
	late.names[0] = fmt.Sprintf("%016x-%016x.wal", 3, 9)
	etcds := newImage().save(state(1, 1, 3), run(1, 1, 5)...).save(state(2, 0, 100)).snapshot(meta(100, 2))
	const gone = "the entries behind the start are not all there: a log with a hole gives the node another history than the others have."
	c.reads([]reading{
		{log: base(), start: meta(3, 1), state: state(1, 1, 3), ents: run(1, 4, 5), kind: "ErrSnapshotNotFound", means: "the log has never recorded this snapshot: it may be of another node, or its commit may be missing (etcd returns nil here, in write mode: etcd#21369)."},
		{log: base(), start: meta(99, 1), state: state(1, 1, 3), kind: "ErrSnapshotNotFound", means: "the log has never recorded this snapshot."},
		{log: base(), start: meta(2, 7), state: state(1, 1, 3), ents: run(1, 3, 5), kind: "ErrSnapshotMismatch", means: "there was a snapshot at this index, but another one."},
		{log: jump, state: state(2, 0, 101), ents: run(1, 1, 10), kind: "ErrSliceOutOfRange", means: gone},
		{log: jump, start: meta(100, 2), state: state(2, 0, 101), ents: run(2, 101, 102), means: "at the leader's snapshot the same log opens."},
		{what: "the hard state before the leader's snapshot", log: etcds, state: state(2, 0, 100), ents: run(1, 1, 5), kind: "ErrSliceOutOfRange", means: gone + " (etcd wrote the two in this order until 2020: here the snapshot is committed when it comes, and waits for nothing.)"},
		{what: "the hard state before the leader's snapshot", log: etcds, start: meta(100, 2), state: state(2, 0, 100), means: "at the leader's snapshot the same log opens."},
		{what: "a gap in the middle", log: newImage().save(state(1, 1, 3), run(1, 1, 3)...).save(nil, run(1, 7, 8)...), state: state(1, 1, 3), ents: run(1, 1, 3), kind: "ErrSliceOutOfRange", means: gone + " etcd writes such a log without a word (etcd#11793)."},
		{what: "a gap before an entry that is none", log: newImage().save(state(1, 1, 3), run(1, 1, 3)...).save(nil, run(0, 7, 7)...), state: state(1, 1, 3), ents: run(1, 1, 3), kind: "ErrSliceOutOfRange", means: gone + " What stands behind the hole is not judged: what is missing there may explain it."},
		{log: late, start: meta(10, 1), state: state(1, 1, 12), ents: run(1, 11, 12), means: "the segments before were purged; from the snapshot on everything is there."},
		{log: late, start: meta(4, 1), state: state(1, 1, 12), kind: "ErrSnapshotNotFound", means: "the record has gone with its segment."},
	})
	w := c.on(late.disk(), "a log whose beginning was purged")
	w.must(w.open(nil, small))
	_, err := w.readAll()
	if k := c.kind(err); k != "ErrSliceOutOfRange" && k != "ErrSnapshotNotFound" {
		w.fail(failure{Got: c.told(err), Want: "ErrSnapshotNotFound or ErrSliceOutOfRange", Means: "its beginning is not there any more."})
	}
	w.must(w.close())
}

// neverWritten is I14.
func neverWritten(c *check) {
	const nobody = " No raft node writes this: the records verify, and contradict one another. Two histories are mixed here, or a writer had a bug; guessing loses what somebody was promised."
	five := func() *image { return newImage().save(state(2, 1, 3), run(2, 1, 5)...) }
	other := five()
	other.segment(6, []byte("n2"))
	corrupt := []reading{
		{what: "a commit beyond the log", log: five().save(state(2, 1, 6)), means: "the commit is 6 and the last entry 5: entries that were committed are missing. Raft panics on such a state; here it can still be told what is wrong (etcd: tocommit is out of range)."},
		{what: "a commit without any entry", log: newImage().save(state(1, 1, 1)), means: "the commit is 1, and there is no entry: entries that were committed are missing."},
		{what: "a term that goes down", log: five().save(state(1, 1, 3)), means: "the hard state's term was 2 and is 1." + nobody},
		{what: "a vote that changes", log: five().save(state(2, 2, 3)), means: "the vote of term 2 was for 1 and is for 2." + nobody},
		{what: "a vote taken back", log: five().save(state(2, 0, 3)), means: "the vote of term 2 was for 1 and is for nobody." + nobody},
		{what: "a committed entry overwritten", log: five().save(nil, run(3, 2, 2)...), means: "entry 2 of term 2 was committed (the commit is 3), and one of term 3 is in its place." + nobody},
		{what: "a committed entry overwritten, the commit gone down before", log: five().save(state(2, 1, 1)).save(state(3, 1, 1), run(3, 3, 5)...), means: "a hard state may say a lower commit than the one before, but what was committed stays so: the commit was 3, and entry 3 is replaced by one of term 3." + nobody},
		{what: "a term below that of the entry before", log: five().save(nil, run(1, 6, 6)...), means: "entry 5 has term 2, and entry 6 behind it term 1." + nobody},
		{what: "an entry of term 0", log: five().save(nil, run(0, 6, 6)...), means: "entry 6 has term 0." + nobody},
		{what: "an entry with index 0", log: five().save(nil, run(2, 0, 0)...), means: "there is no entry 0." + nobody},
		{what: "metadata in the middle", log: five().record(records.TypeMetadata, owner), means: "metadata is the second record of a segment, and no other is." + nobody},
		{what: "an unknown type", log: five().record(9, []byte("?")), means: "there is no record of type 9." + nobody},
		{what: "an entry that cannot be read", log: five().record(records.TypeEntry, []byte{0xff, 0xff}), means: "the last record says that it is an entry, and its data is none." + nobody},
		{what: "a hard state that cannot be read", log: five().record(records.TypeState, []byte{0xff, 0xff}), means: "the last record says that it is a hard state, and its data is none." + nobody},
		{what: "a snapshot that cannot be read", log: five().record(records.TypeSnapshot, []byte{0xff, 0xff}), means: "the last record says that it is a snapshot, and its data is none." + nobody},
	}
	for i := range corrupt {
		corrupt[i].kind = "corrupt"
	}
	c.reads(corrupt)
	const late = " A crash can leave the entries of a Save and take its hard state: the node is in the term before, and its leader may know nothing of the new one."
	c.reads([]reading{
		{what: "a hard state of a term below an entry's", log: newImage().save(state(2, 1, 0), run(2, 1, 1)...).save(nil, run(3, 2, 2)...).save(state(2, 1, 1)), state: state(2, 1, 1), ents: append(run(2, 1, 1), run(3, 2, 2)...), means: "entry 2 has term 3, and the hard state behind it term 2." + late},
		{what: "a vote in a term below an entry's", log: newImage().save(nil, run(3, 1, 1)...).save(state(2, 1, 0)), state: state(2, 1, 0), ents: run(3, 1, 1), means: "entry 1 has term 3, and the hard state behind it, the first, term 2." + late},
		{what: "an entry of a lower term in the place of another", log: newImage().save(state(2, 1, 1), run(2, 1, 1)...).save(nil, run(3, 2, 3)...).save(state(2, 1, 2), run(2, 2, 2)...), state: state(2, 1, 2), ents: run(2, 1, 2), means: "entry 2 had term 3, and has term 2, like the hard state." + late},
		{what: "a leader's snapshot of a lower term than an entry", log: newImage().save(state(4, 1, 0)).save(nil, run(5, 1, 1)...).snapshot(meta(100, 3)).save(state(4, 1, 100)), start: meta(100, 3), state: state(4, 1, 100), means: "entry 1 had term 5, and the hard state that commits the snapshot has term 4: whether its node knew the snapshot, the snapshot's term says, and no other." + late},
		{what: "a commit at the leader's snapshot", log: newImage().snapshot(meta(100, 2)).save(state(2, 0, 100)), start: meta(100, 2), state: state(2, 0, 100), means: "behind a leader's snapshot there may be nothing yet; its index is committed all the same."},
		{what: "a commit that goes down", log: five().save(state(2, 1, 2)), state: state(2, 1, 2), ents: run(2, 1, 5), means: "a commit alone is not synced: a crash takes it back, and the next Save writes a lower one. That is no damage."},
		{what: "the last entry committed", log: five().save(state(2, 1, 5)), state: state(2, 1, 5), ents: run(2, 1, 5), means: "a commit may reach the last entry."},
		{what: "committed entries once more", log: five().save(nil, run(2, 2, 5)...), state: state(2, 1, 3), ents: run(2, 1, 5), means: "a leader may send them again, and they are the same."},
	})
	w := c.on(other.disk(), "the metadata of two owners")
	w.must(w.open(nil, small))
	if got, err := w.readAll(); c.kind(err) != "ErrMetadataConflict" || got.ents != nil {
		w.fail(failure{Got: resultWords(got) + "\nerror " + c.told(err), Want: "nothing, and ErrMetadataConflict", Means: "files of two logs lie in one folder; which is the node's own only its owner can say."})
	}
	w.must(w.close())
}
