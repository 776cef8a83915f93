package segments_test

import (
	"errors"
	"fmt"
	"testing"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// progress is what a workload notes: how many entries it has tried to append,
// and how many of them are promised. A log with -1 promised need not exist.
type progress struct{ tried, promised int }

// recoverLog is what a program does after a restart: it makes the log that is
// not there, and repairs and opens the one that is. It wants what was promised
// and nothing that was not tried.
func recoverLog(fsys disk.FS, p progress) error {
	_, err := segments.List(fsys, "log")
	if errors.Is(err, segments.ErrNoLog) && p.promised < 0 {
		l, err := segments.Create(fsys, "log", head, small)
		if err != nil {
			return err
		}
		return l.Close()
	}
	if err != nil {
		return err
	}
	if _, err := segments.Repair(fsys, "log"); err != nil {
		return err
	}
	l, err := segments.Open(fsys, "log", small)
	if err != nil {
		return err
	}
	n, err := entries(fsys, "log")
	if err == nil && (n < p.promised || n > p.tried) {
		err = fmt.Errorf("%d entries; promised %d, tried %d", n, p.promised, p.tried)
	}
	return errors.Join(err, l.Close())
}

// goOn is a second life: one more entry, behind those that are there.
func goOn(fsys disk.FS, notes []any, note func(any)) error {
	l, err := segments.Open(fsys, "log", small)
	if err != nil {
		return err
	}
	n, err := entries(fsys, "log")
	if err != nil {
		return err
	}
	note(progress{n + 1, n})
	if err := errors.Join(l.Append(records.TypeEntry, entry(n)), l.Sync()); err != nil {
		return err
	}
	note(progress{n + 1, n + 1})
	return l.Close()
}

// TestCrash crashes every operation of Create, Append, Sync, Cut, Open, Repair
// and Close, and a second life behind each.
func TestCrash(t *testing.T) {
	t.Parallel()
	experiments := []struct {
		name   string
		before progress // the first note
		start  func(disk.FS) error
		work   func(disk.FS, func(any)) error
	}{{
		name:   "create",
		before: progress{0, -1},
		work: func(fsys disk.FS, note func(any)) error {
			l, err := segments.Create(fsys, "log", head, small)
			note(progress{0, 0})
			return errors.Join(err, l.Close())
		},
	}, {
		name: "append_and_cut",
		start: func(fsys disk.FS) error {
			l, err := segments.Create(fsys, "log", head, small)
			return errors.Join(err, l.Close())
		},
		work: func(fsys disk.FS, note func(any)) error {
			l, err := segments.Open(fsys, "log", small)
			if err != nil {
				return err
			}
			for i := range 6 {
				note(progress{i + 1, i})
				if err := l.Append(records.TypeEntry, entry(i)); err != nil {
					return err
				}
				do := l.Sync
				if i%2 == 1 { // Cut makes durable what was appended, as Sync does
					do = func() error { return l.Cut(uint64(i)+2, head) }
				}
				if err := do(); err != nil {
					return err
				}
				note(progress{i + 1, i + 1})
			}
			return l.Close()
		},
	}, {
		name:   "a_batch_of_several_pages",
		before: progress{4, 4},
		start: func(fsys disk.FS) error {
			l, err := segments.Create(fsys, "log", head, small)
			return errors.Join(err, grow(l, 0, 4), l.Close())
		},
		work: func(fsys disk.FS, note func(any)) error {
			l, err := segments.Open(fsys, "log", small)
			if err != nil {
				return err
			}
			note(progress{20, 4})
			for i := 4; i < 20; i++ {
				if err := l.Append(records.TypeEntry, entry(i)); err != nil {
					return err
				}
			}
			if err := l.Sync(); err != nil {
				return err
			}
			note(progress{20, 20})
			return l.Close()
		},
	}}
	for _, x := range experiments {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			e := crash.Experiment{Name: x.name, Start: x.start, Work: x.work, Again: goOn}
			e.Recover = func(fsys disk.FS, notes []any) error {
				return recoverLog(fsys, append([]any{x.before}, notes...)[len(notes)].(progress))
			}
			report, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 5, Seeds: 8, Torn: true, States: 2000})
			if err != nil {
				t.Error(err)
			}
			t.Log(report)
		})
	}
}

// TestKill kills the process at every operation, without a crash of the
// machine. The next one opens the log, and only then the power fails: whatever
// Open showed must still be there, although the first process never synced it.
func TestKill(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	points := 0
	sim.Watch(func(e disk.Event) {
		killed := sim.Kill()
		if _, err := segments.List(killed, "log"); errors.Is(err, segments.ErrNoLog) {
			return
		}
		points++
		if _, err := segments.Repair(killed, "log"); err != nil {
			t.Fatalf("killed after %v: %v", e, err)
		}
		l, err := segments.Open(killed, "log", small)
		if err != nil {
			t.Fatalf("killed after %v: %v", e, err)
		}
		shown, err := entries(killed, "log")
		if err != nil {
			t.Fatalf("killed after %v: %v", e, err)
		}
		if kept, err := entries(killed.Crash(disk.Lost), "log"); err != nil || kept != shown {
			t.Errorf("killed after %v, opened with %d entries, then crashed: %d entries, %v", e, shown, kept, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	l, err := segments.Create(sim, "log", head, small)
	if err := errors.Join(err, grow(l, 0, 8), l.Close()); err != nil {
		t.Fatal(err)
	}
	if points < 40 {
		t.Errorf("%d points are fewer than the operations of a log of three segments", points)
	}
}
