package torture_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"go.etcd.io/raft/v3"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/disk"
)

var (
	groups = flag.Int("groups", 40, "how many groups TestRaft lets live")
	turns  = flag.Int("turns", 400, "for how many turns")
)

// TestRaft lets raft itself write: groups of three or five real nodes, whose messages get lost, come late and come twice, and whose processes and machines die at any
// operation of their disks, also in recovery. The words of a [torture.Word] are what somebody thought of; raft does the rest. No start and no Save may fail, whatever
// raft writes is accepted, and what one node has applied is what all apply.
//
//	go test ./final/internal/torture -run TestRaft -groups 100000 -seed 7 -v -timeout 3h
func TestRaft(t *testing.T) {
	t.Parallel()
	t.Logf("-groups %d -turns %d -seed %d", *groups, *turns, *seed)
	var next, applied, crashes, starts, snaps atomic.Int64
	var all sync.WaitGroup
	for range min(*groups, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for n := next.Add(1); n <= int64(*groups) && !t.Failed(); n = next.Add(1) {
				g := newGroup(*seed, uint64(n))
				if err := g.live(*turns); err != nil {
					t.Errorf("-seed %d, group %d: %v\n%s", *seed, n, err, g.trace())
				}
				crashes.Add(g.crashes)
				starts.Add(g.starts)
				snaps.Add(g.snaps)
				applied.Add(int64(len(g.applied)))
				if n%1000 == 0 {
					t.Logf("%d groups, %d crashes", n, crashes.Load())
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d entries applied, %d crashes, %d starts, %d snapshots from a leader", applied.Load(), crashes.Load(), starts.Load(), snaps.Load())
	if n := int64(*groups); applied.Load() < 10*n || crashes.Load() < n || starts.Load() < n || snaps.Load() == 0 {
		t.Error("that is not what nodes go through")
	}
}

// group is some nodes and what lies between them. It is deterministic.
type group struct {
	rng     *rand.Rand
	peers   []*peer
	net     []*raftpb.Message
	late    []*raftpb.Message  // on long ways
	cut     map[[2]uint64]bool // from and to: who is not heard
	applied map[uint64]string  // by index: what somebody has applied
	sums    map[uint64]uint64  // by index: of all that was applied up to there
	leader  map[uint64]uint64  // by term
	wrote   int
	healed  bool
	said    []string

	crashes, starts, snaps int64
}

func newGroup(seed, n uint64) *group {
	g := &group{rng: rand.New(rand.NewPCG(seed, n)), cut: map[[2]uint64]bool{}, applied: map[uint64]string{}, sums: map[uint64]uint64{}, leader: map[uint64]uint64{}}
	for id := range 3 + 2*(n%2) {
		g.peers = append(g.peers, &peer{g: g, id: id + 1, sim: disk.NewSim()})
	}
	return g
}

// say adds a line to the trace.
func (g *group) say(format string, args ...any) {
	g.said = append(g.said, fmt.Sprintf(format, args...))
}

// trace returns its end.
func (g *group) trace() (s string) {
	for _, line := range g.said[max(0, len(g.said)-60):] {
		s += "\t" + line + "\n"
	}
	return s
}

// live lets the group live for some turns, heals it, and demands that it works.
func (g *group) live(turns int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	for range turns {
		p := g.peers[g.rng.IntN(len(g.peers))]
		if err := p.turn(); err != nil {
			return fmt.Errorf("node %d: %w", p.id, err)
		}
	}
	return g.heal()
}

// turn lets something happen to a node.
func (p *peer) turn() error {
	g := p.g
	if !p.up {
		if g.rng.IntN(5) > 0 {
			return nil
		}
		if g.rng.IntN(4) == 0 {
			p.fuse(60)
		}
		return p.survive(p.start())
	}
	switch n := g.rng.IntN(100); {
	case n < 20:
		return p.survive(p.ready())
	case n < 45:
		return g.busy(1 + g.rng.IntN(6))
	case n < 62:
		g.wrote++
		p.raw.Propose(fmt.Appendf(nil, "%d %0*d", g.wrote, g.rng.IntN(300), 0)) // lost without a leader
	case n < 74:
		p.tick()
	case n < 79:
		if lead := p.raw.BasicStatus().Lead; lead == 0 || !g.peers[lead-1].up || g.cut[[2]uint64{lead, p.id}] || g.rng.IntN(8) == 0 {
			return p.raw.Campaign()
		}
	case n < 80:
		g.part(p)
	case n < 92:
		return p.survive(p.snapshot())
	case n < 94:
		p.fuse(200)
	case n < 95:
		p.die()
	case n < 96:
		g.say("%d stops", p.id)
		if err := p.WAL.Close(); err != nil {
			return p.survive(err)
		}
		p.up, p.fused, p.sim = false, false, p.sim.Kill()
	case len(g.late) > 0:
		i := g.rng.IntN(len(g.late))
		m := g.late[i]
		g.late = slices.Delete(g.late, i, i+1)
		g.arrive(m)
	}
	return nil
}

// part divides the group in two, or unites it. One node may be heard by both parts, and hear both, or only hear.
func (g *group) part(between *peer) {
	clear(g.cut)
	if g.rng.IntN(3) == 0 {
		return
	}
	sides, way := g.rng.IntN(1<<len(g.peers)), g.rng.IntN(3)
	for i, from := range g.peers {
		for j, to := range g.peers {
			passes := way == 0 && from == between || way < 2 && to == between
			g.cut[[2]uint64{from.id, to.id}] = sides>>i&1 != sides>>j&1 && !passes
		}
	}
}

// busy lets all work, and most messages arrive.
func (g *group) busy(rounds int) error {
	for range rounds {
		for _, p := range g.peers {
			if !p.up {
				continue
			}
			if err := p.survive(p.ready()); err != nil {
				return fmt.Errorf("node %d: %w", p.id, err)
			}
		}
		for range len(g.net) {
			g.deliver(false)
		}
	}
	return nil
}

// deliver takes a message off the net. It may get lost, come a second time, or take the long way.
func (g *group) deliver(healed bool) {
	i := min(g.rng.IntN(len(g.net)), g.rng.IntN(len(g.net))) // most often an early one
	m := g.net[i]
	if healed || g.rng.IntN(20) > 0 {
		g.net = slices.Delete(g.net, i, i+1)
	}
	switch {
	case healed || g.rng.IntN(15) > 0 && (m.GetType() != raftpb.MsgVote || g.rng.IntN(3) > 0):
		g.arrive(m)
	case g.rng.IntN(2) == 0:
		g.late = append(g.late, m)
	}
}

// arrive ends a message's way.
func (g *group) arrive(m *raftpb.Message) {
	from, to := g.peers[m.GetFrom()-1], g.peers[m.GetTo()-1]
	heard := to.up && !g.cut[[2]uint64{from.id, to.id}]
	if heard {
		to.raw.Step(proto.CloneOf(m)) // an old one may be refused
	}
	if m.GetType() == raftpb.MsgSnap && from.up {
		status := raft.SnapshotFailure
		if heard {
			status = raft.SnapshotFinish
		}
		from.raw.ReportSnapshot(to.id, status)
	}
}

// heal ends all that is wrong, and demands that a leader is found, that it can write, and that all have the same in the end.
func (g *group) heal() error {
	g.healed = true
	clear(g.cut)
	g.late = nil
	for _, p := range g.peers {
		if p.fused && p.up {
			p.die()
		}
		if p.fused = false; p.up {
			continue
		}
		if err := p.start(); err != nil {
			return fmt.Errorf("node %d, started at the end: %w", p.id, err)
		}
	}
	last := uint64(0)
	for index := range g.applied {
		last = max(last, index)
	}
	for round := range 60 {
		p := g.peers[round%len(g.peers)]
		if round%10 < len(g.peers) {
			if err := p.raw.Campaign(); err != nil {
				return err
			}
		}
		p.raw.Propose([]byte("the end"))
		if err := g.settle(); err != nil {
			return err
		}
		first, same := g.peers[0], true
		for _, p := range g.peers {
			same = same && p.applied == first.applied
			if p.applied == first.applied && p.sum != first.sum {
				return fmt.Errorf("at %d node %d holds %x, node 1 %x", p.applied, p.id, p.sum, first.sum)
			}
		}
		if same && first.applied > last {
			return nil
		}
	}
	return fmt.Errorf("healed, the group gets no further: %d was applied, node 1 has got to %d", last, g.peers[0].applied)
}

// settle lets all work, and the leaders' clocks tick.
func (g *group) settle() error {
	for range 8 {
		for _, p := range g.peers {
			p.tick()
		}
		for busy := true; busy; {
			busy = false
			for _, p := range g.peers {
				for p.raw.HasReady() {
					busy = true
					if err := p.ready(); err != nil {
						return fmt.Errorf("node %d: %w", p.id, err)
					}
				}
			}
			for n := len(g.net); n > 0; n-- {
				busy = true
				g.deliver(true)
			}
		}
	}
	return nil
}
