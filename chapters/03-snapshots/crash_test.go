package snapshots_test

import (
	"errors"
	"fmt"
	"testing"

	"go.etcd.io/raft/v3/raftpb"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// promise is a note: what must hold from now on, whatever crashes.
type promise struct {
	// term and vote were synced; index is the last entry, or snapshot, that
	// must be there, and commit was acknowledged with something synced.
	term, vote, index, commit uint64
}

// life is a node's: it saves entries, takes a snapshot of its own, gets one from
// the leader, and forgets what is before each. Behind the leader's, entries and the
// state that commits it come in one Save.
func life(fsys disk.FS, note func(any)) error {
	if err := errors.Join(fsys.Mkdir(folder, disk.DirMode), fsys.SyncDir(".")); err != nil {
		return err
	}
	w, err := snapshots.Create(fsys, dir, []byte("n1"), &snapshots.Options{SegmentSize: 400})
	if err != nil {
		return err
	}
	s := snapshots.New(fsys, folder)
	for _, step := range []struct {
		do   func() error
		then promise
	}{
		{func() error { return w.Save(state(1, 1, 0), run(1, 1, 3)) }, promise{1, 1, 3, 0}},
		{func() error { return w.Save(state(1, 1, 3), run(1, 4, 8)) }, promise{1, 1, 8, 3}},
		{func() error { return w.Save(state(1, 1, 7), nil) }, promise{}},
		{func() error { return w.Save(nil, run(1, 9, 12)) }, promise{1, 1, 12, 7}},
		{func() error { return s.SaveSnap(snapshotAt(7, 1)) }, promise{}},
		{func() error { return w.SaveSnapshot(meta(7, 1)) }, promise{}},
		{func() error { return w.ReleaseLockTo(7) }, promise{}},
		{w.Purge, promise{}},
		{func() error { return s.SaveSnap(snapshotAt(20, 2)) }, promise{}},
		{func() error { return w.SaveSnapshot(meta(20, 2)) }, promise{}},
		{func() error { return w.Save(state(2, 0, 20), run(2, 21, 24)) }, promise{2, 0, 24, 20}},
		{func() error { return w.ReleaseLockTo(20) }, promise{}},
		{w.Purge, promise{}},
	} {
		if err := step.do(); err != nil {
			return err
		}
		if step.then != (promise{}) {
			note(step.then)
		}
	}
	return w.Close()
}

// kept starts the node again, and returns an error if a promise is broken.
func kept(fsys disk.FS, notes []any) error {
	var p promise
	for _, n := range notes {
		p = n.(promise)
	}
	if _, err := segments.Repair(fsys, dir); errors.Is(err, segments.ErrNoLog) && p == (promise{}) {
		return nil
	} else if err != nil {
		return err
	}
	snap, err := snapshots.Match(fsys, dir, snapshots.New(fsys, folder))
	if err != nil {
		return err
	}
	w, err := snapshots.Open(fsys, dir, snap.GetMetadata(), &snapshots.Options{SegmentSize: 400})
	if err != nil {
		return err
	}
	_, st, ents, err := w.ReadAll()
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	last := snap.GetMetadata().GetIndex() + uint64(len(ents))
	if st.GetTerm() < p.term || st.GetTerm() == p.term && st.GetVote() != p.vote || st.GetCommit() < p.commit || last < p.index {
		return fmt.Errorf("promised was %+v; there is term %d, vote %d, commit %d, last %d", p, st.GetTerm(), st.GetVote(), st.GetCommit(), last)
	}
	return nil
}

// again goes on in the life that was cut short, with a Save that must be there
// afterwards.
func again(fsys disk.FS, notes []any, note func(any)) error {
	snap, err := snapshots.Match(fsys, dir, snapshots.New(fsys, folder))
	if errors.Is(err, segments.ErrNoLog) {
		return nil
	}
	if err != nil {
		return err
	}
	w, err := snapshots.Open(fsys, dir, snap.GetMetadata(), &snapshots.Options{SegmentSize: 400})
	if err != nil {
		return err
	}
	_, st, ents, err := w.ReadAll()
	if err != nil {
		return errors.Join(err, w.Close())
	}
	last := snap.GetMetadata().GetIndex() + uint64(len(ents)) + 1
	err = w.Save(state(5, 3, st.GetCommit()), []*raftpb.Entry{{Term: new(uint64(5)), Index: &last}})
	if err == nil {
		note(promise{5, 3, last, st.GetCommit()})
	}
	return errors.Join(err, w.Close())
}

// No crash breaks a promise or leaves a node that cannot start, in whichever step
// of its life, and of the life after that.
func TestLifeCrashes(t *testing.T) {
	t.Parallel()
	e := &crash.Experiment{Name: "a node's life", Work: life, Recover: kept, Again: again}
	bounds := &crash.Bounds{Subsets: 10, Seeds: 16, Torn: true, Depth: 1, States: 3000}
	if testing.Short() {
		bounds.States = 500
	}
	report, err := e.Explore(t.Context(), bounds)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
}
