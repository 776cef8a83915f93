package snapshotstest

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

// refusal returns why Save must refuse, as its contract lists the reasons, and
// whether entries are missing; "" if it must not.
func (m *model) refusal(s *raftpb.HardState, ents []*raftpb.Entry) (reason string, gap bool) {
	last, top := m.now.last(), m.top
	for i, e := range ents {
		if reason, gap = m.refusedEntry(ents, i, last); reason != "" {
			return reason, gap
		}
		last, top = e.GetIndex(), max(top, e.GetTerm())
	}
	commit := m.state.GetCommit()
	if stateWords(s) != "nil" && stateWords(s) != "empty" {
		if reason := m.refusedState(s, top); reason != "" {
			return reason, false
		}
		commit = s.GetCommit()
	}
	switch {
	case commit > last:
		return fmt.Sprintf("commit %d, and the last entry would be %d", commit, last), false
	case m.before != nil && commit < m.now.base && (len(ents) > 0 || commit > m.state.GetCommit()):
		return fmt.Sprintf("commit %d and %d entries, and the leader's snapshot at %d, which is to replace the log, is not committed", commit, len(ents), m.now.base), false
	}
	return "", false
}

// refusedEntry is refusal for ents[i], where the log would end with last.
func (m *model) refusedEntry(ents []*raftpb.Entry, i int, last uint64) (reason string, gap bool) {
	index, term := ents[i].GetIndex(), ents[i].GetTerm()
	before := m.now.termAt(index - 1)
	if i > 0 {
		before = ents[i-1].GetTerm()
	}
	old := m.now.termAt(index)
	switch {
	case index > last+1 || i > 0 && index != last+1:
		return fmt.Sprintf("entry %d behind entry %d", index, last), true
	case m.before != nil && index <= last:
		return fmt.Sprintf("entry %d in the place of another, while the leader's snapshot at %d, which is to replace the log, waits for its commit", index, m.now.base), false
	case index == 0 || term == 0:
		return "an entry without index or term", false
	case term < before:
		return fmt.Sprintf("entry %d of term %d behind one of term %d", index, term, before), false
	case index <= m.state.GetCommit() && old != term:
		return fmt.Sprintf("entry %d of term %d in the place of one of term %d, which is committed", index, term, old), false
	}
	return "", false
}

// refusedState is refusal for a hard state, top being the highest term of an
// entry since the node has started.
func (m *model) refusedState(s *raftpb.HardState, top uint64) string {
	old := m.state
	switch {
	case s.GetTerm() < old.GetTerm():
		return fmt.Sprintf("a term that goes down from %d to %d", old.GetTerm(), s.GetTerm())
	case s.GetTerm() < top:
		return fmt.Sprintf("a hard state of term %d, and an entry of term %d was saved since the log was opened", s.GetTerm(), top)
	case s.GetTerm() == old.GetTerm() && old.GetVote() != 0 && s.GetVote() != old.GetVote():
		return fmt.Sprintf("a vote in term %d that changes from %d to %d", s.GetTerm(), old.GetVote(), s.GetVote())
	case s.GetCommit() < old.GetCommit():
		return fmt.Sprintf("a commit that goes down from %d to %d", old.GetCommit(), s.GetCommit())
	}
	return ""
}

// refusedSnapshot returns why SaveSnapshot must refuse, or "".
func (m *model) refusedSnapshot(s *raftpb.SnapshotMetadata) string {
	switch index := s.GetIndex(); {
	case m.before != nil && index < m.now.base:
		return fmt.Sprintf("snapshot %d below the leader's at %d, which waits for its commit", index, m.now.base)
	case !m.now.own(s) && index <= m.state.GetCommit():
		return fmt.Sprintf("snapshot %d of term %d where the committed entry has term %d", index, s.GetTerm(), m.now.termAt(index))
	}
	return ""
}
