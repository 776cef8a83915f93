package compat

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// node is what a raft node believes that it has saved, and so what every reader
// must give back. It also draws what the node does next: anything that raft may
// do, and nothing that it may not.
type node struct {
	rng *rand.Rand

	// state is the last hard state, nil if there was none; top is the highest
	// term of an entry or of a snapshot.
	state *raftpb.HardState
	top   uint64

	// used are the terms of all entries there ever were.
	used map[uint64]bool

	// base is the last snapshot that came from the leader, or the log's
	// beginning; ents[i] is the entry at base+1+i.
	base *raftpb.SnapshotMetadata
	ents []*raftpb.Entry

	// recorded are the snapshots that the log has recorded and can be opened at.
	recorded []*raftpb.SnapshotMetadata

	// floor is the lowest index at which the log can still be opened.
	floor uint64

	// highest is the highest index of a snapshot that was ever recorded.
	highest uint64

	// ahead is the lowest index of a leader's snapshot that was recorded and then
	// abandoned, or 0. Nothing from there on is committed before another one of the
	// leader's has come: its entry there is the snapshot's, which is not ours.
	ahead uint64
}

func newNode(rng *rand.Rand) *node {
	first := &raftpb.SnapshotMetadata{Index: new(uint64(0)), Term: new(uint64(0))}
	return &node{rng: rng, used: map[uint64]bool{}, base: first, recorded: []*raftpb.SnapshotMetadata{first}}
}

func (n *node) last() uint64 { return n.base.GetIndex() + uint64(len(n.ents)) }

// term returns the term at an index from base on.
func (n *node) term(index uint64) uint64 {
	if index == n.base.GetIndex() {
		return n.base.GetTerm()
	}
	return n.ents[index-n.base.GetIndex()-1].GetTerm()
}

// hardState returns what a reader must give for the hard state.
func (n *node) hardState() *raftpb.HardState {
	if n.state == nil {
		return &raftpb.HardState{}
	}
	return n.state
}

// behind returns the entries that a reader must give who starts at an index.
func (n *node) behind(index uint64) []*raftpb.Entry {
	return n.ents[min(index, n.last())-n.base.GetIndex():]
}

// one reports true in one of k cases.
func (n *node) one(k int) bool { return n.rng.IntN(k) == 0 }

// up draws a number from 0 to max, with small ones as frequent as large ones.
func (n *node) up(limit uint64) uint64 { return n.rng.Uint64N(n.rng.Uint64N(limit+1) + 1) }

// next draws a hard state that may follow: sometimes of a new term, sometimes with a
// vote, and with the given commit.
func (n *node) next(commit uint64, newTerm bool) *raftpb.HardState {
	h := &raftpb.HardState{Term: new(max(n.hardState().GetTerm(), n.top, 1)), Commit: new(commit)}
	if newTerm {
		*h.Term += 1 + n.up(3)
	}
	vote := n.hardState().GetVote()
	if h.GetTerm() > n.hardState().GetTerm() {
		vote = 0
	}
	if vote == 0 && n.one(2) {
		vote = 1 + n.up(1<<40)
	}
	if vote != 0 || n.one(2) { // nil and 0 are different bytes
		h.Vote = &vote
	}
	return h
}

// entries draws entries from an index on, of terms between two. The first of each
// term is normal and empty, as a new leader's is, and no two leaders have the same
// term: where something is overwritten, the first entry is of a new one.
func (n *node) entries(first, low, high uint64) []*raftpb.Entry {
	var ents []*raftpb.Entry
	before := n.term(first - 1)
	for i := range 1 + n.up(5) {
		term := low + n.rng.Uint64N(high-low+1)
		if term != before && n.used[term] {
			term = before
		}
		if i == 0 && first <= n.last() && term == before || term == 0 {
			term = high
		}
		e := &raftpb.Entry{Term: new(term), Index: new(first + i)}
		if term == before {
			e.Data = n.bytes()
			if n.one(6) {
				e.Type = raftpb.EntryConfChangeV2.Enum()
			}
			if n.one(12) { // as in leaving a joint configuration
				e.Data = nil
			}
		}
		ents, before, low = append(ents, e), term, term
	}
	return ents
}

// bytes draws an entry's data; seldom more than a page, very seldom more than is
// held back in memory.
func (n *node) bytes() []byte {
	size := n.up(400)
	switch {
	case n.one(300):
		size = 100_000 + n.rng.Uint64N(200_000)
	case n.one(30):
		size = n.rng.Uint64N(9000)
	}
	b := make([]byte, size)
	if n.one(4) {
		return b
	}
	for i := range b {
		b[i] = byte(n.rng.Uint32())
	}
	return b
}

// save is one call of Save.
type save struct {
	state *raftpb.HardState
	ents  []*raftpb.Entry
}

func (s save) String() string {
	text := "Save(no state"
	if s.state != nil {
		text = fmt.Sprintf("Save({term %d, vote %x, commit %d}", s.state.GetTerm(), s.state.GetVote(), s.state.GetCommit())
	}
	for _, e := range s.ents {
		text += fmt.Sprintf(", %d/%d of %d bytes", e.GetIndex(), e.GetTerm(), len(e.GetData()))
	}
	return text + ")"
}

// clone copies what was saved, for one who may keep it.
func (s save) clone() save {
	c := save{state: proto.CloneOf(s.state)}
	for _, e := range s.ents {
		c.ents = append(c.ents, proto.CloneOf(e))
	}
	return c
}

// appends draws entries behind the log, with or without a hard state.
func (n *node) appends() save {
	h := n.next(n.hardState().GetCommit(), n.one(8))
	low := max(n.term(n.last()), 1)
	s := save{state: h, ents: n.entries(n.last()+1, low, h.GetTerm())}
	if n.one(2) && n.state != nil && h.GetTerm() == n.state.GetTerm() || n.state == nil && n.one(4) {
		s.state = nil
	} else if n.one(2) {
		h.Commit = new(h.GetCommit() + n.up(n.committable(n.last()+uint64(len(s.ents)))-h.GetCommit()))
	}
	return s
}

// overwrites draws entries of a new term that replace some, or appends.
func (n *node) overwrites() save {
	commit := max(n.hardState().GetCommit(), n.base.GetIndex())
	if n.last() == commit {
		return n.appends()
	}
	first := commit + 1 + n.rng.Uint64N(n.last()-commit)
	h := n.next(commit, true)
	low := max(n.term(first-1), 1)
	if !n.one(5) { // else as in figure 8 of the Raft paper
		low = h.GetTerm()
	}
	return save{state: h, ents: n.entries(first, low, h.GetTerm())}
}

// commits draws a hard state alone; mostly it only moves the commit.
func (n *node) commits() save {
	commit := max(n.hardState().GetCommit(), n.base.GetIndex())
	return save{state: n.next(commit+n.up(n.committable(n.last())-commit), n.one(6))}
}

// committable returns up to where entries may be committed, of those up to last.
func (n *node) committable(last uint64) uint64 {
	if n.ahead == 0 {
		return last
	}
	return min(last, n.ahead-1)
}

// saved notes what was saved.
func (n *node) saved(s save) {
	if s.state != nil {
		n.state = s.state
	}
	for _, e := range s.ents {
		n.ents = append(n.ents[:e.GetIndex()-n.base.GetIndex()-1], e)
		n.top, n.used[e.GetTerm()] = max(n.top, e.GetTerm()), true
	}
}

// own draws a snapshot of what is committed, nil if nothing new is.
func (n *node) own() *raftpb.Snapshot {
	commit := n.hardState().GetCommit()
	if commit <= n.base.GetIndex() {
		return nil
	}
	index := n.base.GetIndex() + 1 + n.rng.Uint64N(commit-n.base.GetIndex())
	return n.snapshot(index, n.term(index))
}

// leaders draws a snapshot that replaces the log, and the hard state that commits
// it.
func (n *node) leaders() (*raftpb.Snapshot, save) {
	h := n.next(n.hardState().GetCommit(), true)
	index := max(n.hardState().GetCommit(), n.highest) + 1 + n.up(40)
	h.Commit = &index
	return n.snapshot(index, h.GetTerm()), save{state: h}
}

func (n *node) snapshot(index, term uint64) *raftpb.Snapshot {
	conf := &raftpb.ConfState{Voters: []uint64{1, n.rng.Uint64(), 3}}
	if n.one(2) {
		conf.Learners, conf.AutoLeave = []uint64{4}, new(n.one(2))
	}
	return &raftpb.Snapshot{Data: n.bytes(), Metadata: &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: conf}}
}

// took notes a snapshot that was recorded; replaced says that it came from the leader.
func (n *node) took(m *raftpb.SnapshotMetadata, replaced bool) {
	n.recorded = append(n.recorded, m)
	if replaced {
		n.base, n.ents, n.ahead = m, nil, 0
		n.top = max(n.top, m.GetTerm())
	}
}

// forgot notes a leader's snapshot that was recorded and abandoned.
func (n *node) forgot(m *raftpb.SnapshotMetadata) {
	if n.used[m.GetTerm()] = true; n.ahead == 0 {
		n.ahead = m.GetIndex()
	}
}

// starts returns the snapshots that the log can be opened at.
func (n *node) starts() []*raftpb.SnapshotMetadata {
	return slices.DeleteFunc(slices.Clone(n.recorded), func(m *raftpb.SnapshotMetadata) bool {
		return m.GetIndex() < max(n.base.GetIndex(), n.floor)
	})
}
