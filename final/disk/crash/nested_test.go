package crash_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// What is there after kill -9 is not durable: a recovery that builds on it without a sync is found when the power goes
// next. Loss of power alone does not show it, nor does one crash.
func TestKillThenPowerLoss(t *testing.T) {
	t.Parallel()
	explore := func(synced bool, depth int) error {
		e := written(1, nil)
		e.Recover = func(fs disk.FS, notes []any) error {
			s := &script{fs: fs}
			built := read(fs, "built") != ""
			switch x := read(fs, "a") == "x"; {
			case built && !x:
				return errors.New("what was built upon is gone")
			case built || !x:
				return nil
			}
			if synced {
				s.sync(s.file("a"))
			}
			s.put("built", "on x")
			return s.err
		}
		_, err := e.Explore(t.Context(), &crash.Bounds{Depth: depth})
		return err
	}
	for _, test := range []struct {
		synced bool
		depth  int
		want   string
	}{{true, 2, ""}, {false, -1, ""}, {false, 1, "_1n0k_"}} {
		err := explore(test.synced, test.depth)
		if v, ok := err.(*crash.Violation); ok != (test.want != "") || ok && !strings.Contains(v.Replay, test.want) {
			t.Errorf("synced %v, depth %d: Explore() = %v, want a violation with %q", test.synced, test.depth, err, test.want)
		}
	}
}

// Recovery is crashed Depth times in a row, not more often.
func TestDepth(t *testing.T) {
	t.Parallel()
	for depth := range 4 {
		for need := range 4 {
			e := written(1, func(fs disk.FS, notes []any) error {
				f, err := fs.Open("count", os.O_RDWR|os.O_CREATE, disk.FileMode)
				size, _ := f.Size()
				if size > int64(need) {
					return errors.Join(err, fmt.Errorf("recovered %d times before", size))
				}
				_, err = f.WriteAt([]byte("x"), size)
				return err
			})
			bounds := &crash.Bounds{Depth: depth}
			if depth == 0 {
				bounds.Depth = -1
			}
			report, err := e.Explore(t.Context(), bounds)
			if v, ok := err.(*crash.Violation); ok != (depth > need) || ok && strings.Count(v.Replay, "_") != need+2 {
				t.Errorf("depth %d, fails after %d recoveries: %v, %v", depth, need+1, report, err)
			}
			if (report.Nested > 0) != (depth > 0) {
				t.Errorf("depth %d: %d disks after a crash inside recovery", depth, report.Nested)
			}
		}
	}
}

// One crash explains more than two: though the longer story begins earlier, the shorter is told.
func TestSingle(t *testing.T) {
	t.Parallel()
	e := written(2*disk.SectorSize, func(fs disk.FS, notes []any) error {
		s := &script{fs: fs}
		if read(fs, "mark") != "" {
			return errors.New("the second crash")
		}
		if content := read(fs, "a"); content[disk.SectorSize] == 'x' {
			return errors.New("the first crash")
		}
		s.put("mark", "m")
		return s.err
	})
	_, err := e.Explore(t.Context(), nil)
	if v, ok := err.(*crash.Violation); !ok || v.Err.Error() != "the first crash" || strings.Count(v.Replay, "_") != 1 {
		t.Errorf("Explore() = %v, want the violation with one crash", err)
	}
}

// A recovery that is torn apart itself is searched too.
func TestTornRecovery(t *testing.T) {
	t.Parallel()
	e := written(1, func(fs disk.FS, notes []any) error {
		s := &script{fs: fs}
		switch mark := read(fs, "mark"); {
		case strings.HasPrefix(mark, "11111111") && strings.HasSuffix(mark, "\x00\x00"):
			return errors.New("torn")
		case mark == "":
			s.put("mark", "1111111122222222")
		}
		return s.err
	})
	for _, torn := range []bool{false, true} {
		_, err := e.Explore(t.Context(), &crash.Bounds{Torn: torn})
		if v, ok := err.(*crash.Violation); ok != torn || ok && !strings.Contains(v.Trace, "TORN") {
			t.Errorf("torn %v: Explore() = %v", torn, err)
		}
	}
}

// A trace of many operations leaves out those that do not matter, whether something is lost or not.
func TestLongTrace(t *testing.T) {
	t.Parallel()
	for name, unsynced := range map[string]int{"long": 20, "long_and_lost": 59} {
		_, err := long(unsynced).Explore(t.Context(), nil)
		v, ok := err.(*crash.Violation)
		if !ok {
			t.Fatalf("Explore() = %v, want a violation", err)
		}
		golden(t, name, v.Error())
	}
}

// long writes sixty bytes and syncs each but one, then too many.
func long(unsynced int) *crash.Experiment {
	return &crash.Experiment{
		Name: "long",
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			f := s.file("a")
			s.syncDir()
			for i := range 60 {
				s.write(f, int64(i), "x")
				if i != unsynced {
					s.sync(f)
				}
			}
			note("sixty")
			s.write(f, 60, strings.Repeat("y", 20*disk.SectorSize))
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			switch got := read(fs, "a"); {
			case len(got) > 61+19*disk.SectorSize:
				return fmt.Errorf("%d bytes\nis too much", len(got))
			case len(notes) > 0 && !strings.HasPrefix(got, strings.Repeat("x", 60)):
				return errors.New("not sixty")
			}
			return nil
		},
	}
}

// A Recover that does not do the same on the same disk is told from a violation.
func TestNotDeterministic(t *testing.T) {
	t.Parallel()
	calls := 0
	e := written(1, func(disk.FS, []any) error {
		if calls++; calls == 2 {
			return errors.New("now and then")
		}
		return nil
	})
	_, err := e.Explore(t.Context(), &crash.Bounds{Workers: 1})
	if _, ok := err.(*crash.Violation); ok || err == nil || !strings.Contains(err.Error(), "now and then") || !strings.Contains(err.Error(), "deterministic") {
		t.Errorf("Explore() = %v, want that Recover is not deterministic, and what it said", err)
	}
}

// What Again notes before it does anything is known after a crash that comes just then.
func TestAgainNotes(t *testing.T) {
	t.Parallel()
	e := written(1, func(fs disk.FS, notes []any) error {
		if len(notes) > 0 {
			return fmt.Errorf("noted %v", notes)
		}
		return nil
	})
	e.Again = func(fs disk.FS, notes []any, note func(any)) error { note("again"); return nil }
	_, err := e.Explore(t.Context(), nil)
	if v, ok := err.(*crash.Violation); !ok || v.Err.Error() != "noted [again]" {
		t.Errorf("Explore() = %v, want that the note was seen", err)
	}
}

// A report does not claim to be exhaustive when a point inside recovery was sampled.
func TestSampledNested(t *testing.T) {
	t.Parallel()
	e := written(1, func(fs disk.FS, notes []any) error {
		s := &script{fs: fs}
		s.write(s.file("r"), 0, strings.Repeat("r", 13*disk.SectorSize))
		return s.err
	})
	report, err := e.Explore(t.Context(), nil)
	if err != nil || report.Exhaustive() || report.SampledNested == 0 || len(report.Sampled) > 0 {
		t.Errorf("Explore() = %v, %v, want points sampled inside recovery only", report, err)
	}
}

// A report tells of each name what made it durable, or that nothing did.
func TestNames(t *testing.T) {
	t.Parallel()
	e := &crash.Experiment{
		Name: "names",
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs, err: fs.Mkdir("d", disk.DirMode)}
			s.file("d/1")
			s.file("2")
			if s.err == nil {
				s.err = fs.SyncDir("d")
			}
			s.file("d/3")
			s.rename("2", "4")
			s.syncDir()
			s.remove("4")
			s.file("5")
			s.rename("d/1", "6")
			note("renamed")
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			_, one := fs.Stat("d/1")
			_, five := fs.Stat("5")
			_, four := fs.Stat("4")
			if len(notes) > 0 && one == nil && five == nil && four != nil {
				return errors.New("1 is in d, 5 is here, 4 is gone")
			}
			return nil
		},
	}
	_, err := e.Explore(t.Context(), nil)
	v, ok := err.(*crash.Violation)
	if !ok {
		t.Fatalf("Explore() = %v, want a violation", err)
	}
	golden(t, "names", v.Error())
}
