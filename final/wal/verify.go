package wal

import (
	"errors"
	"io"
	"slices"

	raftpb "go.etcd.io/raft/v3/raftpb"
)

// Verify reads the log in dir like [WAL.ReadAll], checks as much, and keeps nothing: its memory does not grow with the log. It returns
// the last hard state. A nil snapshot means all that there is, also behind a leader's snapshot, where ReadAll would need to be
// opened at it.
func Verify(dir string, snap *raftpb.SnapshotMetadata, opts *Options) (*raftpb.HardState, error) {
	w, err := OpenForRead(dir, snap, opts)
	if err != nil {
		return nil, err
	}
	r := replay{start: w.start}
	err = in(w.name, w.replay(&r))
	if snap == nil && errors.Is(err, ErrSliceOutOfRange) && !errors.Is(err, ErrCorrupt) {
		err = nil
	}
	err = errors.Join(err, w.Close())
	if err != nil && !r.useful(err, w.opts.Recovery) {
		return nil, err
	}
	return r.check.state.message(), err
}

// ValidSnapshotEntries returns the snapshots that the log in dir can be opened at, in the order in which they were recorded: those up to
// the last hard state's commit, or all of them before the first hard state. A snapshot file that is not among them is the leftover of a crash.
//
// It begins with the oldest segment there is, whose first record seeds the chain. Damage makes all snapshots before it useless, and is no
// error as long as all segments behind it are intact and one of them holds a snapshot: opened there, the log reads well. It is an error in the last
// segment, and so is a segment of another log, wherever it stands.
func ValidSnapshotEntries(dir string, opts *Options) ([]*raftpb.SnapshotMetadata, error) {
	w, err := OpenForRead(dir, nil, opts)
	if err != nil {
		return nil, err
	}
	snaps, err := w.snapshots()
	return snaps, errors.Join(in(w.name, err), w.Close())
}

// snapshots reads the log, behind damage too as long as segments follow.
func (w *WAL) snapshots() ([]*raftpb.SnapshotMetadata, error) {
	var damage error // the first
	var before checker
	for first := 0; ; { // until it is the last
		s := newScanner(w.segs[first:], &w.opts)
		s.win.borrow()
		s.check.metadata, s.check.haveMetadata = before.metadata, before.haveMetadata
		snaps, err := s.snapshots()
		s.win.free()
		switch {
		case err == nil && damage == nil:
			return snaps, nil
		case err == nil && len(snaps) > 0:
			w.tellOld(damage, snaps)
			return snaps, nil
		case err == nil:
			return nil, damage
		case damage == nil:
			damage = err
		}
		if !errors.Is(err, ErrCorrupt) || errors.Is(err, ErrMetadataConflict) || errors.Is(err, ErrMisnamed) {
			return nil, err
		}
		if s.last() {
			return nil, damage
		}
		before = s.check
		first += s.behindDamage()
	}
}

// tellOld warns of damage that stops no start at the newest snapshot. It is no reason to replace the member, as [CorruptError] says of damage that does,
// and that opening the log there will tell.
func (w *WAL) tellOld(damage error, snaps []*raftpb.SnapshotMetadata) {
	newest := uint64(0)
	for _, m := range snaps {
		newest = max(newest, m.GetIndex())
	}
	segs := w.Segments()
	if e, ok := errors.AsType[*CorruptError](damage); ok && e.Segment < segs[max(pick(segs, newest), 0)].Name {
		w.opts.Logger.Warn("an old segment is damaged, before the log's newest snapshot; a node that starts there goes on, and loses nothing: the next purge behind it removes the segment",
			"dir", w.name, "segment", e.Segment, "offset", e.Offset, "reason", e.Reason)
	}
}

// behindDamage returns with which of the scanner's segments reading may begin again: the next one; or the present one, if all that is
// wrong with it is that its checksum does not continue the ones before.
func (s *scanner) behindDamage() int {
	if s.i > 0 && s.off == 0 && s.rec.Type == TypeCRC && s.rec.Segment == s.segs[s.i].Segment.Name {
		return s.i
	}
	return s.i + 1
}

// snapshots returns those recorded in the scanner's segments.
func (s *scanner) snapshots() ([]*raftpb.SnapshotMetadata, error) {
	var snaps []*raftpb.SnapshotMetadata
	for {
		rec, err := s.next()
		switch {
		case err == io.EOF:
			return s.check.vouched(snaps), nil
		case err != nil:
			return nil, err
		case rec.Type != TypeSnapshot:
			continue
		}
		m, err := s.check.position.message()
		if err != nil {
			return nil, rec.corrupt(err.Error(), nil)
		}
		snaps = append(snaps, m)
	}
}

// vouched returns the snapshots that the hard state's commit covers. A log without any hard state vouches for all: a new node's first words may be a
// leader's snapshot, of which a crash can leave the record without the Save behind it, and a snapshot is always of what its cluster has committed.
func (c *checker) vouched(snaps []*raftpb.SnapshotMetadata) []*raftpb.SnapshotMetadata {
	return slices.DeleteFunc(snaps, func(m *raftpb.SnapshotMetadata) bool { return !c.vouches(m.GetIndex()) })
}

// vouches tells whether the log can be opened at a snapshot that it has recorded.
func (c *checker) vouches(index uint64) bool { return c.state.empty() || index <= c.state.commit }
