package torture

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

var thorough = flag.Bool("thorough", false, "let every call of all the words fail, not of a few")

// some returns the words to sweep: all, or the first of them.
func some(words []string, n int) []string {
	if *thorough {
		return words
	}
	return words[:n]
}

// sweeps are the words whose every call fails once. Each does what another does not.
var sweeps = []string{"cxnr", "sxch", "scacs", "snhr", "gvo", "sclcr"}

// struck is a run of a word on a disk on which something fails.
type struck struct {
	sim   *disk.Sim
	life  *life
	notes []any
	err   error
	fired bool

	// after is what power loss leaves behind the second life. A name whose sync has failed nobody can make durable any more, so it must be kept:
	// the kernels that this can happen on do not let anything be written any more, until the file system was checked.
	after disk.Choice
}

// strike runs a word, with a fault from the first operation on. The log is there, or made.
func strike(t *testing.T, word string, setup Setup, f disk.Fault) *struck {
	t.Helper()
	s := &struck{sim: disk.NewSim(), after: disk.Lost}
	if f.Ops == disk.OpSyncDir && f.Pages != disk.PagesDirty {
		s.after = disk.Kept
	}
	if !setup.Create {
		if err := setup.start(s.sim); err != nil {
			t.Fatal(err)
		}
		s.sim = s.sim.Crash(disk.Kept)
	}
	s.life = setup.begun(s.sim, nil, func(n any) { s.notes = append(s.notes, n) })
	fired := s.sim.Inject(f)
	first := s.life.create
	if !setup.Create {
		s.life.ghost = s.life.ghost.acked(0)
		s.notes = append(s.notes, &note{text: "there", ghost: s.life.ghost})
		first = s.life.open
	}
	if s.err = first(); s.err == nil {
		s.err = s.life.spell(word)
	}
	s.fired = fired() > 0
	s.sim.Heal() // space again
	return s
}

// poisoned checks that nothing is acknowledged behind an error of the log, and that the error stays.
func (s *struck) poisoned() error {
	l := s.life
	if l.w == nil {
		return nil
	}
	m := l.now.snaps[0]
	h := l.hard()
	calls := map[string]func() error{
		"Save":          func() error { return l.w.Save(message(&h), messages(l.entries(l.now.log.last()+1, 9))) },
		"SaveSnapshot":  func() error { return l.w.SaveSnapshot(snapshotMessage(m)) },
		"Sync":          l.w.Sync,
		"ReleaseLockTo": func() error { return l.w.ReleaseLockTo(0) },
		"Prepare":       l.w.Prepare,
		"Purge":         l.w.Purge,
	}
	for range 2 {
		for name, call := range calls {
			if err := call(); err == nil || err.Error() != s.err.Error() {
				return fmt.Errorf("%s behind an error returned %v, want the same error", name, err)
			}
		}
	}
	return nil
}

// goesOn checks that an error that is not the log's leaves the log as it was.
func (s *struck) goesOn() error {
	if s.life.w == nil {
		return nil
	}
	return s.life.append(nil, 24)
}

// survives checks the invariant on what is left: as it is, and behind the death of the process and losses of power. Each is gone on with.
func (s *struck) survives() error {
	disks := map[string]*disk.Sim{"kill": s.sim.Kill(), "lost": s.sim.Crash(disk.Lost), "kept": s.sim.Crash(disk.Kept)}
	for seed := range uint64(2) {
		disks[fmt.Sprint("random ", seed)] = s.sim.Crash(disk.Random(seed))
	}
	disks["closed"] = s.sim
	for name, sim := range disks {
		if err := s.second(sim); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// second recovers, lives again, and loses power.
func (s *struck) second(sim *disk.Sim) error {
	setup := s.life.Setup
	setup.Again = "s"
	notes := slices.Clip(s.notes)
	if err := setup.recover(sim, notes); err != nil {
		return err
	}
	if err := setup.again(sim, notes, func(n any) { notes = append(notes, n) }); err != nil {
		return fmt.Errorf("the second life: %w", err)
	}
	if err := setup.recover(sim.Crash(s.after), notes); err != nil {
		return fmt.Errorf("behind the second life: %w", err)
	}
	return nil
}

// check checks all of it.
func (s *struck) check() error {
	var errs []error
	switch {
	case s.err == nil:
	case errors.Is(s.err, errStart):
		if w := s.life.w; w != nil && w.Save(&raftpb.HardState{Term: new(uint64(99))}, nil) == nil {
			errs = append(errs, errors.New("a log that was not read takes a Save"))
		}
	case errors.Is(s.err, errBeside):
		errs = append(errs, s.goesOn())
	default:
		errs = append(errs, s.poisoned())
	}
	poisoned := s.err != nil && !errors.Is(s.err, errBeside) && !errors.Is(s.err, errStart)
	if w := s.life.w; w != nil {
		if err := w.Close(); (err != nil) != poisoned && !errors.Is(s.err, errStart) {
			errs = append(errs, fmt.Errorf("Close behind %v: %v", s.err, err))
		}
	}
	return errors.Join(append(errs, s.survives())...)
}

// faults are the ways in which an operation fails.
func faults(op disk.Op) (list []disk.Fault) {
	for _, reason := range []error{syscall.EIO, syscall.ENOSPC} {
		for _, always := range []bool{false, true} {
			f := disk.Fault{Ops: op, Err: reason, Always: always}
			list = append(list, f)
			switch {
			case op == disk.OpWrite:
				for _, n := range []int{1, 20, 512, 600} {
					f.Bytes = n
					list = append(list, f)
				}
				continue
			case op == disk.OpSync || op == disk.OpSyncDir:
				for _, p := range []disk.Pages{disk.PagesReverted, disk.PagesDirty} {
					f.Pages = p
					list = append(list, f)
				}
			}
			f.Pages, f.Done = disk.PagesClean, true
			list = append(list, f)
		}
	}
	return list
}

// TestSweep lets every call of every kind fail, once and for good: nothing is acknowledged behind an error of the log, the error stays, and opening the
// log again restores all that was promised. F11 F12 F13
func TestSweep(t *testing.T) {
	t.Parallel()
	for op := disk.Op(1); op <= disk.OpClose; op <<= 1 {
		t.Run(op.String(), func(t *testing.T) {
			t.Parallel()
			runs := 0
			for i, word := range some(sweeps, 1) {
				for _, f := range faults(op) {
					for f.Nth = 1; ; f.Nth++ {
						s := strike(t, word, Setup{Segment: 1024, Create: i%2 == 0}, f)
						if !s.fired {
							break
						}
						runs++
						if err := s.check(); err != nil {
							t.Fatalf("%s, %+v, after %v: %v", word, f, s.err, err)
						}
					}
				}
			}
			t.Logf("%d runs", runs)
		})
	}
}

// TestReads lets each read of a recovery fail, or end early: that is an error, and neither damage nor a reason to cut anything. F14
func TestReads(t *testing.T) {
	t.Parallel()
	setup, runs := Setup{Segment: 1024, Again: "s"}, 0
	for _, word := range some(sweeps, 3) {
		base := strike(t, word+"x", setup, disk.Fault{Ops: disk.OpWrite, Name: "*.wal", Nth: 1 << 30})
		if base.err != nil {
			t.Fatal(base.err)
		}
		for _, choice := range []disk.Choice{disk.Lost, disk.Kept, disk.Random(1), disk.Random(2)} {
			for _, f := range []disk.Fault{{}, {Always: true}, {Err: io.EOF}, {Err: io.EOF, Bytes: 9}, {Err: io.EOF, Bytes: 100, Always: true}} {
				f.Ops = disk.OpRead | disk.OpList | disk.OpStat | disk.OpSize | disk.OpOpen
				if f.Err == io.EOF {
					f.Ops = disk.OpRead
				}
				f.Nth = 1
				sim := base.sim.Crash(choice)
				for n := 1; ; n++ {
					f.Nth = n
					left := sim.Crash(disk.Kept)
					fired := left.Inject(f)
					err := setup.recover(left, base.notes)
					if fired() == 0 {
						break
					}
					runs++
					if errors.Is(err, wal.ErrCorrupt) || errors.Is(err, wal.ErrTorn) || errors.Is(err, errLost) {
						t.Fatalf("%s, %+v: %v", word, f, err)
					}
					left.Heal()
					if err := setup.recover(left.Crash(disk.Lost), base.notes); err != nil {
						t.Fatalf("%s, %+v, behind %v", word, f, err)
					}
				}
			}
		}
	}
	t.Logf("%d runs", runs)
}
