package wal_test

import (
	"errors"
	"os"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestRelease: the last segment whose name has a lower index stays, and all behind it; the others are removed oldest first; a locked one is left. W41 W44
func TestRelease(t *testing.T) {
	t.Parallel()
	const last = 20
	log := func() (*disk.Sim, *wal.WAL) {
		sim := disk.NewSim()
		w := create(t, sim, 1000)
		for i := uint64(1); i <= last; i++ {
			must(t, w.Save(hs(1, 1, i), []*raftpb.Entry{ent(i, 1, 700)}))
		}
		must(t, w.SaveSnapshot(snapshot(last, 1)))
		return sim, w
	}
	_, w := log()
	var held []uint64
	for _, s := range w.Segments() {
		held = append(held, s.Index)
	}
	if len(held) < 5 || held[0] != 0 {
		t.Fatalf("segments are named by %v", held)
	}
	for _, index := range []uint64{0, held[1], held[1] + 1, held[3], held[3] + 1, held[4], 1000} {
		sim, w := log()
		keep := 0
		for i, first := range held {
			if first < index {
				keep = i
			}
		}
		must(t, w.ReleaseLockTo(index))
		if got := w.Segments(); len(got) != len(held)-keep || got[0].Index != held[keep] {
			t.Errorf("ReleaseLockTo(%d) of %v keeps %v", index, held, got)
		}
		must(t, w.Purge())
		if got := segments(t, sim).names(); len(got) != len(held)-keep {
			t.Errorf("after ReleaseLockTo(%d) of %v and Purge there are %v", index, held, got)
		}
		must(t, w.SaveSnapshot(snapshot(min(index, last), min(index, 1))))
		must(t, w.Save(hs(1, 1, last+1), ents(last+1, last+1, 1)))
		must(t, w.Close())
		reopen(t, sim, 1000, at(min(index, last), min(index, 1)))
	}
	sim, w := log()
	names := segments(t, sim).names()
	must(t, w.ReleaseLockTo(1000))
	f, err := sim.Open(folderName+"/"+names[1], os.O_RDWR, 0)
	must(t, errors.Join(err, f.Lock()))
	must(t, w.Purge())
	if got := segments(t, sim).names(); len(got) != len(names)-1 {
		t.Errorf("with %s locked, Purge leaves %v", names[1], got)
	}
	must(t, f.Close())
	must(t, sim.Remove(folderName+"/"+names[2])) // somebody else did
	must(t, w.Purge())
	if got := segments(t, sim).names(); len(got) != 1 {
		t.Errorf("Purge leaves %v", got)
	}
	sim, w = log()
	must(t, w.ReleaseLockTo(1000))
	sim.Inject(disk.Fault{Ops: disk.OpSyncDir})
	first, second := w.Purge(), w.Purge()
	if first == nil || second == nil || len(segments(t, sim)) != len(names)-1 {
		t.Errorf("Purge() behind a failed sync of the folder = %v, then %v; left %v", first, second, segments(t, sim).names())
	}
	must(t, w.Save(hs(1, 1, last+1), ents(last+1, last+1, 1)))
}

// TestPurgeSyncsTheCommit: a commit alone is not durable. The one that makes a snapshot a start is, before a segment goes that any other start needs.
func TestPurgeSyncsTheCommit(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 1000)
	for i := uint64(1); i <= 20; i++ {
		must(t, w.Save(hs(1, 1, min(i, 10)), []*raftpb.Entry{ent(i, 1, 700)}))
	}
	for n := len(w.Segments()); len(w.Segments()) == n; { // so that the next Save is not one that ends a segment, and is synced for that
		must(t, w.Save(nil, []*raftpb.Entry{ent(20, 1, 700)}))
	}
	must(t, w.SaveSnapshot(snapshot(20, 1)))
	must(t, w.ReleaseLockTo(20))
	must(t, w.Save(hs(1, 1, 20), nil))
	must(t, w.Purge())
	sim = sim.Crash(disk.Lost)
	snaps, err := wal.ValidSnapshotEntries(folderName, quiet(sim, 0))
	must(t, err)
	if len(snaps) == 0 {
		t.Fatal("the log cannot be opened anywhere")
	}
	reopen(t, sim, 1000, snaps[len(snaps)-1])
}

// TestPurgeKeepsAStart: whatever was released, the log can be opened afterwards: at its beginning if it has no snapshot, or at the newest that it vouches for.
func TestPurgeKeepsAStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		do    func(w *wal.WAL) error
		start uint64
	}{
		{"no_snapshot", func(*wal.WAL) error { return nil }, 0},
		{"an_older_snapshot", func(w *wal.WAL) error { return w.SaveSnapshot(snapshot(9, 1)) }, 9},
		{"not_committed", func(w *wal.WAL) error {
			return errors.Join(w.SaveSnapshot(snapshot(9, 1)), w.SaveSnapshot(snapshot(500, 2)))
		}, 9},
		{"committed_later", func(w *wal.WAL) error {
			return errors.Join(w.SaveSnapshot(snapshot(500, 2)), w.Save(hs(2, 0, 500), nil))
		}, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			w := create(t, sim, 1000)
			for i := uint64(1); i <= 20; i++ {
				must(t, w.Save(hs(1, 1, i), []*raftpb.Entry{ent(i, 1, 700)}))
			}
			must(t, c.do(w))
			before := len(segments(t, sim))
			must(t, w.ReleaseLockTo(10000))
			must(t, w.Purge())
			must(t, w.Close())
			if after := len(segments(t, sim)); (after == before) != (c.start == 0) {
				t.Errorf("%d segments of %d are left", after, before)
			}
			snaps, err := wal.ValidSnapshotEntries(folderName, quiet(sim, 0))
			must(t, err)
			if last := snaps[len(snaps)-1]; last.GetIndex() != c.start {
				t.Fatalf("the newest start is %v, want %d", last, c.start)
			}
			reopen(t, sim, 1000, snaps[len(snaps)-1])
		})
	}
}
