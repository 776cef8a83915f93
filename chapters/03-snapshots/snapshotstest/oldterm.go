package snapshotstest

import (
	"go.etcd.io/raft/v3/raftpb"
)

// late is the death of a node in a Save that brings it to term 5: the entries are
// on the disk, the hard state is not. It starts in term 4.
var late = []call{
	{state: state(4, 1, 1), ents: run(4, 1, 2)},
	{death: &death{killed: true, inside: &call{state: state(5, 0, 2), ents: run(5, 3, 4)}, written: 2}},
}

// ofTheOldTerm is what may come then. The leader of term 4 is still there, and
// knows nothing of term 5.
var ofTheOldTerm = []struct {
	why   string
	calls []call
}{
	{"moves the commit", []call{{state: state(4, 1, 2)}}},
	{"has another entry in the place of that of term 5", []call{{state: state(4, 1, 3), ents: run(4, 3, 3)}}},
	{"has other entries in the place of those of term 5, and commits them later", []call{{ents: run(4, 3, 5)}, {state: state(4, 1, 5)}}},
	{"sends a snapshot", []call{{snapshot: meta(9, 4)}, {state: state(4, 1, 9)}}},
	{"sends a snapshot, and entries behind it", []call{{snapshot: meta(9, 4)}, {state: state(4, 1, 9), ents: run(4, 10, 11)}}},
	{"sends a snapshot of the index of an entry of term 5", []call{{snapshot: meta(3, 4)}, {state: state(4, 1, 3)}}},
	{"sends a snapshot, the node dies once more, and gets entries instead", []call{{snapshot: meta(9, 4)}, {death: &death{killed: true}}, {state: state(4, 1, 5), ents: run(4, 3, 5)}}},
}

// oldTerm has the leader of an old term send something to a node that a crash has
// put back into that term.
func (c *check) oldTerm() {
	for _, o := range ofTheOldTerm {
		calls := append(late[:len(late):len(late)], o.calls...)
		t := &tale{dies: true, reads: true}
		t.possible(calls)
		f := c.attempt(calls, func(c *check, calls []call) { c.tell(calls, t) })
		if f != nil {
			f.Tried = "(a crash has left the entries of a Save and taken its hard state; the leader of the term before knows nothing of theirs, and " + o.why + ")\n" + f.Tried
			c.fail(*f)
		}
	}
}

// withinALife opens logs and has a Save contradict what the same life has written,
// or was opened at.
func (c *check) withinALife() {
	c.onDisk(newImage().save(state(4, 1, 1), run(4, 1, 2)...).save(nil, run(5, 3, 3)...)).goesOn(nil, func(w *world) {
		w.must(w.save(nil, run(6, 3, 3)...))
		w.refuses(refusal{"a hard state of a term below that of an entry which was saved since the log was opened", state(5, 0, 1), nil, false})
		w.must(w.saveSnapshot(meta(100, 7)))
		w.refuses(refusal{"a hard state of a term below that of a leader's snapshot recorded since the log was opened", state(6, 0, 100), nil, false})
	})
	waits := newImage().save(state(1, 1, 1), run(1, 1, 3)...).snapshot(meta(100, 3))
	below := refusal{"a hard state of a term below that of the leader's snapshot, at which the log was opened", state(2, 0, 100), nil, false}
	c.onDisk(waits).goesOn(meta(100, 3), func(w *world) {
		w.refuses(refusal{"an entry behind a leader's snapshot that nothing commits", nil, run(3, 101, 101), false})
		w.refuses(below)
		w.must(w.save(state(3, 0, 100), run(3, 101, 101)...))
	})
	waits.save(nil, run(4, 101, 101)...)
	c.onDisk(waits).goesOn(meta(100, 3), func(w *world) {
		w.refuses(refusal{"a hard state of a term below that of an entry behind the leader's snapshot, at which the log was opened", state(3, 0, 100), nil, false})
	})
	c.leftBehindASnapshot()
}

// leftBehindASnapshot opens a log at a leader's snapshot that waits, and saves the
// entries again that a crash has left behind it.
func (c *check) leftBehindASnapshot() {
	left := newImage().save(state(5, 1, 1), run(1, 1, 3)...).snapshot(meta(10, 5)).save(nil, run(5, 11, 12)...)
	c.onDisk(left).goesOn(meta(10, 5), func(w *world) {
		w.refuses(refusal{"an entry in the place of one behind the leader's snapshot, with the commit of that: who reads the log next meets the entry first, and takes it for a sign that the snapshot does not count", state(5, 1, 10), run(5, 11, 12), false})
		w.must(w.save(state(5, 1, 10)))
		w.mustBecause(w.save(nil, run(5, 11, 12)...), "once the snapshot is committed, entries behind it may be sent once more.")
		r := w.reopen(meta(10, 5), small)
		w.returned(reading{state: state(5, 1, 10), ents: run(5, 11, 12), means: "what was accepted can be read back."}, r, nil)
	})
	c.onDisk(left).goesOn(meta(10, 5), func(w *world) {
		w.must(w.saveSnapshot(meta(10, 5)))
		w.refuses(refusal{"a gap behind a leader's snapshot: recorded once more while it waits, it replaces the entries behind it", state(5, 1, 10), run(5, 13, 13), true})
		w.must(w.save(state(5, 1, 10), run(5, 11, 11)...))
		r := w.reopen(meta(10, 5), small)
		w.returned(reading{state: state(5, 1, 10), ents: run(5, 11, 11), means: "what was accepted can be read back."}, r, nil)
	})
}

// goesOn opens the log, reads it, and goes on.
func (w *world) goesOn(start *raftpb.SnapshotMetadata, next func(*world)) {
	w.Helper()
	w.must(w.open(start, small))
	if _, err := w.readAll(); err != nil {
		w.must(err)
	}
	next(w)
	w.must(w.close())
}
