package segments_test

import (
	"errors"
	"syscall"
	"testing"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// TestFailureStays makes each operation of a run fail in turn, once and for
// good (W17, W18). From the first error on, nothing is taken; Close gives
// everything back (W24); and what was promised is there when the log is opened
// again.
func TestFailureStays(t *testing.T) {
	t.Parallel()
	for _, always := range []bool{false, true} {
		n := 1
		for fails(t, disk.Fault{Ops: disk.OpChanges | disk.OpSize | disk.OpLock, Nth: n, Always: always}) {
			n++
		}
		if n < 30 {
			t.Errorf("only %d operations were tried", n)
		}
	}
}

// fails runs a log into a fault and reports whether it struck.
func fails(t *testing.T, f disk.Fault) bool {
	sim, l := create(t, 0)
	struck := sim.Inject(f)
	tried, promised := 0, 0
	var first error
	for i := range 8 {
		tried++
		err := grow(l, i, i+1)
		if err == nil {
			promised = tried
			continue
		}
		first = err
		break
	}
	if first != nil {
		again := []error{l.Append(records.TypeEntry, nil), l.Sync(), l.Cut(100, head), l.Prepare()}
		for i, err := range again {
			if err == nil || err.Error() != first.Error() {
				t.Errorf("%+v: call %d after %q returns %v", f, i, first, err)
			}
		}
	}
	closed := l.Close()
	if first != nil && !errors.Is(closed, syscall.EIO) {
		t.Errorf("%+v: Close returns %v, not the first failure %v", f, closed, first)
	}
	expect(t, "the second Close", l.Close(), segments.ErrClosed)
	sim.Heal()
	for _, s := range []*disk.Sim{sim, sim.Crash(disk.Lost), sim.Crash(disk.Kept)} {
		if err := recoverLog(s, progress{tried, promised}); err != nil {
			t.Errorf("%+v, first failure %v: %v", f, first, err)
		}
	}
	return struck() > 0
}

// TestClosed calls every method of a closed log.
func TestClosed(t *testing.T) {
	t.Parallel()
	_, l := create(t, 1)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, released := l.Release()
	for i, err := range []error{l.Append(records.TypeEntry, nil), l.Sync(), l.Cut(9, nil), l.Prepare(), l.Close(), released} {
		if !errors.Is(err, segments.ErrClosed) {
			t.Errorf("call %d returns %v, want ErrClosed", i, err)
		}
	}
	for _, err := range l.Records() {
		expect(t, "Records", err, segments.ErrClosed)
	}
}

// TestCutOntoSomething cuts to a name that a folder has. The old tail stays,
// and all that was synced is there (W18).
func TestCutOntoSomething(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 2)
	if err := sim.Mkdir("log/"+segments.FormatName(1, 4), disk.DirMode); err != nil {
		t.Fatal(err)
	}
	err := l.Cut(4, head)
	if err == nil || l.Sync() == nil {
		t.Fatal("a cut onto a folder passed, or what comes behind it")
	}
	l.Close()
	if err := recoverLog(sim, progress{2, 2}); err != nil {
		t.Error(err)
	}
}

// TestCutBack wants a lower index refused, and nothing changed by that.
func TestCutBack(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 3) // it was cut at 4
	if err := l.Cut(3, head); err == nil {
		t.Error("a cut at an index lower than the last segment's passed")
	}
	if err := errors.Join(grow(l, 3, 4), l.Close()); err != nil {
		t.Error(err)
	}
	if err := recoverLog(sim, progress{4, 4}); err != nil {
		t.Error(err)
	}
}

// TestSpare finds a spare of an earlier life, longer than a segment and full of
// something (W20); then one that cannot be made, until it can (W19).
func TestSpare(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 2)
	stale := make([]byte, 4000)
	for i := range stale {
		stale[i] = 0xab
	}
	put(t, sim, "log/0.tmp", stale)
	if err := errors.Join(l.Cut(4, head), l.Append(records.TypeEntry, entry(2)), l.Sync()); err != nil {
		t.Fatal(err)
	}
	if err := recoverLog(sim.Kill(), progress{3, 3}); err != nil {
		t.Error(err)
	}
	sim.Inject(disk.Fault{Ops: disk.OpPreallocate})
	if l.Prepare() == nil {
		t.Error("Prepare did not notice that there is no space")
	}
	if err := errors.Join(l.Prepare(), l.Prepare(), l.Cut(5, head), l.Prepare(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := sim.Stat("log/0.tmp"); err == nil {
		t.Error("Close has left the spare")
	}
	if err := recoverLog(sim, progress{3, 3}); err != nil {
		t.Error(err)
	}
}

// TestRelease gives up segments, which the caller then removes.
func TestRelease(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 7)
	names := l.Segments()
	for _, want := range append(names[:2:2], "") {
		name, err := l.Release()
		if name != want || err != nil {
			t.Errorf("Release() = %q, %v, want %q", name, err, want)
		}
		if name != "" {
			if err := errors.Join(sim.Remove("log/"+name), sim.SyncDir("log")); err != nil {
				t.Error(err)
			}
		}
	}
	if err := errors.Join(l.Append(records.TypeEntry, entry(7)), l.Close()); err != nil {
		t.Error(err)
	}
	n := 6
	for r, err := range segments.Read(sim, "log") {
		if err != nil {
			t.Fatal(err)
		}
		if r.Type == records.TypeEntry {
			if string(r.Data) != string(entry(n)) {
				t.Errorf("entry %d is %.20q", n, r.Data)
			}
			n++
		}
	}
	if n != 8 {
		t.Errorf("the last entry is %d, want 7", n-1)
	}
}
