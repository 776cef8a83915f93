package segments_test

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// TestCreateRefuses asks Create for folders that are somebody's. Nothing in
// them may change (W25).
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	first := segments.FormatName(0, 0)
	for _, c := range []struct{ name, dir, file string }{
		{"a_log", "log", first},
		{"a_repaired_log", "log", first + ".broken"},
		{"somebodys_file", "log", "precious.txt"},
		{"somebodys_temporary_folder", "log.tmp", "precious.txt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			if err := sim.Mkdir(c.dir, disk.DirMode); err != nil {
				t.Fatal(err)
			}
			put(t, sim, c.dir+"/"+c.file, []byte("precious"))
			before := dump(t, sim, c.dir)
			_, err := segments.Create(sim, "log", head, small)
			expect(t, "Create", err, fs.ErrExist)
			if diff := cmp.Diff(before, dump(t, sim, c.dir)); diff != "" {
				t.Errorf("%s mismatch (-before +after):\n%s", c.dir, diff)
			}
		})
	}
}

// TestCreateCannotLook wants the error of a folder that cannot be listed, which
// is not an absent one (W25).
func TestCreateCannotLook(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	sim.Inject(disk.Fault{Ops: disk.OpList})
	_, err := segments.Create(sim, "log", head, small)
	expect(t, "Create", err, syscall.EIO)
	if _, err := sim.Stat("log"); err == nil {
		t.Error("a log was made in a folder that could not be looked at")
	}
}

// TestCreateTakesOver finds what a Create that was cut short may leave (W40),
// and an empty folder of the log's name.
func TestCreateTakesOver(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	if err := errors.Join(sim.Mkdir("log", disk.DirMode), sim.Mkdir("log.tmp", disk.DirMode)); err != nil {
		t.Fatal(err)
	}
	put(t, sim, "log.tmp/"+segments.FormatName(0, 0), make([]byte, 5000))
	l, err := segments.Create(sim, "log", head, small)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(get(t, sim, "log/"+segments.FormatName(0, 0))); n != 1024 {
		t.Errorf("the first segment has %d bytes, want the 1024 that are reserved", n)
	}
}

// TestCreateFails makes each operation of Create fail in turn. No log is there
// afterwards, and nothing that hinders the next Create (W25, W40).
func TestCreateFails(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		sim := disk.NewSim()
		if err := errors.Join(sim.Mkdir("data", disk.DirMode), sim.Mkdir("data/log", disk.DirMode)); err != nil {
			t.Fatal(err)
		}
		struck := sim.Inject(disk.Fault{Nth: n})
		l, err := segments.Create(sim, "data/log", head, small)
		if struck() == 0 {
			if n < 15 {
				t.Errorf("only %d operations were tried", n)
			}
			return
		}
		if err == nil {
			l.Close()
			continue // what failed does not matter: the close of a leftover that was not there
		}
		if open := opened(sim); open != 0 {
			t.Errorf("operation %d failed: %d files are left open", n, open)
		}
		if _, err := segments.List(sim, "data/log"); !errors.Is(err, segments.ErrNoLog) {
			t.Errorf("operation %d failed: a log is there, or %v", n, err)
		}
		l, err = segments.Create(sim, "data/log", head, small)
		if err != nil {
			t.Errorf("operation %d failed, %v; then Create: %v", n, sim.Log()[n-1], err)
			continue
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// opened returns how many files are open on a disk.
func opened(sim *disk.Sim) int {
	n := 0
	for _, e := range sim.Log() {
		switch {
		case e.Op == disk.OpClose: // also one that fails
			n--
		case e.Op&(disk.OpOpen|disk.OpCreate) != 0 && e.Err == nil:
			n++
		}
	}
	return n
}

// TestCreateTwice has two of them in one folder: the log of the first stays.
func TestCreateTwice(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 2)
	_, err := segments.Create(sim, "log", head, small)
	expect(t, "Create over an open log", err, fs.ErrExist)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if n, err := entries(sim, "log"); n != 2 || err != nil {
		t.Errorf("%d entries, %v; want 2", n, err)
	}
}

// TestCreateInUse finds another process in the middle of a Create.
func TestCreateInUse(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	tried := false
	sim.Watch(func(e disk.Event) {
		if e.Op == disk.OpWrite && !tried {
			tried = true
			_, err := segments.Create(sim, "log", head, small)
			expect(t, "the second Create", err, disk.ErrLocked)
		}
	})
	l, err := segments.Create(sim, "log", head, small)
	if err := errors.Join(err, l.Close()); err != nil || !tried {
		t.Error(err, tried)
	}
}
