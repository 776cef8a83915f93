package wal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestAbandonedSnapshot: a node has recorded a leader's snapshot, was killed before the Save that commits it, and goes on without it. What it saves then
// is its own, and never the snapshot's: also where the snapshot lies inside the log. W02 R07
func TestAbandonedSnapshot(t *testing.T) {
	t.Parallel()
	for _, index := range []uint64{8, 10, 11, 100} {
		for name, c := range map[string]struct {
			do   func(w *wal.WAL) error
			want string
		}{
			"entries": {func(w *wal.WAL) error { return w.Save(hs(4, 1, 5), ents(11, 12, 4)) }, "11/4 12/4]"},
			"commit":  {func(w *wal.WAL) error { return w.Save(hs(4, 1, 10), nil) }, "10/1]"},
			"nothing": {func(w *wal.WAL) error { return nil }, "10/1]"},
			"both": {func(w *wal.WAL) error {
				return errors.Join(w.Save(hs(4, 1, 9), nil), w.Save(nil, ents(11, 12, 4)), w.Save(hs(4, 1, 12), nil))
			}, "11/4 12/4]"},
		} {
			t.Run(fmt.Sprint(index, "_", name), func(t *testing.T) {
				t.Parallel()
				sim := disk.NewSim()
				w := create(t, sim, 0)
				must(t, w.Save(hs(1, 1, 5), ents(1, 10, 1)))
				must(t, w.SaveSnapshot(snapshot(index, 3)))
				sim = sim.Kill()
				w, r := reopen(t, sim, 0, nil)
				if want := indexes(ents(1, 10, 1)); indexes(r.ents) != want {
					t.Fatalf("after the kill ReadAll() = %v, want %v", indexes(r.ents), want)
				}
				must(t, c.do(w))
				for range 2 {
					sim = sim.Crash(disk.Lost)
					w, r = reopen(t, sim, 0, nil)
					if got := indexes(r.ents); !strings.HasSuffix(got, c.want) || len(r.ents) < 10 {
						t.Errorf("ReadAll() = %v, want … %v", got, c.want)
					}
				}
				must(t, w.Save(hs(4, 1, 10), nil))
			})
		}
	}
}

// TestLeadersSnapshot: behind a leader's snapshot the log goes on, once it is committed.
func TestLeadersSnapshot(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, w.Save(hs(1, 1, 5), ents(1, 10, 1)))
	must(t, w.SaveSnapshot(snapshot(100, 3)))
	for name, err := range map[string]error{
		"no commit": w.Save(hs(3, 0, 5), ents(101, 101, 3)),
		"before it": w.Save(hs(3, 0, 5), ents(11, 11, 3)),
		"lower snapshot of what is not committed": w.SaveSnapshot(snapshot(6, 1)),
		"lower snapshot of another term":          w.SaveSnapshot(snapshot(5, 2)),
	} {
		if !errors.Is(err, wal.ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", name, err)
		}
	}
	must(t, w.SaveSnapshot(snapshot(5, 1)))                                     // another goroutine's, of the node's own
	if err := w.SaveSnapshot(snapshot(5, 1)); !errors.Is(err, wal.ErrRefused) { // once more, as who has given up the leader's records it
		t.Errorf("the node's own snapshot again: %v, want ErrRefused", err)
	}
	if _, r := reopen(t, sim.Kill(), 0, at(5, 1)); indexes(r.ents) != indexes(ents(6, 10, 1)) {
		t.Errorf("without its commit: ReadAll() = %v", indexes(r.ents))
	}
	must(t, w.Save(hs(3, 0, 100), ents(101, 102, 3)))
	must(t, w.Close())
	w, r := reopen(t, sim, 0, at(100, 3))
	if got := indexes(r.ents); got != "[101/3 102/3]" {
		t.Errorf("ReadAll() = %v", got)
	}
	must(t, w.Save(nil, ents(103, 103, 3)))
}
