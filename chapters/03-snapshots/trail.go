package snapshots

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

// trail knows the terms of raft's log: what an entry must be compared with, and
// the entries themselves are not there to ask.
type trail struct {
	// base is the index in front of the first entry known: that of a snapshot,
	// or of an entry that was given up.
	base uint64

	// terms[i] is the term at index base+i. terms[0], which is always there, is
	// 0 where nobody knows it. Terms never go down.
	terms []uint64
}

// newTrail returns the trail of a log without entries behind a snapshot.
func newTrail(index, term uint64) trail { return trail{base: index, terms: []uint64{term}} }

// last returns the index of the last entry.
func (t *trail) last() uint64 { return t.base + uint64(len(t.terms)) - 1 }

// at returns the term at an index, or 0 if it is not known.
func (t *trail) at(index uint64) uint64 {
	if index < t.base || index > t.last() {
		return 0
	}
	return t.terms[index-t.base]
}

// put makes an entry the last one: what was at its index and behind is gone. An
// entry at or before the base leaves only itself. The index is at most one
// above the last.
func (t *trail) put(index, term uint64) {
	if index <= t.base {
		*t = newTrail(index-1, 0)
	}
	t.terms = append(t.terms[:index-t.base], term)
}

// forget drops the terms before an index, whose own stays. [WAL.ReleaseLockTo] calls it, or a node
// that lives long remembers every entry it ever had.
func (t *trail) forget(index uint64) {
	if index > t.base && index <= t.last() {
		*t = trail{base: index, terms: append([]uint64(nil), t.terms[index-t.base:]...)}
	}
}

// own reports whether a snapshot was taken of this log, committed up to commit, by
// the node itself. Any other came from the leader: it is beyond the last entry, or
// the entry at its index is another one. Where nobody knows that any more, the
// commit tells, since a node takes snapshots of nothing else.
func (t *trail) own(p position, commit uint64) bool {
	term := t.at(p.index)
	return p.index <= t.last() && (term == p.term || term == 0 && p.index <= commit)
}

// conflict returns why an entry cannot come next where the entry before it has
// the term before (0 if not known) and everything up to commit is committed, or
// "". That it leaves no gap is not looked at.
func (t *trail) conflict(e *raftpb.Entry, before, commit uint64) string {
	index, term, old := e.GetIndex(), e.GetTerm(), t.at(e.GetIndex())
	switch {
	case index == 0 || term == 0:
		return fmt.Sprintf("entry %d of term %d: there is no index 0 and no term 0", index, term)
	case e.GetType() < raftpb.EntryNormal || e.GetType() > raftpb.EntryConfChangeV2:
		return fmt.Sprintf("entry %d has type %d, which does not exist", index, e.GetType())
	case term < before:
		return fmt.Sprintf("entry %d has term %d, the one before it has %d", index, term, before)
	case index <= commit && old != 0 && old != term:
		return fmt.Sprintf("entry %d of term %d would overwrite one of term %d, which is committed (commit is %d)", index, term, old, commit)
	}
	return ""
}

// stepBack returns what promise a hard state takes back that follows another
// one, or "". Neither is nil. A commit may go down when a log is read: one that
// was not synced is lost in a crash, and what the next Save wrote is there.
func stepBack(next, old *raftpb.HardState) string {
	switch {
	case next.GetTerm() < old.GetTerm():
		return fmt.Sprintf("the term goes down from %d to %d", old.GetTerm(), next.GetTerm())
	case next.GetTerm() == old.GetTerm() && old.GetVote() != 0 && next.GetVote() != old.GetVote():
		return fmt.Sprintf("the vote in term %d changes from %x to %x", old.GetTerm(), old.GetVote(), next.GetVote())
	}
	return ""
}
