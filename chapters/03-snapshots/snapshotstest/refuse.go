package snapshotstest

import (
	"errors"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// refusal is a Save that contradicts a log of ten entries of term 2, of which
// five are committed; the vote of term 2 is for 1.
type refusal struct {
	what  string
	state *raftpb.HardState
	ents  []*raftpb.Entry
	gap   bool
}

// refusals are what must not be written, one of each kind.
var refusals = []refusal{
	{"a gap behind the log", nil, run(2, 12, 12), true},
	{"a gap inside", nil, append(run(2, 11, 11), run(2, 13, 13)...), true},
	{"an index twice", nil, append(run(2, 11, 11), run(2, 11, 11)...), true},
	{"entries that go back", nil, append(run(2, 11, 11), run(2, 10, 10)...), true},
	{"no index", nil, run(2, 0, 0), false},
	{"no term", nil, run(0, 11, 11), false},
	{"a type that does not exist", nil, []*raftpb.Entry{{Term: new(uint64(2)), Index: new(uint64(11)), Type: new(raftpb.EntryType(3))}}, false},
	{"a term below that of the entry before", nil, run(1, 11, 11), false},
	{"a term below that of the entry before, inside", nil, append(run(3, 11, 11), run(2, 12, 12)...), false},
	{"a committed entry replaced", nil, run(3, 5, 12), false},
	{"the first entry replaced", nil, run(3, 1, 1), false},
	{"a log that ends below the commit", nil, run(2, 4, 4), false},
	{"a commit beyond the log", state(2, 1, 11), nil, false},
	{"a commit beyond the log, with entries", state(2, 1, 13), run(2, 11, 12), false},
	{"a commit beyond a log made shorter", state(3, 1, 8), run(3, 6, 7), false},
	{"a commit that goes down", state(2, 1, 4), nil, false},
	{"a commit that goes down, with a new term", state(3, 0, 4), nil, false},
	{"a term that goes down", state(1, 0, 5), nil, false},
	{"a term below that of an entry", state(2, 1, 5), run(3, 11, 11), false},
	{"a vote that changes", state(2, 2, 5), nil, false},
	{"a vote taken back", state(2, 0, 5), nil, false},
	{"good entries and a vote that changes", state(2, 2, 5), run(2, 11, 11), false},
}

// contradictionRefused is I4.
func contradictionRefused(c *check) {
	for _, r := range refusals {
		w := c.fresh(roomy)
		w.must(w.save(state(2, 1, 5), run(2, 1, 10)...))
		w.refuses(r)
		w.must(w.save(state(2, 1, 6), run(2, 11, 11)...))
		w.holds(w.sim, len(w.saved), "a refused Save leaves the log as it was, and the next one is none the worse.")
		w.must(w.close())
	}
	c.refusedEmpty()
	c.notRefused()
	c.behindLeader()
	c.acrossSaves()
	for seed := range uint64(300) {
		c.histories(seed, &tale{wrong: true})
	}
}

// refuses makes a Save that has to be refused.
func (w *world) refuses(r refusal) {
	w.Helper()
	err := w.save(r.state, r.ents...)
	const means = ": no raft node saves that. The bug is elsewhere; here it is found while it can still be found."
	if w.kind(err) != "ErrRefused" {
		w.fail(failure{Got: w.told(err), Want: "ErrRefused", Means: r.what + means})
	}
	if r.gap && !errors.Is(err, w.ErrSliceOutOfRange) {
		w.fail(failure{Got: w.told(err), Want: "an error that matches ErrSliceOutOfRange too", Means: "who gets it must see that entries are missing."})
	}
	w.without(disk.OpWrite, "refused means before anything is written, also the good entries before the bad one.")
	if err := w.sync(); err != nil {
		w.must(err)
	}
	w.without(disk.OpWrite, "refused means before anything is written: "+r.what+" was held back, and has come with the next sync.")
}

// refusesCall makes a Save or a SaveSnapshot that has to be refused.
func (w *world) refusesCall(c call, reason string, gap bool) {
	w.Helper()
	if c.snapshot == nil {
		w.refuses(refusal{reason, c.state, c.ents, gap})
		return
	}
	if err := w.saveSnapshot(c.snapshot); w.kind(err) != "ErrRefused" {
		w.fail(failure{Got: w.told(err), Want: "ErrRefused", Means: reason + ": no raft node records that."})
	}
}

// refusedEmpty tries a log without entries.
func (c *check) refusedEmpty() {
	for _, r := range []refusal{
		{"a first entry that is not the first", nil, run(1, 2, 2), true},
		{"a commit without an entry", state(1, 1, 1), nil, false},
	} {
		w := c.fresh(roomy)
		w.refuses(r)
		w.must(w.save(state(1, 1, 1), run(1, 1, 2)...))
		w.holds(w.sim, len(w.saved), "a refused Save leaves the log as it was.")
		w.must(w.close())
	}
}

// acrossSaves has one Save contradict what an earlier one has written.
func (c *check) acrossSaves() {
	w := c.fresh(roomy)
	w.must(w.save(state(2, 1, 5), run(2, 1, 10)...))
	w.must(w.save(nil, run(4, 9, 11)...))
	w.refuses(refusal{"a hard state of term 3 behind entries of term 4, which came with an earlier Save", state(3, 1, 5), nil, false})
	w.must(w.save(nil, run(3, 9, 9)...))
	w.refuses(refusal{"a hard state of term 3, where there were entries of term 4, which are overwritten", state(3, 1, 5), nil, false})
	w.must(w.save(state(4, 1, 9)))
	w.must(w.save(state(4, 1, 14), run(3, 10, 14)...))
	w.refuses(refusal{"a committed entry replaced, behind one that is sent once more", nil, append(run(3, 13, 13), run(4, 14, 14)...), false})
	w.holds(w.sim, len(w.saved), "a refused Save leaves the log as it was.")
	w.must(w.close())
}

// notRefused makes Saves that look wrong and are right.
func (c *check) notRefused() {
	w := c.fresh(roomy)
	w.must(w.save(state(3, 5, 0), append(run(1, 1, 1), run(3, 2, 4)...)...))
	for _, s := range []struct {
		state *raftpb.HardState
		ents  []*raftpb.Entry
		means string
	}{
		{state(4, 1, 0), run(2, 2, 2), "an entry may replace one of a higher term: figure 8 of the Raft paper. Only the entry before it must not be of a higher term."},
		{state(4, 1, 2), nil, "the last entry may be committed."},
		{nil, append(run(2, 2, 2), run(4, 3, 5)...), "a leader may send committed entries once more; they are the same."},
		{state(4, 1, 2), run(4, 4, 4), "what is not committed may be replaced by less."},
		{state(5, 0, 2), nil, "in a new term no vote is given yet."},
		{state(5, 3, 4), run(5, 5, 6), "a vote not yet given may be given, and what is saved may be committed in the same call."},
		{state(6, 0, 7), run(6, 5, 7), "an entry that nothing has committed yet may be replaced, and the new one be committed in the same call: what counts is the commit before."},
	} {
		w.mustBecause(w.save(s.state, s.ents...), s.means)
	}
	w.holds(w.sim, len(w.saved), "a Save that returned nil is written.")
	w.must(w.close())
}

// behindLeader tries what may come behind a leader's snapshot.
func (c *check) behindLeader() {
	w := c.fresh(roomy)
	w.must(w.save(state(2, 1, 5), run(2, 1, 10)...))
	w.must(w.saveSnapshot(meta(7, 2))) // the node's own
	w.must(w.save(nil, run(2, 11, 11)...))
	w.must(w.saveSnapshot(meta(100, 3)))
	for _, r := range []refusal{
		{"an entry behind the log that the leader's snapshot has replaced", nil, run(3, 12, 12), false},
		{"an entry behind a leader's snapshot that nothing commits", nil, run(3, 101, 101), false},
		{"entries from before a leader's snapshot on, with the commit of it", state(3, 0, 112), run(3, 95, 112), false},
		{"a gap behind a leader's snapshot", state(3, 0, 100), run(3, 102, 102), true},
		{"a commit that goes up, and not to the leader's snapshot", state(3, 0, 50), nil, false},
		{"a commit beyond a leader's snapshot", state(3, 0, 101), nil, false},
		{"an entry of a term below that of the leader's snapshot", state(3, 0, 100), run(2, 101, 101), false},
		{"a hard state of a term below that of the leader's snapshot", state(2, 1, 100), nil, false},
	} {
		w.refuses(r)
	}
	w.refusesCall(call{snapshot: meta(9, 2)}, "a snapshot below a leader's that waits for its commit", false)
	w.mustBecause(w.save(state(3, 0, 5)), "a hard state may come before the leader's snapshot is committed, if it leaves the commit where it is: a vote cannot wait.")
	w.mustBecause(w.save(state(3, 0, 100), run(3, 101, 102)...), "a leader's snapshot is the log up to its index: the next entry is the one behind it, and its index is committed.")
	w.holds(w.sim, len(w.saved), "a refused Save leaves the log as it was.")
	w.must(w.close())
}
