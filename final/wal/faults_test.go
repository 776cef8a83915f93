package wal_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestEveryCallFails lets the n-th operation of a life fail, for every n: the call that meets it says so, and what was acknowledged by then is there when the
// log is opened again, on the same disk and behind a loss of power. Torture does the same with other faults, and never with a Save that is more than one
// write. F9 F11
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		sim := disk.NewSim()
		struck := sim.Inject(disk.Fault{Nth: n})
		var told strings.Builder
		acked, err := life(sim, &told)
		sim.Heal()
		if struck() == 0 {
			must(t, err)
			t.Logf("%d operations", n-1)
			return
		}
		if err == nil && !strings.Contains(told.String(), "spare file") { // etcd's, which is no part of the log
			t.Errorf("operation %d failed, and nobody told", n)
		}
		for _, sim := range []*disk.Sim{sim, sim.Crash(disk.Lost)} {
			if there, err := wal.Exist(folderName, quiet(sim, 0)); err != nil || !there && acked > 0 {
				t.Fatalf("operation %d failed: Exist() = %v, %v", n, there, err)
			} else if !there {
				continue
			}
			w, r := reopen(t, sim, lifeSize, nil)
			if last := uint64(len(r.ents)); last < acked {
				t.Errorf("operation %d failed: %d entries are left of %d", n, last, acked)
			}
			must(t, w.Close())
		}
	}
}

// lifeSize is the size of a segment in a life.
const lifeSize = 64 << 10

// fringe is what stands around the data of three entries that fill the encoder's buffer, and less than a hard state more.
const fringe = 104

// life is the life of a log: its entries are gathered, written as they are, and cut into segments; it is opened again with a leader's snapshot that was
// recorded and never committed; and it ends at the first error. acked is the last entry that is durable by then. What is no error is told to a logger.
func life(sim *disk.Sim, told *strings.Builder) (acked uint64, err error) {
	w, err := wal.Create(folderName, make([]byte, 130<<10), quiet(sim, lifeSize))
	if err != nil {
		return 0, err
	}
	save := func(sizes ...int) error {
		var list []*raftpb.Entry
		for _, size := range sizes {
			list = append(list, ent(acked+1+uint64(len(list)), 1, size))
		}
		if err := w.Save(hs(1, 1, acked), list); err != nil {
			return err
		}
		acked += uint64(len(list))
		return nil
	}
	many := make([]int, 20)
	for i := range many {
		many[i] = 8 << 10
	}
	for _, do := range []func() error{
		func() error { return save(10, 20, 30) },
		func() error { return save(many...) },                      // more than the encoder holds
		func() error { return save(10, 70<<10) },                   // more than it copies
		func() error { return save(60<<10, 60<<10, 8<<10-fringe) }, // which leaves room for no hard state
		w.Prepare,
		func() error { return save(10, 10) },
		func() error { return w.SaveSnapshot(snapshot(20, 1)) },
		func() error { return save(60<<10, 100) },
		func() error { return w.SaveSnapshot(snapshot(500, 3)) }, // which nobody commits
		func() error { return again(sim, &w, told) },
		func() error { return save(10) },
		func() error { return w.ReleaseLockTo(20) },
	} {
		if err := do(); err != nil {
			return acked, errors.Join(err, w.Close())
		}
	}
	return acked, w.Close()
}

// again closes a log, opens it and reads it.
func again(sim *disk.Sim, w **wal.WAL, told *strings.Builder) error {
	if err := (*w).Close(); err != nil {
		return err
	}
	opts := quiet(sim, lifeSize)
	opts.Logger = slog.New(slog.NewTextHandler(told, nil))
	next, err := wal.Open(folderName, nil, opts)
	if err != nil {
		return err
	}
	*w = next
	_, _, _, err = next.ReadAll()
	return err
}
