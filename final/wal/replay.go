package wal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	raftpb "go.etcd.io/raft/v3/raftpb"
)

// ReadAll returns the owner's metadata, the last hard state, and the entries behind the start, as raft left them: entries that were
// overwritten are gone, those behind the overwritten ones too. A leader's snapshot behind the start replaces the entries once a hard
// state commits it, or at once if the log has no hard state before it; if the log ends without that, the entries are those from before it. All of it is the caller's to keep and to change. Without an error
// the hard state is never nil.
//
// With [ErrSnapshotNotFound] and [ErrSnapshotMismatch] everything is returned as well; with [ErrSliceOutOfRange], the entries
// before the gap. With any other error, a [CorruptError] or [TornError] among them, nothing is, and the hard state is nil; but under
// [Salvage] a CorruptError comes with what precedes the damage and what fits on behind it, the first damage first.
func (w *WAL) ReadAll() (metadata []byte, state *raftpb.HardState, ents []*raftpb.Entry, err error) {
	r := replay{start: w.start, keep: true}
	err = in(w.name, w.replay(&r))
	if err == nil && w.lock != nil {
		if err = in(w.name, w.resume(&r)); err != nil {
			return nil, nil, nil, err
		}
	}
	if err != nil && !r.useful(err, w.opts.Recovery) {
		return nil, nil, nil, err
	}
	return r.metadata(), r.check.state.message(), r.ents, err
}

// replay reads the log into r. When the snapshot is not recorded where the names of the segments say, everything there is gets read:
// etcd has written names that go backwards. The same is done when the first segment has no head: etcd has written such ones behind others.
func (w *WAL) replay(r *replay) error {
	if err := w.readable(); err != nil {
		return err
	}
	err := w.replayFrom(r, w.first)
	corrupt, ok := errors.AsType[*CorruptError](err)
	noHead := ok && corrupt.Offset == 0 && corrupt.Segment == w.segs[w.first].Segment.Name
	if w.first == 0 || !errors.Is(err, ErrSnapshotNotFound) && !errors.Is(err, ErrTorn) && !noHead {
		return err
	}
	headless := r.check.headless() // nothing there can be used
	again := replay{start: r.start, keep: r.keep}
	if errAgain := w.replayFrom(&again, 0); errAgain == nil || headless {
		again.far = errAgain == nil && errors.Is(err, ErrSnapshotNotFound)
		*r, err = again, errAgain
	}
	return err
}

// replayFrom reads the log from a segment on.
func (w *WAL) replayFrom(r *replay, first int) error {
	w.tail = Tail{}
	s := newScanner(w.segs[first:], &w.opts)
	s.win.borrow()
	defer s.win.free()
	r.check = &s.check
	err := r.run(s)
	if r.held != nil { // no hard state has committed it
		r.branch, r.held = *r.held, nil
	}
	w.tail = s.tail
	if err != nil && (s.recovery != Salvage || !errors.Is(err, ErrCorrupt)) {
		return err // what is missing behind damage has no remedy of its own
	}
	return errors.Join(err, r.verdict(w.name, w.tail))
}

// replay is what raft's log looks like so far.
type replay struct {
	start position
	keep  bool // the entries, not only what they prove
	check *checker

	branch
	slab     slab
	match    bool   // the start is recorded
	far      bool   // and before the segment that its index points at
	recorded []byte // its record's data
	other    uint64 // the term of another snapshot of the same index, if one was recorded

	// pending is the index of a leader's snapshot behind the start that waits for its commit (see checker), or 0; replaced that of the last
	// one that was committed, and replaced what was replayed.
	pending, replaced uint64

	// held is what was replayed before a leader's snapshot at or below the start that waits for its commit, or nil.
	held *branch
}

// branch is what was replayed.
type branch struct {
	ents []*raftpb.Entry // ents[i] has index start.index+1+i
	next uint64          // the index behind the last entry replayed
	gap  error           // the first entry that does not continue those before
}

// run reads all records. Under Salvage it goes on behind damage, and returns the first.
func (r *replay) run(s *scanner) error {
	r.next = r.start.index + 1
	var damage error
	for {
		rec, err := s.next()
		switch {
		case err == io.EOF:
			return damage
		case err != nil && (s.recovery != Salvage || s.failed != nil && s.failed != io.EOF):
			return errors.Join(damage, err)
		case err != nil:
			if damage == nil {
				damage = err
			}
			continue
		}
		if err := r.apply(s, rec); err != nil {
			return errors.Join(damage, err)
		}
	}
}

// apply takes the next record, which the checker has accepted.
func (r *replay) apply(s *scanner, rec *Record) error {
	r.settleHeld(&s.check)
	switch rec.Type {
	case TypeEntry:
		return r.entry(s, rec)
	case TypeState:
		r.commit(&s.check)
	case TypeSnapshot:
		r.snapshot(&s.check, rec.Data)
	}
	return nil
}

// commit lets a pending snapshot replace the log once it is committed.
func (r *replay) commit(c *checker) {
	switch {
	case r.pending == 0 || c.waiting != 0:
	case c.state.commit >= r.pending && !c.reverted:
		r.replace()
	default:
		r.pending = 0
	}
}

// replace drops what the pending snapshot replaces.
func (r *replay) replace() {
	r.truncate(r.pending)
	r.pending, r.replaced = 0, r.pending
}

// entry adds an entry. Whatever the log held at its index or behind goes, also when the entry itself lies before the start.
func (r *replay) entry(s *scanner, rec *Record) error {
	e := &s.check.entry
	if r.pending = s.check.pending(r.start); r.pending != 0 {
		return nil // of the Save that is to commit the snapshot
	}
	if e.index <= r.next {
		r.gap = nil // what did not continue those before goes
	}
	switch {
	case r.gap != nil || r.replaced >= r.next:
		return nil
	case e.index <= r.start.index:
		r.truncate(r.start.index + 1)
		return nil
	case e.index > r.next:
		r.gap = fmt.Errorf("%w: entry %d at offset %d of %s does not continue index %d", ErrSliceOutOfRange, e.index, rec.Offset, rec.Segment, r.next-1)
		return nil
	}
	if e.index < r.next && e.index <= s.check.commit && r.keep {
		if old := r.ents[e.index-r.start.index-1]; !e.equal(old) {
			return rec.corrupt(fmt.Sprintf("entry %d differs from the one that it overwrites, which is committed", e.index), nil)
		}
	}
	r.truncate(e.index)
	r.next = e.index + 1
	if r.keep {
		r.ents = append(r.ents, e.message(&r.slab))
	}
	return nil
}

// truncate drops the entries at an index and behind.
func (r *replay) truncate(index uint64) {
	if index >= r.next {
		return
	}
	r.next = index
	if r.keep {
		r.ents = r.ents[:index-r.start.index-1]
	}
}

// equal tells whether an entry is the same as another one.
func (e *entryFields) equal(m *raftpb.Entry) bool {
	return e.term == m.GetTerm() && e.typ == uint64(m.GetType()) && bytes.Equal(e.data, m.GetData())
}

// snapshot looks whether it is the start, and notes what a leader's snapshot is to replace.
func (r *replay) snapshot(c *checker, data []byte) {
	s := &c.position
	if s.index == r.start.index {
		r.other = s.term
		if s.term == r.start.term {
			r.match, r.recorded = true, append(r.recorded[:0], data...)
		}
	}
	r.pending = c.pending(r.start)
	switch {
	case !c.dropped:
	case s.index <= r.start.index:
		r.begin(c.waiting != 0 && position{s.index, s.term, true} != r.start)
	case r.pending == 0: // it need not wait
		r.pending = s.index
		r.replace()
	}
}

// begin drops all that was replayed, and may hold it in case that it comes back.
func (r *replay) begin(hold bool) {
	switch {
	case !hold:
		r.held = nil
	case r.held == nil:
		held := r.branch
		r.held = &held
	}
	r.branch = branch{next: r.start.index + 1}
}

// settleHeld brings back what is held, or lets it go, when the snapshot that it waits for is decided upon.
func (r *replay) settleHeld(c *checker) {
	if r.held == nil || c.waiting != 0 {
		return
	}
	if c.reverted {
		r.branch = *r.held
	}
	r.held = nil
}

// pending returns the index of the leader's snapshot that waits for its commit, as long as it lies behind the start: opened at it, the log is
// committed by that.
func (c *checker) pending(start position) uint64 {
	if c.waiting <= start.index {
		return 0
	}
	return c.waiting
}

// verdict tells whether what was read is what was asked for.
func (r *replay) verdict(dir string, t Tail) error {
	switch {
	case r.gap != nil && t.Torn:
		return fmt.Errorf("wal: %s: %w, and %s is torn at offset %d: %s; %s", dir, r.gap, t.Segment, t.Offset, t.Reason, remedyNewer)
	case r.gap != nil:
		return fmt.Errorf("wal: %s: %w; %s", dir, r.gap, remedyNewer)
	case r.replaced >= r.next:
		return fmt.Errorf("wal: %s: %w: a leader's snapshot at index %d has replaced those behind index %d; open the log there, and restore the file of that snapshot if it is missing", dir, ErrSliceOutOfRange, r.replaced, r.next-1)
	case r.match || !r.start.given:
		return nil
	case r.other != 0:
		return fmt.Errorf("wal: %s: %w: index %d is of term %d there, not %d; open the log at one of ValidSnapshotEntries", dir, ErrSnapshotMismatch, r.start.index, r.other, r.start.term)
	}
	return fmt.Errorf("wal: %s: %w: index %d, term %d; open the log at one of ValidSnapshotEntries", dir, ErrSnapshotNotFound, r.start.index, r.start.term)
}

// useful tells whether what was read is returned in spite of an error.
func (r *replay) useful(err error, recovery Recovery) bool {
	if r.check == nil {
		return false
	}
	for _, kind := range []error{ErrSliceOutOfRange, ErrSnapshotNotFound, ErrSnapshotMismatch} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return recovery == Salvage && errors.Is(err, ErrCorrupt)
}

// metadata returns a copy of the owner's bytes. The record's own absence of data stays nil.
func (r *replay) metadata() []byte { return bytes.Clone(r.check.metadata) }
