package wal

import (
	"fmt"
	"strings"

	raftpb "go.etcd.io/raft/v3/raftpb"
)

// typeChanged ends what is said of a record that was read.
const typeChanged = "; the record's type may have changed"

// admit returns why a Save is refused, or nil, and changes nothing. What it lets pass, check accepts when the log is read.
func (c *checker) admit(state *raftpb.HardState, ents []*raftpb.Entry) error {
	last, top, before := c.log.last, c.maxTerm, uint64(0)
	var fields entryFields
	e := &fields
	for i, m := range ents {
		e.set(m)
		if err := e.check(); err != nil {
			return refused("%s", strings.TrimSuffix(err.Error(), typeChanged))
		}
		if i == 0 {
			before, _ = c.log.at(e.index - 1)
			if err := c.admitFirst(e); err != nil {
				return err
			}
		}
		switch {
		case i > 0 && e.index != last+1:
			return refused("%w: entry %d follows entry %d", ErrSliceOutOfRange, e.index, last)
		case e.term < before:
			return refused("entry %d has term %d, the one before it has %d", e.index, e.term, before)
		case len(m.ProtoReflect().GetUnknown()) > 0:
			return refused("entry %d has a field that this version of raft does not know", e.index)
		}
		last, before, top = e.index, e.term, max(top, e.term)
	}
	commit, err := c.admitState(state, top)
	switch {
	case err != nil:
		return err
	case max(commit, c.commit) > last:
		return refused("the commit %d is beyond entry %d, which would be the last; a leader's snapshot counts when SaveSnapshot has recorded it", max(commit, c.commit), last)
	case c.waiting > commit && commit > c.commit:
		return refused("the commit goes up to %d, and not to the leader's snapshot at %d", commit, c.waiting)
	case len(ents) > 0 && c.waiting > commit:
		return refused("entry %d needs the leader's snapshot at %d, which no hard state has committed", ents[0].GetIndex(), c.waiting)
	}
	return nil
}

// admitFirst looks at the first entry of a Save, which may overwrite others.
func (c *checker) admitFirst(e *entryFields) error {
	switch {
	case e.index > c.log.last+1:
		return refused("%w: entry %d follows entry %d", ErrSliceOutOfRange, e.index, c.log.last)
	case e.index <= c.waiting:
		return refused("entry %d lies before the leader's snapshot at %d, which is to replace the log", e.index, c.waiting)
	case c.waiting != 0 && e.index != c.log.last+1: // to the next reader it would give the snapshot up
		return refused("entry %d replaces one behind the leader's snapshot at %d, which no hard state has committed: save the commit first", e.index, c.waiting)
	case e.index <= c.log.runs[0].index:
		return refused("entry %d lies at or before %d, where the log begins", e.index, c.log.runs[0].index)
	}
	if err := c.checkOverwrite(e); err != nil {
		return refused("%s", strings.TrimSuffix(err.Error(), typeChanged))
	}
	return nil
}

// admitState looks at the hard state of a Save with entries up to the term top, and returns what is committed behind it.
func (c *checker) admitState(m *raftpb.HardState, top uint64) (commit uint64, err error) {
	s, old := stateFields{}, &c.state
	s.set(m)
	switch {
	case s.empty():
		return old.commit, nil
	case s.term < old.term:
		return 0, refused("the term goes down from %d to %d", old.term, s.term)
	case s.term < top:
		return 0, refused("the term %d is below the term %d of an entry", s.term, top)
	case s.term == old.term && old.vote != 0 && s.vote != old.vote:
		return 0, refused("the vote in term %d changes from %x to %x", s.term, old.vote, s.vote)
	case s.commit < old.commit:
		return 0, refused("the commit goes down from %d to %d", old.commit, s.commit)
	case s.commit < c.log.runs[0].index && c.waiting == 0:
		return 0, refused("the commit %d lies before %d, where the log begins", s.commit, c.log.runs[0].index)
	case len(m.ProtoReflect().GetUnknown()) > 0:
		return 0, refused("the hard state has a field that this version of raft does not know")
	}
	return s.commit, nil
}

// took follows a Save that was admitted. It tells whether raft may act on what was saved, and so must have it durable: there are entries, or
// term or vote have changed (MustSync in rawnode.go of raft at tag v3.7.0), or a leader's snapshot is committed. That MustSync does not count, as raft wants
// a snapshot on stable storage before any message of its Ready is sent; here it is there when the commit is.
func (c *checker) took(state *raftpb.HardState, ents []*raftpb.Entry) (must bool) {
	for _, m := range ents {
		index, term := m.GetIndex(), m.GetTerm()
		c.log.set(index, term)
		c.youngest.put(shape{index: index, term: term, size: len(m.Data), typ: uint8(m.GetType())})
		c.maxTerm = max(c.maxTerm, term)
	}
	s := stateFields{}
	if s.set(state); s.empty() {
		return len(ents) > 0
	}
	must = len(ents) > 0 || s.term != c.state.term || s.vote != c.state.vote
	return c.stated(s) || must
}

// admitSnapshot returns why SaveSnapshot is refused, or nil.
func (c *checker) admitSnapshot(m *raftpb.SnapshotMetadata) error {
	index, term := m.GetIndex(), m.GetTerm()
	switch {
	case m == nil:
		return refused("nil is no snapshot: call SaveSnapshot only for one that was saved")
	case m.Index == nil || m.Term == nil:
		return refused("a snapshot record needs index and term, this one is {%v}: call SaveSnapshot only for one that was saved", m)
	case m.ConfState == nil && index > 0:
		return refused("the record of snapshot %d needs a conf state", index)
	case len(m.ConfState.ProtoReflect().GetUnknown()) > 0:
		return refused("the conf state of snapshot %d has a field that this version of raft does not know", index)
	case index < c.waiting && !c.beside(&snapshotFields{index: index, term: term}):
		return refused("snapshot %d lies before the leader's at %d, which no hard state has committed", index, c.waiting)
	}
	switch known, ok := c.log.at(index); {
	case !ok || known == term:
		return nil
	case index == c.log.runs[0].index:
		return refused("snapshot %d of term %d contradicts the one of term %d, with which the log begins", index, term, known)
	case index <= c.commit:
		return refused("snapshot %d of term %d contradicts entry %d of term %d, which is committed", index, term, index, known)
	}
	return nil
}

// refused returns the error for what no raft node writes.
func refused(format string, args ...any) error {
	return fmt.Errorf("wal: %w: %w; nothing was written, and the log goes on", ErrRefused, fmt.Errorf(format, args...))
}
