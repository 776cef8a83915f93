package crash_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// lopsided has many disks at its early points, next to none at its many late ones, and some inside recovery.
func lopsided(seen *album) *crash.Experiment {
	e := written(10*disk.SectorSize, nil)
	work := e.Work
	e.Work = func(fs disk.FS, note func(any)) error {
		err := work(fs, note)
		f, _ := fs.Open("a", os.O_RDWR, 0)
		for i := range 40 {
			err = errors.Join(err, f.Sync(), fs.SyncDir("."))
			note(i) // which makes the disk another one
		}
		return err
	}
	e.Recover = func(fs disk.FS, notes []any) error {
		seen.add(fs)
		if read(fs, "r") != "" {
			return nil
		}
		s := &script{fs: fs}
		s.put("r", "recovered")
		return s.err
	}
	return e
}

// The bound on the states is used up when there are more disks than that, whatever share a point was given first.
func TestBudgetUsed(t *testing.T) {
	t.Parallel()
	for _, states := range []int64{10, 100, 300, 1000, 2000} {
		for _, b := range []crash.Bounds{{}, {Torn: true}, {Depth: -1}, {Depth: 2}, {Torn: true, Subsets: 3, Seeds: 3}} {
			t.Run(fmt.Sprintf("states=%d,torn=%v,depth=%d,subsets=%d", states, b.Torn, b.Depth, b.Subsets), func(t *testing.T) {
				t.Parallel()
				b.States = states
				var seen album
				report, err := lopsided(&seen).Explore(t.Context(), &b)
				if b.Depth < 0 && states == 2000 { // there are 2^10 + 40
					if report.Stopped || report.Distinct != 1024+40 {
						t.Errorf("Explore() = %v, %v, want all of 1064 disks", report, err)
					}
					return
				}
				if err != nil || report.Distinct < states*95/100 || report.Distinct > states || !report.Stopped {
					t.Errorf("Explore() = %v, %v, want at least 95 %% of %d distinct disks", report, err, states)
				}
			})
		}
	}
}

// A bound larger than what there is changes nothing: each disk is reached.
func TestBudgetLargerThanTheSpace(t *testing.T) {
	t.Parallel()
	var all album
	want, err := lopsided(&all).Explore(t.Context(), &crash.Bounds{Subsets: 15})
	if err != nil || !want.Exhaustive() {
		t.Fatalf("Explore() = %v, %v", want, err)
	}
	for _, states := range []int64{want.Distinct * 3 / 2, want.Distinct * 1000} {
		var seen album
		got, err := lopsided(&seen).Explore(t.Context(), &crash.Bounds{Subsets: 15, States: states})
		if err != nil || !got.Exhaustive() || !maps.Equal(seen.seen, all.seen) {
			t.Errorf("%d states: Explore() = %v, %v, want all %d disks", states, got, err, len(all.seen))
		}
	}
}
