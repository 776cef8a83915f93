package wal

import (
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// Save appends entries and then the hard state. When it returns nil they are durable if raft may act on them: if there are entries, if term
// or vote have changed, or if the commit reaches a leader's snapshot ([WAL.SaveSnapshot]), which counts from then on. A hard state that
// only moves the commit otherwise has reached the kernel: the death of the process does not take it back, a loss of power may. Nothing is done
// for a hard state that is nil or empty without entries. What is passed is not kept, nor changed, and may be used again.
//
// An entry at an index that the log has replaces that entry and all behind it. Refused, with an error that matches [ErrRefused], and with
// nothing written, is what raft never saves and ReadAll would call corrupt: entries with a gap ([ErrSliceOutOfRange]) or of a lower term than
// those before, an overwritten commit, a hard state whose term, vote or commit goes back or that commits what is beyond the log. An entry at or
// below the commit must be the one that is there; of that its term is compared, and type and size while it is among the last 1,024. While a leader's
// snapshot waits for its commit, entries are refused, and a commit that goes up and does not reach it, unless the same Save commits it, and its entries
// begin behind it.
//
// Any number of goroutines may call Save. Those that wait at the same time share one write and one sync. Which comes first is not theirs to say: entries
// that follow those of another Save are for the goroutine that has seen that one return. Any error but a refusal stays: the log takes
// nothing more, and every later call returns it. Close the log then, and open it again; what it returned nil for is there.
func (w *WAL) Save(state *raftpb.HardState, ents []*raftpb.Entry) error {
	if !w.queue.waiting.Load() && w.io.TryLock() {
		defer w.io.Unlock()
		return w.saveAlone(state, ents)
	}
	g, i := w.queue.join(state, ents)
	if i > 0 {
		g.done.Wait()
		return w.queue.leave(g, i)
	}
	w.io.Lock()
	w.queue.begin(g)
	w.saveAll(g)
	w.io.Unlock()
	g.done.Done()
	return w.queue.leave(g, i)
}

// saveAlone does the work of a group of one. Who calls it holds the log.
func (w *WAL) saveAlone(state *raftpb.HardState, ents []*raftpb.Entry) error {
	w.alone.saves = append(w.alone.saves[:0], save{state: state, ents: ents})
	w.saveAll(&w.alone)
	s := &w.alone.saves[0]
	err := s.err
	*s = save{} // what the caller owns is not kept alive
	return err
}

// saveAll does the work of a group and sets its errors.
func (w *WAL) saveAll(g *group) {
	err := w.writable()
	if err == nil {
		err = w.out.save(g)
	}
	for i := range g.saves {
		if s := &g.saves[i]; s.err == nil {
			s.err = err
		}
	}
}

// SaveSnapshot records that a snapshot was saved, durably. Save the file first (package snap): from then on the log vouches for it. m needs an
// index, a term and, unless its index is 0, a conf state; without, or nil, it is refused, as in etcd. Call it for
// a Ready that has a snapshot (raft.IsEmptySnap) only, although snap.SaveSnap, as in etcd, takes one of nothing for nothing to do.
//
// A snapshot of the log's own entries leaves the log as it is. A leader's, beyond the last entry or of another term than the entry there,
// replaces it: the next entry is the one behind it, and the next Save must commit it. Until that has returned nil, a log opened at an
// older snapshot is the one before: answer the leader only then. One of the node's own, recorded by another goroutine in between, must be committed and
// newer than those before; else it is refused.
//
// Of its own a node records a snapshot only behind the Save of the hard state that commits it, also where storage is written asynchronously (raft's
// AsyncStorageWrites): a crash that took the commit would leave the node without a snapshot that it can start from. Errors are those of [WAL.Save].
func (w *WAL) SaveSnapshot(m *raftpb.SnapshotMetadata) error {
	w.io.Lock()
	defer w.io.Unlock()
	if err := w.writable(); err != nil {
		return err
	}
	return w.out.saveSnapshot(m)
}

// Sync makes durable all that was saved.
func (w *WAL) Sync() error {
	w.io.Lock()
	defer w.io.Unlock()
	if err := w.writable(); err != nil {
		return err
	}
	return w.out.sync()
}

// writable returns why the log takes nothing, or nil.
func (w *WAL) writable() error {
	switch {
	case w.done:
		return ErrClosed
	case w.lock == nil && w.out == nil:
		return ErrReadOnly
	case w.out == nil:
		return ErrNotRead
	}
	return w.out.err
}

// save writes a group: every Save that is admitted.
func (o *writer) save(g *group) error {
	var state *raftpb.HardState // the last
	must, some := false, false
	for i := range g.saves {
		s := &g.saves[i]
		if s.err = o.check.admit(s.state, s.ents); s.err != nil {
			continue
		}
		must = o.check.took(s.state, s.ents) || must
		o.vouch()
		for _, e := range s.ents {
			if err := o.enc.entry(e); err != nil {
				return o.fail("write", err)
			}
			o.reached, some = e.GetIndex(), true
		}
		if !empty(s.state) {
			state, some = s.state, true
		}
	}
	if !some {
		return nil
	}
	if state != nil {
		if err := o.enc.state(&o.check.state); err != nil {
			return o.fail("write", err)
		}
		must, o.stated = must || !o.stated, true
	}
	if err := o.enc.flush(); err != nil {
		return o.fail("write", err)
	}
	switch {
	case o.enc.pages.written >= o.size:
		return o.cut()
	case must:
		return o.sync()
	}
	o.spare.advance(o.enc.off)
	return nil
}

// empty tells whether raft takes a hard state for none.
func empty(s *raftpb.HardState) bool {
	return s.GetTerm() == 0 && s.GetVote() == 0 && s.GetCommit() == 0
}

// vouch notes whether the log can be opened at the newest snapshot by now.
func (o *writer) vouch() {
	if o.recorded <= o.check.state.commit {
		o.vouched = o.recorded
	}
}

// saveSnapshot writes a snapshot record.
func (o *writer) saveSnapshot(m *raftpb.SnapshotMetadata) error {
	if err := o.check.admitSnapshot(m); err != nil {
		return err
	}
	b, err := appendSnapshot(nil, m)
	if err != nil {
		return refused("%v", err)
	}
	r := Record{Type: TypeSnapshot, Data: b}
	if err := o.check.checkSnapshot(&r); err != nil {
		return refused("%v", err)
	}
	o.reached, o.recorded = max(o.reached, m.GetIndex()), max(o.recorded, m.GetIndex())
	o.vouch()
	if err := o.enc.record(TypeSnapshot, b); err != nil {
		return o.fail("write", err)
	}
	return o.sync()
}

// appendSnapshot appends a snapshot record's data: index and term are written if only as zeros.
func appendSnapshot(b []byte, m *raftpb.SnapshotMetadata) ([]byte, error) {
	s := snapshotFields{index: m.GetIndex(), term: m.GetTerm()}
	b = s.append(b)
	if m.ConfState == nil {
		return b, nil
	}
	conf, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.ConfState)
	return appendBytes(b, tagConf, conf), err
}
