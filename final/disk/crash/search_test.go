package crash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// written is an experiment that writes n bytes over zeros, and recovers with a function.
func written(n int, recover func(fs disk.FS, notes []any) error) *crash.Experiment {
	return &crash.Experiment{
		Name: "written",
		Start: func(fs disk.FS) error {
			f, err := fs.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
			return errors.Join(err, f.Preallocate(int64(n)))
		},
		Work: func(fs disk.FS, note func(any)) error {
			f, err := fs.Open("a", os.O_RDWR, 0)
			if err == nil {
				_, err = f.WriteAt(bytes.Repeat([]byte("x"), n), 0)
			}
			return err
		},
		Recover: recover,
	}
}

// fine accepts every disk.
func fine(disk.FS, []any) error { return nil }

// n sectors leave exactly 2^n disks, and each is recovered from once; a sector that can be torn, as many as paper says.
func TestCounts(t *testing.T) {
	t.Parallel()
	for n := range 9 {
		report, err := written(n*disk.SectorSize, fine).Explore(t.Context(), &crash.Bounds{Depth: -1})
		want := crash.Count{Points: 1 + n, AllPoints: 1 + n, States: report.States, Distinct: 1 << n, Recoveries: 1 << n}
		if n == 0 {
			want.Points, want.AllPoints = 2, 2
		}
		if diff := cmp.Diff(want, report.Count); diff != "" || err != nil || !report.Exhaustive() {
			t.Errorf("%d sectors: %v, mismatch (-want +got):\n%s", n, err, diff)
		}
	}
	report, err := written(disk.SectorSize, fine).Explore(t.Context(), &crash.Bounds{Depth: -1, Torn: true})
	// old, new; 63 cuts, old or new in front; of the 511 writes cut short, 63 end at such a cut
	if want := int64(2 + 2*63 + 511 - 63); report.Distinct != want || err != nil {
		t.Errorf("a torn sector: %d disks, %v, want %d", report.Distinct, err, want)
	}
}

// The result is the same for a seed, whatever the number of workers: counts, samples, and the violation.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	for _, e := range []*crash.Experiment{lifeLog(true, true), lifeLog(true, false), written(14*disk.SectorSize, fine), cutLog(true)} {
		run := func(workers int, seed uint64) string {
			report, err := e.Explore(t.Context(), &crash.Bounds{Workers: workers, Seed: seed, Torn: true, Depth: 2, States: 3000})
			return fmt.Sprintf("%+v\n%v", report, err)
		}
		want := run(1, 7)
		for _, workers := range []int{1, 2, 7} {
			if diff := cmp.Diff(want, run(workers, 7)); diff != "" {
				t.Errorf("%s, %d workers: mismatch (-1 worker +got):\n%s", e.Name, workers, diff)
			}
		}
	}
	sampled := func(seed uint64) crash.Report {
		report, _ := written(14*disk.SectorSize, fine).Explore(t.Context(), &crash.Bounds{Seed: seed})
		return report
	}
	if a, b := sampled(1), sampled(2); a.Distinct == b.Distinct || len(a.Sampled) != 2 {
		t.Errorf("seeds 1 and 2 try %d and %d disks, sampled at %q: want different numbers, and 2 points sampled", a.Distinct, b.Distinct, a.Sampled)
	}
}

// A bound on the states is shared out among the points, and the report says that it did not suffice.
func TestStates(t *testing.T) {
	t.Parallel()
	var last crash.Count
	bounds := &crash.Bounds{States: 500, Progress: func(c crash.Count) { last = c }}
	report, err := written(12*disk.SectorSize, fine).Explore(t.Context(), bounds)
	if err != nil || report.Exhaustive() || report.Distinct > 500 || report.Points != report.AllPoints {
		t.Errorf("Explore() = %v, %v, want at most 500 disks at all points, and the truth about it", report, err)
	}
	if last.Distinct != report.Distinct || last.Limit != 500 || last.AllPoints != 13 {
		t.Errorf("the last progress is %+v, the report %+v", last, report.Count)
	}
	var seen album
	e := written(12*disk.SectorSize, func(fs disk.FS, notes []any) error {
		seen.add(fs)
		f, err := fs.Open("r", os.O_RDWR|os.O_CREATE, disk.FileMode)
		return errors.Join(err, f.Sync(), fs.SyncDir("."))
	})
	report, err = e.Explore(t.Context(), &crash.Bounds{States: 3000})
	if err != nil || report.Nested < 500 || report.Distinct-report.Nested < 500 {
		t.Errorf("Explore() = %v, %v, want some hundred disks of each kind", report, err)
	}
	for _, want := range []string{"a='\\x00'5632'x'512 ", "a='x'5632'\\x00'512 ", "a='\\x00'512'x'5632 "} {
		if !seen.seen[want] {
			t.Errorf("%q was not tried: few disks are to be a choice of all", want)
		}
	}
	e = written(disk.SectorSize, e.Recover)
	report, err = e.Explore(t.Context(), &crash.Bounds{States: 400, Torn: true})
	if err != nil || report.Nested < 50 || report.Distinct-report.Nested < 50 {
		t.Errorf("Explore() = %v, %v, want fifty disks of each kind, though there are more of the first", report, err)
	}
	report, err = written(4*disk.SectorSize, fine).Explore(t.Context(), &crash.Bounds{States: 500})
	if err != nil || !report.Exhaustive() {
		t.Errorf("Explore() = %v, %v, want all of few disks", report, err)
	}
}

// What is wrong with an experiment is told, and is no violation.
func TestErrors(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	for _, test := range []struct {
		name string
		e    *crash.Experiment
		b    *crash.Bounds
		is   error
		want string
	}{
		{"start", &crash.Experiment{Name: "e", Start: func(disk.FS) error { return failed }, Work: func(disk.FS, func(any)) error { return nil }, Recover: fine}, nil, failed, "Start of e"},
		{"work", &crash.Experiment{Name: "e", Work: func(disk.FS, func(any)) error { return failed }, Recover: fine}, nil, failed, "Work of e"},
		{"work_panics", &crash.Experiment{Name: "e", Work: func(disk.FS, func(any)) error { panic("oh") }, Recover: fine}, nil, nil, "panic: oh in crash_test.TestErrors"},
		{"no_recover", &crash.Experiment{Name: "e", Work: func(disk.FS, func(any)) error { return nil }}, nil, nil, "needs Work and Recover"},
		{"too_many_notes", greeting(false), &crash.Bounds{Replay: "97263486_2n2-1.1.0"}, crash.ErrReplay, "where there is no operation"},
		{"too_early_a_note", greeting(false), &crash.Bounds{Replay: "97263486_2+3n1k"}, crash.ErrReplay, "where there is no operation"},
		{"no_such_operation", greeting(false), &crash.Bounds{Replay: "97263486_3n1k"}, crash.ErrReplay, "where there is no operation"},
		{"not_a_token", written(1, fine), &crash.Bounds{Replay: "x"}, crash.ErrReplay, "search again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := test.e.Explore(t.Context(), test.b)
			if v, ok := err.(*crash.Violation); ok || err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("Explore() = %v (violation %v), want %q", err, v, test.want)
			}
		})
	}
}

// What Recover panics with is a violation, and names the place; so is that it does not return.
func TestPanics(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		then func(list []int)
		want string
	}{
		{"panic", func([]int) { panic("oh") }, "panic: oh in crash_test.TestPanics.func1 (search_test.go:"},
		{"index", func(list []int) { list[3] = 1 }, "panic: runtime error: index out of range [3] with length 0 in crash_test.TestPanics.func2 (search_test.go:"},
		{"nil", func([]int) { var p *int; *p = 1 }, "nil pointer dereference in crash_test.TestPanics.func3 (search_test.go:"},
		{"exit", func([]int) { runtime.Goexit() }, "ended its goroutine"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, depth := range []int{-1, 1} {
				e := written(3*disk.SectorSize, func(fs disk.FS, notes []any) error {
					if content := read(fs, "a"); content[0] != 'x' && content[disk.SectorSize] == 'x' {
						test.then(nil)
					}
					return nil
				})
				_, err := e.Explore(t.Context(), &crash.Bounds{Depth: depth, Workers: 2})
				v, ok := err.(*crash.Violation)
				if !ok || !strings.Contains(v.Err.Error(), test.want) || !strings.Contains(v.Trace, test.want) {
					t.Errorf("depth %d: Explore() = %v, want a violation with %q", depth, err, test.want)
				}
			}
		})
	}
}

// The context ends a search, with what it has found out so far.
func TestContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var calls atomic.Int64
	e := written(12*disk.SectorSize, func(disk.FS, []any) error {
		if calls.Add(1) == 1000 {
			cancel()
		}
		return nil
	})
	report, err := e.Explore(ctx, nil)
	if !errors.Is(err, context.Canceled) || !report.Stopped || calls.Load() > 1000+int64(runtime.GOMAXPROCS(0)) {
		t.Errorf("Explore() = %+v, %v after %d calls, want context.Canceled soon", report, err, calls.Load())
	}
}

// A crash may come before a note or behind it: both are tried, and no note is there before what it follows.
func TestNotes(t *testing.T) {
	t.Parallel()
	var seen album
	e := written(2, nil)
	work := e.Work
	e.Work = func(fs disk.FS, note func(any)) error {
		note("before")
		err := work(fs, note)
		note("one")
		note("two")
		return err
	}
	e.Recover = func(fs disk.FS, notes []any) error {
		seen.Lock()
		defer seen.Unlock()
		if seen.seen == nil {
			seen.seen = map[string]bool{}
		}
		seen.seen[fmt.Sprintf("%q %v", read(fs, "a"), notes)] = true
		return nil
	}
	if _, err := e.Explore(t.Context(), &crash.Bounds{Torn: true}); err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{`"\x00\x00" []`: true, `"x\x00" [before]`: true}
	for _, notes := range []string{"[before]", "[before one]", "[before one two]"} {
		want[`"\x00\x00" `+notes], want[`"xx" `+notes] = true, true
	}
	if diff := cmp.Diff(want, seen.seen); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// A violation is made as small as can be: no operation more than needed, nothing lost that need not be, one crash if one
// suffices.
func TestShrink(t *testing.T) {
	t.Parallel()
	e := written(6*disk.SectorSize, func(fs disk.FS, notes []any) error {
		content := read(fs, "a")
		if content[2*disk.SectorSize] == 0 && content[4*disk.SectorSize] == 'x' {
			return errors.New("the third is lost")
		}
		return nil
	})
	_, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 1, Torn: true, Depth: 2})
	v, ok := err.(*crash.Violation)
	if !ok {
		t.Fatalf("Explore() = %v, want a violation", err)
	}
	if _, got, _ := strings.Cut(v.Replay, "_"); got != "1+2560n0-1.1.0.1.1" {
		t.Errorf("shrunk to %s, want inside operation 1, when five sectors are written, the third lost:\n%v", got, v)
	}
}
