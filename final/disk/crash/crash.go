package crash

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"example.com/logbook/final/disk"
)

// Experiment is a workload, and what must hold wherever it is cut short. It must be deterministic: run again on a disk
// with the same content, each function does the same. Recover and Again are called by several goroutines at once.
type Experiment struct {
	// Name stands at the head of reports.
	Name string

	// Start puts on the disk what is there before the workload. All of it is durable, whatever Start syncs. Nil leaves
	// the disk empty.
	Start func(fs disk.FS) error

	// Work is the workload. It is run once, and calls note with whatever Recover has to know: what it is about to
	// try, what was acknowledged. A note is a value that prints the same each time, and is not changed afterwards.
	Work func(fs disk.FS, note func(any)) error

	// Recover is run on every disk that a crash may leave, with the notes made before the crash. It opens what it finds,
	// as the program would after a restart, and returns an error when what it finds breaks a promise. The disk is a
	// [*disk.Sim] that need not keep a log of what Recover does. It may change the
	// disk; when it is itself cut short, it is called again on what that leaves, with the same notes. It must not change
	// the notes.
	Recover func(fs disk.FS, notes []any) error

	// Again, if not nil, is a second life: it is run on the disk that Recover returned nil for, goes on working, and
	// makes notes of its own. Its operations are crashed as those of Recover are; then Recover gets all notes. It runs
	// only where there is a next crash, at most Bounds.Depth times in a row. An error of it breaks a promise too.
	Again func(fs disk.FS, notes []any, note func(any)) error

	// Repeat, if not nil, returns the last line of a violation's trace: how its reader can make that disk again. None is
	// printed for "". Without Repeat the line names [Bounds] and the token.
	Repeat func(token string) string
}

// Bounds say how far to search. The zero value works, and nil is the same.
type Bounds struct {
	// Subsets is the number of undecided things up to which every combination is tried: when there are more than
	// 2^Subsets, a choice of them is. Default 12.
	Subsets int

	// Seeds is how many combinations are drawn by chance at a point where not all are tried. Default 64.
	Seeds int

	// Torn also tears sectors, one at a time, at every multiple of eight bytes, and cuts writes short at every byte.
	Torn bool

	// Depth is how many times recovery is crashed in a row. Default 1; a negative number means never.
	Depth int

	// States, if it is not 0, is the most distinct disks to recover from, shared out among the points; what one leaves is
	// shared out again. If there are more disks than that, they are all spent, and the report says so.
	States int64

	// Seed selects what is drawn by chance.
	Seed uint64

	// Workers is how many goroutines recover at once. The result does not depend on it. Default: one for each core.
	Workers int

	// Patience, if it is not 0, is how long Start or Work may take, or Recover with Again on one disk. What takes longer
	// counts as a loop that never ends: the search is over, with an error that wraps [ErrEndless]. The goroutine in the
	// loop cannot be ended, and goes on.
	Patience time.Duration

	// Progress, if not nil, is called again and again, by the goroutine that called Explore.
	Progress func(Count)

	// Replay, if not empty, is the token of a [Violation]: only this one disk is made and recovered from.
	Replay string
}

// Count is how far a search has come.
type Count struct {
	// Points are the places in the workload at which it was cut short so far, and AllPoints how many there are.
	Points, AllPoints int

	// States are the disks that were made.
	States int64

	// Distinct are those of them that were not seen before.
	Distinct int64

	// Recoveries are the calls of Recover: one for each distinct disk, those that were recorded to be crashed, and those
	// that made a violation smaller and told what matters for it.
	Recoveries int64

	// Nested are the distinct disks that a crash inside Recover or Again left.
	Nested int64

	// Limit is Bounds.States: what Distinct can reach, or 0.
	Limit int64
}

// ErrReplay is returned by Explore for a token that it does not understand, or that was made for another workload. Run
// the search again without it.
var ErrReplay = errors.New("not a token for this experiment: search again without Replay")

// ErrEndless is what Recover or Again fails with when Bounds.Patience is at an end: the [*Violation] names the disk, and how
// to make it again. Start and Work fail with it, too.
var ErrEndless = errors.New("it may be a loop that never ends")

// Explore searches: it runs Start and Work, and Recover on every disk within the bounds. It returns nil when Recover
// always did; a [*Violation], which is the first found, made as small as possible; an error of Start or Work; or that of
// the context. The report is good in each case.
func (e *Experiment) Explore(ctx context.Context, b *Bounds) (Report, error) {
	s := newSearch(ctx, e, b)
	if err := s.start(); err != nil {
		return s.report, err
	}
	if s.Replay != "" {
		lives, err := s.replay()
		if err != nil || lives == nil {
			return s.report, err
		}
		return s.report, s.violation(lives)
	}
	trace, said, err := s.explore()
	if err != nil {
		s.report.Stopped = true
		return s.report, fmt.Errorf("crash: %s: %w", e.Name, err)
	}
	if trace == nil {
		return s.report, nil
	}
	lives := s.shrink(trace)
	if lives == nil {
		return s.report, fmt.Errorf("crash: %s: Recover failed once and then, on the same disk, did not (it must be deterministic): %w", e.Name, said)
	}
	return s.report, s.violation(lives)
}

// newSearch fills in what bounds leave open.
func newSearch(ctx context.Context, e *Experiment, b *Bounds) *search {
	s := &search{ctx: ctx, exp: e, seen: newSeen(seenMost), report: Report{Experiment: e.Name}}
	if b != nil {
		s.Bounds = *b
	}
	s.Subsets = or(s.Subsets, 12)
	s.Subsets = min(s.Subsets, 30)
	s.Seeds = or(s.Seeds, 64)
	s.Depth = or(s.Depth, 1)
	s.Workers = max(1, or(s.Workers, runtime.GOMAXPROCS(0)))
	return s
}

// or returns a bound, its default if it is zero, and zero if it is negative.
func or(bound, otherwise int) int {
	if bound == 0 {
		return otherwise
	}
	return max(0, bound)
}

// start runs Start and Work, and records what Work does.
func (s *search) start() error {
	e := s.exp
	if e.Work == nil || e.Recover == nil {
		return fmt.Errorf("crash: %s: an experiment needs Work and Recover", e.Name)
	}
	sim := disk.NewSim()
	if e.Start != nil {
		var err error
		if late := s.within(func() { protect(&err, func() error { return e.Start(sim) }) }); late != nil {
			err = late
		}
		if err != nil {
			return fmt.Errorf("crash: Start of %s: %w", e.Name, err)
		}
	}
	sim = sim.Crash(disk.Kept)
	s.work = newRun(nil, []uint64{0})
	late := s.within(func() {
		s.work.record(sim, s.Torn || s.Replay != "", func() error { return e.Work(sim, s.work.note) })
	})
	if late == nil {
		late = s.work.err
	}
	if late != nil {
		return fmt.Errorf("crash: Work of %s: %w", e.Name, late)
	}
	return nil
}
