package wal_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestFirstStateIsSynced: the first hard state behind ReadAll is synced if it only moves the commit, too, as etcd does. What counts as written then decides
// where the segment ends.
func TestFirstStateIsSynced(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 1<<16)
	if err := errors.Join(w.Save(hs(1, 1, 0), ents(1, 4, 1)), w.Close()); err != nil {
		t.Fatal(err)
	}
	var syncs []wal.Op
	opts := quiet(sim, 1<<16)
	opts.Observe = func(e wal.Event) {
		if e.Op == wal.OpSync {
			syncs = append(syncs, e.Op)
		}
	}
	w, err := wal.Open("log", nil, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, _, _, err := w.ReadAll(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0, 0} {
		syncs = nil
		if err := w.Save(hs(1, 1, uint64(i)+1), nil); err != nil {
			t.Fatal(err)
		}
		if len(syncs) != want {
			t.Errorf("Save() of commit %d: %d syncs, want %d", i+1, len(syncs), want)
		}
	}
}

// TestReleaseMovesNoCut: the sync of ReleaseLockTo, which etcd leaves to its caller, does not count for where the segment ends.
func TestReleaseMovesNoCut(t *testing.T) {
	t.Parallel()
	var logs [2][]wal.Segment
	for i := range logs {
		w := create(t, disk.NewSim(), 2048)
		err := w.Save(hs(1, 1, 0), []*raftpb.Entry{ent(1, 1, 1850)})
		for commit := range uint64(8) {
			err = errors.Join(err, w.Save(hs(1, 1, min(commit, 1)), nil))
		}
		if i == 1 {
			err = errors.Join(err, w.ReleaseLockTo(0))
		}
		if err := errors.Join(err, w.Save(hs(1, 1, 1), nil), w.Save(hs(1, 1, 1), nil)); err != nil {
			t.Fatal(err)
		}
		logs[i] = w.Segments()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(logs[0], logs[1]); diff != "" {
		t.Errorf("segments with ReleaseLockTo mismatch (-without +with):\n%s", diff)
	}
}

// TestHeadRepeatsState: a crash in a Save may leave its entries without its hard state. A segment that begins behind them repeats the one before, of
// a lower term, and can be read.
func TestHeadRepeatsState(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 2), ents(1, 4, 1)...).save(nil, ents(5, 6, 2)...).cut().save(hs(2, 1, 3), ents(7, 7, 2)...)
	if got, want := read(t, b.files(), nil), "[1/1 2/1 3/1 4/1 5/2 6/2 7/2]"; got.err != nil || indexes(got.ents) != want {
		t.Errorf("ReadAll() = %v, %v, want %v", indexes(got.ents), got.err, want)
	}
}

// TestPurgeBehindOthers: when somebody else has removed the first segments, the folder is synced before the next one goes: a crash could else bring
// back the first without the second.
func TestPurgeBehindOthers(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 1024)
	defer w.Close()
	for i := range uint64(10) {
		must(t, w.Save(hs(1, 1, i), []*raftpb.Entry{ent(i+1, 1, 500)}))
	}
	must(t, w.SaveSnapshot(snapshot(9, 1)))
	must(t, w.ReleaseLockTo(10))
	must(t, sim.Remove(folderName+"/"+segments(t, sim).names()[0]))
	var ops []disk.Op
	sim.ClearLog()
	must(t, w.Purge())
	for _, e := range sim.Log() {
		if e.Op == disk.OpRemove || e.Op == disk.OpSyncDir {
			ops = append(ops, e.Op)
		}
	}
	if len(ops) < 3 || ops[0] != disk.OpSyncDir || ops[1] != disk.OpRemove {
		t.Errorf("Purge() did %v, want the folder synced first", ops)
	}
}
