package wal

import (
	"errors"
	"io"

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
	err = w.replay(&r)
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
// the last hard state's commit. A snapshot file that is not among them is the leftover of a crash.
//
// It begins with the oldest segment there is, whose first record seeds the chain. Damage in a segment makes all snapshots
// before it useless, and is no error as long as one behind it is left: opened there, the log reads well.
func ValidSnapshotEntries(dir string, opts *Options) ([]*raftpb.SnapshotMetadata, error) {
	w, err := OpenForRead(dir, nil, opts)
	if err != nil {
		return nil, err
	}
	snaps, err := w.snapshots()
	return snaps, errors.Join(err, w.Close())
}

// snapshots reads the log, behind damage too as long as segments follow.
func (w *WAL) snapshots() ([]*raftpb.SnapshotMetadata, error) {
	var damage error
	for first := range w.segs {
		s := newScanner(w.segs[first:], &w.opts)
		snaps, err := s.snapshots()
		switch {
		case err == nil && (damage == nil || len(snaps) > 0):
			if damage != nil {
				w.opts.Logger.Warn("log is damaged before its newest snapshots", "error", damage)
			}
			return snaps, nil
		case err != nil && !errors.Is(err, ErrCorrupt):
			return nil, err
		case err != nil && damage == nil:
			damage = err
		}
	}
	return nil, damage
}

// snapshots returns those recorded in the scanner's segments.
func (s *scanner) snapshots() ([]*raftpb.SnapshotMetadata, error) {
	var snaps []*raftpb.SnapshotMetadata
	for {
		rec, err := s.next()
		switch {
		case err == io.EOF:
			return committed(snaps, s.check.state.commit), nil
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

// committed returns the snapshots up to the given commit.
func committed(snaps []*raftpb.SnapshotMetadata, commit uint64) []*raftpb.SnapshotMetadata {
	var valid []*raftpb.SnapshotMetadata
	for _, m := range snaps {
		if m.GetIndex() <= commit {
			valid = append(valid, m)
		}
	}
	return valid
}
