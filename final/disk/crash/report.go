package crash

import (
	"fmt"
	"strings"
)

// Report tells what a search looked at.
type Report struct {
	// Experiment is its name.
	Experiment string

	// Count is how much it looked at.
	Count

	// Sampled are the points of the workload at which not every combination was tried, in words.
	Sampled []string

	// SampledNested is how many points inside Recover and Again are like them.
	SampledNested int

	// Stopped says that Bounds.States or the context ended the search early.
	Stopped bool
}

// Exhaustive reports whether every disk was looked at that a crash may leave, as far as the bounds on torn sectors and on
// crashes in a row go.
func (r Report) Exhaustive() bool {
	return !r.Stopped && len(r.Sampled) == 0 && r.SampledNested == 0
}

// String returns the report in words: the counts, and where it was not exhaustive.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of %d points, %d disks, %d of them distinct (%d after a crash inside recovery), %d recoveries\n",
		r.Experiment, r.Points, r.AllPoints, r.States, r.Distinct, r.Nested, r.Recoveries)
	if r.Exhaustive() {
		b.WriteString("exhaustive: every combination at every point\n")
	}
	if r.Stopped {
		b.WriteString("stopped early: some points were not searched to their end\n")
	}
	for i, at := range r.Sampled {
		if i == 8 {
			fmt.Fprintf(&b, "sampled at %d more points of the workload\n", len(r.Sampled)-i)
			break
		}
		fmt.Fprintf(&b, "sampled %s\n", at)
	}
	if r.SampledNested > 0 {
		fmt.Fprintf(&b, "sampled at %d points inside recovery\n", r.SampledNested)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Violation is a disk that a crash may leave, and on which Recover failed.
type Violation struct {
	// Experiment is its name.
	Experiment string

	// Trace tells in words what Recover said, what was done, what the crash left and lost, and how to repeat it.
	Trace string

	// Replay is the token that repeats it: see [Bounds].
	Replay string

	// Err is what Recover returned, or what it panicked with.
	Err error
}

// Error returns the trace.
func (v *Violation) Error() string { return v.Trace }

// Unwrap returns what Recover returned.
func (v *Violation) Unwrap() error { return v.Err }
