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
