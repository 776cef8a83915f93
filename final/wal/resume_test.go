package wal_test

import (
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestAfterFailedSync: a sync fails, and the kernel marks the pages clean. The node starts again, reads them, and acts on them: so they must be durable by
// then, and a sync that succeeds is not enough.
func TestAfterFailedSync(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 4096)
	if err := w.Save(hs(1, 1, 0), ents(1, 3, 1)); err != nil {
		t.Fatal(err)
	}
	sim.Inject(disk.Fault{Ops: disk.OpSync, Pages: disk.PagesClean})
	if err := w.Save(hs(1, 1, 2), []*raftpb.Entry{ent(4, 1, 700), ent(5, 1, 700), ent(6, 1, 900)}); err == nil {
		t.Fatal("the sync did not fail")
	}
	w.Close()
	w, err := wal.Open("log", nil, quiet(sim, 4096))
	if err != nil {
		t.Fatal(err)
	}
	_, _, before, err := w.ReadAll()
	if err != nil || len(before) != 6 {
		t.Fatalf("ReadAll() = %d entries, %v", len(before), err)
	}
	r, err := wal.OpenForRead("log", nil, quiet(sim.Crash(disk.Lost), 4096))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, after, err := r.ReadAll(); err != nil || len(after) != len(before) {
		t.Errorf("behind a loss of power ReadAll() = %d entries, %v; the node has acted on %d", len(after), err, len(before))
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
