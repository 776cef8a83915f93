package wal

import (
	"sync"
	"sync/atomic"

	raftpb "go.etcd.io/raft/v3/raftpb"
)

// group is the Saves that wait at the same time. They are written as one, all entries and then the last hard state, and share one sync.
//
// Written one after the other they would be as durable, but an entry, a hard state, an entry in the file would say that the first was synced
// before the second was written, and a crash could make that a lie: see the package comment on what is torn.
type group struct {
	saves []save
	done  sync.WaitGroup // held by the leader until errors are set
	left  atomic.Int32   // how many have not taken their error yet
}

// save is what one caller waits for.
type save struct {
	state *raftpb.HardState
	ents  []*raftpb.Entry
	err   error
}

// queue is where Saves wait for the log. The one that finds it empty leads: it waits for the log, takes all that wait by then, and does their
// work. It allocates nothing once there were as many callers as there will be.
type queue struct {
	mu   sync.Mutex
	next *group // not yet begun, or nil
	free []*group

	// waiting tells whether next is there, to who does not hold mu: a Save that finds the log free, and nobody waiting, is a group of its own.
	waiting atomic.Bool
}

// join makes a Save one of the next group. Its first, i of 0, leads.
func (q *queue) join(state *raftpb.HardState, ents []*raftpb.Entry) (g *group, i int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.next == nil {
		q.next = q.fresh()
		q.next.done.Add(1)
		q.waiting.Store(true)
	}
	g, i = q.next, len(q.next.saves)
	g.saves = append(g.saves, save{state: state, ents: ents})
	return g, i
}

// fresh returns an empty group.
func (q *queue) fresh() *group {
	n := len(q.free)
	if n == 0 {
		return &group{}
	}
	g := q.free[n-1]
	q.free = q.free[:n-1]
	return g
}

// begin lets nobody else join the group.
func (q *queue) begin(g *group) {
	q.mu.Lock()
	q.next = nil
	q.waiting.Store(false)
	q.mu.Unlock()
	g.left.Store(int32(len(g.saves)))
}

// leave returns the error of one Save. The last one to leave gives the group back.
func (q *queue) leave(g *group, i int) error {
	err := g.saves[i].err
	if g.left.Add(-1) == 0 {
		clear(g.saves) // what callers own is not kept alive
		g.saves = g.saves[:0]
		q.mu.Lock()
		q.free = append(q.free, g)
		q.mu.Unlock()
	}
	return err
}
