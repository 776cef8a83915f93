package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A series is how long each of many operations has taken.
type series struct {
	took    []time.Duration
	elapsed time.Duration // of all of them, by all callers
	sorted  bool
}

// repeat does something until the case's time is over, it says that it has done enough,
// or it is interrupted.
func (b *bench) repeat(s *series, do func() (enough bool, err error)) error {
	first := time.Now()
	for begun := first; ; {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		enough, err := do()
		if err != nil {
			return err
		}
		now := time.Now()
		s.took, s.elapsed = append(s.took, now.Sub(begun)), now.Sub(first)
		if enough || s.elapsed >= b.time {
			return nil
		}
		begun = now
	}
}

// each is the time divided by the operations.
func (s *series) each() time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	return s.elapsed / time.Duration(len(s.took))
}

// at returns the time within which that part of the operations was done: 0.5 is the
// median, 1 the longest.
func (s *series) at(part float64) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	if !s.sorted {
		slices.Sort(s.took)
		s.sorted = true
	}
	i := int(math.Ceil(part*float64(len(s.took)))) - 1
	return s.took[max(0, i)]
}

// short is a duration of three digits, in nanoseconds to seconds.
func short(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "us"}} {
		if d >= unit.size {
			return fmt.Sprintf("%.3g %s", min(999, float64(d)/float64(unit.size)), unit.name)
		}
	}
	return fmt.Sprintf("%d ns", d)
}
