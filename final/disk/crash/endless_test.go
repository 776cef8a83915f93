package crash_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// A Recover that never returns ends the search, and the violation names the disk: at any number of workers, inside
// recovery, and when it is replayed.
func TestEndless(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	stuck := func(fs disk.FS, notes []any) error {
		if content := read(fs, "a"); content[0] != 'x' && content[disk.SectorSize] == 'x' {
			<-release
		}
		return nil
	}
	nested := func(fs disk.FS, notes []any) error {
		s := &script{fs: fs}
		if read(fs, "r") == "12" {
			<-release
		}
		s.put("r", "1")
		s.put("r", "12")
		return s.err
	}
	for _, test := range []struct {
		name    string
		recover func(disk.FS, []any) error
		bounds  crash.Bounds
	}{
		{"one_worker", stuck, crash.Bounds{Workers: 1, Depth: -1}},
		{"three_workers", stuck, crash.Bounds{Workers: 3}},
		{"inside_recovery", nested, crash.Bounds{Workers: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.bounds.Patience = 100 * time.Millisecond
			report, err := written(3*disk.SectorSize, test.recover).Explore(t.Context(), &test.bounds)
			v, ok := errors.AsType[*crash.Violation](err)
			if !ok || !errors.Is(err, crash.ErrEndless) || !strings.Contains(v.Trace, "has not returned after 100ms") || report.Distinct == 0 {
				t.Fatalf("Explore() = %v, %v, want a violation that says so", report, err)
			}
			_, err = written(3*disk.SectorSize, test.recover).Explore(t.Context(), &crash.Bounds{Replay: v.Replay, Patience: test.bounds.Patience})
			if again, ok := errors.AsType[*crash.Violation](err); !ok || again.Trace != v.Trace {
				t.Errorf("replay of %s: %v, want\n%v", v.Replay, err, v)
			}
		})
	}
}

// Start and Work that never return are no violation, and no search.
func TestEndlessWork(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	start, work := written(1, fine), written(1, fine)
	start.Start = func(disk.FS) error { <-release; return nil }
	work.Work = func(disk.FS, func(any)) error { <-release; return nil }
	for _, e := range []*crash.Experiment{start, work} {
		_, err := e.Explore(t.Context(), &crash.Bounds{Patience: 50 * time.Millisecond})
		if _, ok := errors.AsType[*crash.Violation](err); ok || !errors.Is(err, crash.ErrEndless) {
			t.Errorf("Explore() = %v, want crash.ErrEndless, and no violation", err)
		}
	}
}

// The context ends a search even when a Recover does not return.
func TestContextWhileStuck(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	e := written(1, func(disk.FS, []any) error {
		cancel()
		<-release
		return nil
	})
	if report, err := e.Explore(ctx, &crash.Bounds{Patience: time.Minute}); !errors.Is(err, context.Canceled) || !report.Stopped {
		t.Errorf("Explore() = %v, %v, want context.Canceled", report, err)
	}
}
