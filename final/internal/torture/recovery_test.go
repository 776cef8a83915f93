package torture

import (
	"errors"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestKilled: what Save has returned nil for is there behind the death of the process, the commits too that raft does not need synced. F1 W33
func TestKilled(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"shxhvh", "xhphc", "ghlh", "snhr", "sch"} {
		for n := range len(word) {
			s := strike(t, word[:n+1], Setup{Segment: 1024}, disk.Fault{Name: "none"})
			if s.err != nil {
				t.Fatal(s.err)
			}
			l := s.life.begun(s.sim.Kill(), s.notes, func(any) {})
			v, err := l.read()
			if err != nil {
				t.Fatalf("%s: %v", word[:n+1], err)
			}
			if want := s.life.now.views()[0]; !v.equal(want) {
				t.Errorf("%s, killed:\n read %v\n want %v", word[:n+1], v, want)
			}
			l.w.Close()
		}
	}
}

// TestRecoveryFails lets each call of a recovery fail, on disks that a crash has left: then the log cannot be written, and the next recovery restores all that
// was promised. F9 F11 F12 F13
func TestRecoveryFails(t *testing.T) {
	t.Parallel()
	runs, torn := 0, 0
	for _, word := range some([]string{"sx", "sc", "lx"}, 1) {
		// The last Save fails at its sync, so that a part of it is there.
		base := strike(t, word+"x", Setup{Segment: 1024}, disk.Fault{Ops: disk.OpSync, Name: "none"})
		if base.err != nil {
			t.Fatal(base.err)
		}
		base.sim.Inject(disk.Fault{Ops: disk.OpSync, Always: true, Pages: disk.PagesDirty})
		if err := base.life.spell("x"); err == nil {
			t.Fatal("no sync failed")
		}
		base.sim.Heal()
		for seed := range uint64(3) {
			left := base.sim.Crash(disk.Random(seed))
			if base.torn(t, left.Crash(disk.Kept)) {
				torn++
			}
			for op := disk.Op(1); op <= disk.OpClose; op <<= 1 {
				for _, f := range faults(op) {
					for f.Nth = 1; base.fail(t, left.Crash(disk.Kept), f); f.Nth++ {
						runs++
					}
				}
			}
		}
	}
	if t.Logf("%d runs, %d of the disks torn", runs, torn); torn == 0 {
		t.Error("nothing had to be repaired")
	}
}

// torn tells whether recovery cuts something off.
func (s *struck) torn(t *testing.T, sim *disk.Sim) bool {
	t.Helper()
	l := s.life.begun(sim, s.notes, func(any) {})
	if _, err := l.read(); err != nil {
		t.Fatal(err)
	}
	defer l.w.Close()
	return l.w.Tail().Torn
}

// fail recovers with a fault, and then without. It tells whether the fault struck.
func (s *struck) fail(t *testing.T, sim *disk.Sim, f disk.Fault) bool {
	t.Helper()
	fired := sim.Inject(f)
	l := s.life.begun(sim, s.notes, func(any) {})
	l.ghost = known(s.notes)
	v, err := l.read()
	sim.Heal()
	switch {
	case err == nil:
		err = l.ghost.check(v)
	case errors.Is(err, wal.ErrCorrupt) || errors.Is(err, wal.ErrTorn):
	default:
		if l.w != nil && l.w.Save(message(&hard{term: 99}), nil) == nil {
			t.Fatalf("%+v: a log that could not be recovered takes a Save", f)
		}
		err = nil
	}
	if err != nil {
		t.Fatalf("%+v: %v", f, err)
	}
	if l.w != nil {
		l.w.Close()
	}
	if fired() == 0 {
		return false
	}
	again := &struck{sim: sim, life: s.life, notes: s.notes, after: disk.Lost}
	if f.Ops == disk.OpSyncDir && f.Pages != disk.PagesDirty {
		again.after = disk.Kept
	}
	if err := again.survives(); err != nil {
		t.Fatalf("%+v: %v", f, err)
	}
	return true
}
