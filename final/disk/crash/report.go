package crash

// Report tells what a search looked at.
type Report struct {
	// Experiment is its name.
	Experiment string

	// Count is how much it looked at.
	Count

	// Sampled are the points at which not every combination was tried, in words.
	Sampled []string

	// Stopped says that Bounds.States or the context ended the search early.
	Stopped bool
}

// Exhaustive reports whether every disk that the bounds describe was looked at.
func (r Report) Exhaustive() bool { return !r.Stopped && len(r.Sampled) == 0 }

// String returns the report in words.
func (r Report) String() string { return r.Experiment }

// Violation is a disk that a crash may leave, and on which Recover failed.
type Violation struct {
	// Experiment is its name.
	Experiment string

	// Trace tells in words what was done, what the crash left and lost, and what Recover said.
	Trace string

	// Replay is the token that repeats it: see [Bounds].
	Replay string

	// Err is what Recover returned.
	Err error
}

// Error returns the trace, and the line that replays it.
func (v *Violation) Error() string { return v.Trace }

// Unwrap returns what Recover returned.
func (v *Violation) Unwrap() error { return v.Err }
