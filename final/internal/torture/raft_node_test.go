package torture_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log"

	"go.etcd.io/raft/v3"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/storage"
	"example.com/logbook/final/wal"
)

// peer is a node.
type peer struct {
	g     *group
	id    uint64
	sim   *disk.Sim
	fused bool // its disk will fail: the node dies there
	up    bool

	*storage.Storage
	raw     *raft.RawNode
	memory  *raft.MemoryStorage
	applied uint64
	sum     uint64
	conf    *raftpb.ConfState
	begun   *raftpb.Snapshot // one of its own, not yet saved
}

// errDied is that a node's disk has failed on purpose.
var errDied = errors.New("the node has died")

// fuse makes the disk fail for good within some operations, and a write in the midst.
func (p *peer) fuse(within int) {
	if p.fused || p.g.healed {
		return
	}
	p.fused = true
	p.sim.Inject(disk.Fault{Nth: 1 + p.g.rng.IntN(within), Always: true, Err: errDied, Bytes: p.g.rng.IntN(16 << p.g.rng.IntN(7)), Pages: disk.PagesDirty}) // a sync that was never made
}

// survive lets the node die if its disk has failed on purpose. Any other error is one.
func (p *peer) survive(err error) error {
	if err != nil && p.fused && errors.Is(err, errDied) {
		p.die()
		return nil
	}
	return err
}

// die ends the process, and most often the machine.
func (p *peer) die() {
	g := p.g
	p.up, p.fused = false, false
	g.crashes++
	switch g.rng.IntN(4) {
	case 0:
		g.say("%d is killed", p.id)
		p.sim = p.sim.Kill()
	case 1:
		g.say("%d loses power, and all that is not durable", p.id)
		p.sim = p.sim.Crash(disk.Lost)
	default:
		g.say("%d loses power", p.id)
		p.sim = p.sim.Crash(disk.Random(g.rng.Uint64()))
	}
}

// start starts the node as a program does.
func (p *peer) start() (err error) {
	p.g.starts++
	o := &storage.Options{FS: p.sim, WAL: wal.Options{SegmentSize: 2048, NoBackground: true}}
	if p.Storage, err = storage.Open("node", nil, o); err != nil {
		return err
	}
	p.memory, p.applied, p.sum, p.conf, p.begun = raft.NewMemoryStorage(), 0, 0, nil, nil
	if p.Snapshot != nil {
		if err := p.memory.ApplySnapshot(p.Snapshot); err != nil {
			return err
		}
		if err := p.restore(p.Snapshot); err != nil {
			return err
		}
	}
	if err := errors.Join(p.memory.SetHardState(p.HardState), p.memory.Append(p.Entries)); err != nil {
		return err
	}
	p.g.say("%d starts: %v, %d entries behind %d", p.id, p.HardState, len(p.Entries), p.applied)
	p.raw, err = raft.NewRawNode(&raft.Config{
		ID: p.id, Storage: p.memory, ElectionTick: 1000, HeartbeatTick: 1, MaxSizePerMsg: 512, MaxInflightMsgs: 4,
		Logger: &raft.DefaultLogger{Logger: log.New(io.Discard, "", 0)},
	})
	if err == nil && p.New {
		var peers []raft.Peer
		for _, other := range p.g.peers {
			peers = append(peers, raft.Peer{ID: other.id})
		}
		err = p.raw.Bootstrap(peers)
	}
	p.up = err == nil
	return err
}

// ready handles one Ready.
func (p *peer) ready() error {
	if !p.raw.HasReady() {
		return nil
	}
	rd := p.raw.Ready()
	if err := p.save(rd); err != nil {
		return err
	}
	if err := p.memory.Append(rd.Entries); err != nil {
		return err
	}
	p.g.net = append(p.g.net, rd.Messages...)
	for _, e := range rd.CommittedEntries {
		if err := p.apply(e); err != nil {
			return err
		}
	}
	p.raw.Advance(rd)
	s := p.raw.BasicStatus()
	if term := s.GetTerm(); s.RaftState == raft.StateLeader {
		if other := p.g.leader[term]; other != 0 && other != p.id {
			return fmt.Errorf("it leads in term %d, and so does %d", term, other)
		}
		p.g.leader[term] = p.id
	}
	return nil
}

// save makes a Ready durable.
func (p *peer) save(rd raft.Ready) error {
	leaders := !raft.IsEmptySnap(rd.Snapshot)
	if leaders {
		p.g.snaps++
		p.g.say("%d gets snapshot %v", p.id, rd.Snapshot.GetMetadata())
		if err := p.Snap.SaveSnap(rd.Snapshot); err != nil {
			return err
		}
		if err := p.WAL.SaveSnapshot(rd.Snapshot.GetMetadata()); err != nil {
			return err
		}
	}
	if rd.HardState != nil || len(rd.Entries) > 0 {
		p.g.say("%d saves %v and %s", p.id, rd.HardState, span(rd.Entries))
	}
	if leaders && p.begun != nil && p.g.rng.IntN(2) == 0 {
		// Another goroutine's, as in etcd, which asks raft's memory first whether the snapshot is out of date.
		if last, err := p.memory.Snapshot(); err != nil || p.begun.GetMetadata().GetIndex() <= last.GetMetadata().GetIndex() {
			p.begun = nil
		} else if err := p.snapshot(); err != nil {
			return err
		}
	}
	if rd.HardState != nil && len(rd.Entries) > 0 && p.g.rng.IntN(10) == 0 {
		p.fuse(1) // between the entries and the hard state it hurts most
	}
	if err := p.WAL.Save(rd.HardState, rd.Entries); err != nil || !leaders {
		return err
	}
	return errors.Join(p.memory.ApplySnapshot(rd.Snapshot), p.restore(rd.Snapshot))
}

// span returns entries in short.
func span(ents []*raftpb.Entry) string {
	if len(ents) == 0 {
		return "no entries"
	}
	first, last := ents[0], ents[len(ents)-1]
	return fmt.Sprintf("%d/%d to %d/%d", first.GetIndex(), first.GetTerm(), last.GetIndex(), last.GetTerm())
}

// apply takes a committed entry.
func (p *peer) apply(e *raftpb.Entry) error {
	index := e.GetIndex()
	if index != p.applied+1 {
		return fmt.Errorf("entry %d is applied behind %d", index, p.applied)
	}
	what := fmt.Sprintf("%d %v %q", e.GetTerm(), e.GetType(), e.GetData())
	if other, ok := p.g.applied[index]; ok && other != what {
		return fmt.Errorf("it applies %s at %d, another has applied %s", what, index, other)
	}
	p.g.applied[index] = what
	if e.GetType() == raftpb.EntryConfChange {
		var change raftpb.ConfChange
		if err := proto.Unmarshal(e.GetData(), &change); err != nil {
			return err
		}
		p.conf = p.raw.ApplyConfChange(&change)
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%x %s", p.sum, what)
	p.applied, p.sum = index, h.Sum64()
	p.g.sums[index] = p.sum
	return nil
}

// restore takes over a snapshot's state.
func (p *peer) restore(s *raftpb.Snapshot) error {
	at := s.GetMetadata().GetIndex()
	if want := fmt.Sprintf("%x", p.g.sums[at]); string(s.GetData()) != want {
		return fmt.Errorf("snapshot %d holds %s, want %s", at, s.GetData(), want)
	}
	p.applied, p.sum, p.conf = at, p.g.sums[at], s.GetMetadata().GetConfState()
	return nil
}

// snapshot begins one of the node's own, or saves the one that it has begun: meanwhile it has gone on, perhaps behind a leader's.
func (p *peer) snapshot() error {
	if p.begun == nil {
		last, err := p.memory.Snapshot()
		if err != nil || p.applied <= last.GetMetadata().GetIndex() || p.conf == nil {
			return err
		}
		term, err := p.memory.Term(p.applied)
		if err != nil {
			return err
		}
		p.begun = &raftpb.Snapshot{
			Data:     fmt.Appendf(nil, "%x", p.sum),
			Metadata: &raftpb.SnapshotMetadata{Index: new(p.applied), Term: &term, ConfState: p.conf},
		}
		return nil
	}
	s, at := p.begun, p.begun.GetMetadata().GetIndex()
	p.begun = nil
	p.g.say("%d saves its snapshot %v", p.id, s.GetMetadata())
	if err := p.Snap.SaveSnap(s); err != nil {
		return err
	}
	if err := p.WAL.SaveSnapshot(s.GetMetadata()); err != nil {
		return err
	}
	if _, err := p.memory.CreateSnapshot(at, s.GetMetadata().GetConfState(), s.GetData()); errors.Is(err, raft.ErrSnapOutOfDate) {
		return nil // a leader's is newer
	} else if err != nil {
		return err
	}
	if err := p.memory.Compact(at - min(at-1, uint64(p.g.rng.IntN(8)))); err != nil && !errors.Is(err, raft.ErrCompacted) {
		return err
	}
	if err := p.WAL.ReleaseLockTo(at); err != nil {
		return err
	}
	return errors.Join(p.WAL.Purge(), p.Snap.Purge(s.GetMetadata(), 1+p.g.rng.IntN(3)))
}

// tick lets a leader's clock tick. A follower's would make it stand for election at a time that raft takes from the machine.
func (p *peer) tick() {
	if p.raw.BasicStatus().RaftState == raft.StateLeader {
		p.raw.Tick()
	}
}
