package snapshotstest

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
)

// model is raft's log in memory, as the records of a log on disk leave it: what
// reading back is compared with.
type model struct {
	state *raftpb.HardState
	// now is the log; before is the one that a leader's snapshot has replaced
	// and no hard state has committed, or nil.
	now, before *history
	// top is the highest term of an entry or a leader's snapshot that was written
	// since the node has started.
	top uint64
	// recorded are the snapshots.
	recorded []*raftpb.SnapshotMetadata
}

// history is a log that begins behind an index: ents[i] has index base+1+i.
type history struct {
	base, term uint64
	ents       []*raftpb.Entry
}

// termAt returns the term at an index of the log, 0 where it is not in it.
func (h *history) termAt(index uint64) uint64 {
	switch {
	case index == h.base:
		return h.term
	case index < h.base || index > h.last():
		return 0
	}
	return h.ents[index-h.base-1].GetTerm()
}

// last returns the index of the last entry.
func (h *history) last() uint64 { return h.base + uint64(len(h.ents)) }

// newModel returns a new log.
func newModel() *model {
	return &model{now: &history{}, recorded: []*raftpb.SnapshotMetadata{bare(0, 0)}}
}

// play returns what some steps come to.
func play(steps []step) *model {
	m := newModel()
	for _, s := range steps {
		m.take(s)
	}
	return m
}

// take adds a step.
func (m *model) take(s step) {
	switch {
	case s.entry != nil:
		m.put(s.entry)
	case s.state != nil:
		if m.before != nil && s.state.GetTerm() < m.now.term {
			m.now, m.before = m.before, nil // written by a node that knew nothing of the snapshot
		}
		m.state = s.state
		if m.before != nil && s.state.GetCommit() >= m.now.base {
			m.before = nil
		}
	default:
		m.snapshot(s.snapshot)
	}
}

// put puts an entry in its place; all behind it is gone.
func (m *model) put(e *raftpb.Entry) {
	if m.before != nil && e.GetIndex() <= m.now.base {
		m.now, m.before = m.before, nil
	}
	kept := e.GetIndex() - m.now.base - 1
	m.now.ents = append(m.now.ents[:kept:kept], e)
	m.top = max(m.top, e.GetTerm())
}

// snapshot records one. Where it is not one of the log's own, it replaces it.
func (m *model) snapshot(s *raftpb.SnapshotMetadata) {
	m.recorded = append(m.recorded, s)
	index, term := s.GetIndex(), s.GetTerm()
	if m.before == nil && m.now.own(s) {
		return
	}
	if m.before == nil && index > m.state.GetCommit() {
		m.before = m.now
	}
	m.now, m.top = &history{base: index, term: term}, max(m.top, term)
}

// own reports whether a snapshot was taken of this log.
func (h *history) own(s *raftpb.SnapshotMetadata) bool {
	index := s.GetIndex()
	return index <= h.last() && (index < h.base || h.termAt(index) == s.GetTerm())
}

// last returns the index of the last entry, as a node sees it that starts now.
func (m *model) last() uint64 {
	if m.before != nil {
		return m.before.last()
	}
	return m.now.last()
}

// newest returns the index of the newest snapshot to start from: recorded, and
// committed.
func (m *model) newest() uint64 {
	var index uint64
	for _, s := range m.recorded {
		if s.GetIndex() <= m.state.GetCommit() {
			index = max(index, s.GetIndex())
		}
	}
	return index
}

// reads returns the entries behind a start, and false if they are not there any
// more.
func (m *model) reads(start *raftpb.SnapshotMetadata) ([]*raftpb.Entry, bool) {
	h := m.now
	if m.before != nil && start.GetIndex() < m.now.base {
		h = m.before
	}
	switch index := start.GetIndex(); {
	case index < h.base:
		return nil, false
	case index > h.last():
		return nil, true
	default:
		return h.ents[index-h.base:], true
	}
}

// compare returns an error unless what was read is what is in the model.
func (m *model) compare(start *raftpb.SnapshotMetadata, s *raftpb.HardState, ents []*raftpb.Entry) error {
	want, ok := m.reads(start)
	switch {
	case !ok:
		return fmt.Errorf("it reads without an error from %s, where entries are missing", metaWords(start))
	case !equalState(s, m.state):
		return fmt.Errorf("the hard state is %s, it was %s", stateWords(s), stateWords(m.state))
	case !equalEntries(ents, want):
		return fmt.Errorf("the entries are %s, they were %s", runWords(ents), runWords(want))
	}
	return nil
}
