// Package grade runs the tests of the learner's desk and says, for each
// exercise, where it stands and, if it fails, why.
//
// There is no memory of earlier runs: progress is what the tests say now. The
// go command keeps the results of tests that passed, so asking again costs
// little as long as nothing has changed.
//
// A desk may be in any state. Code that does not compile, panics, exits, or
// never ends is a result like any other; one exercise whose code takes the
// test program down does not hide the results of the others, which are run
// again without it.
package grade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/logbook/scripts/course/internal/book"
)

// DefaultTimeout is how long the tests of one desk may take. The suites need a
// few seconds; what takes longer is taken for an endless loop.
const DefaultTimeout = 30 * time.Second

// ErrGo says that the go command could not run the tests at all: it is not
// installed, or the module as a whole is in disorder. It is nothing that the
// learner's code did.
var ErrGo = errors.New("the go command could not run the tests")

// State is where an exercise stands.
type State int

// The states of an exercise.
const (
	// Passed: all of its tests ran and passed.
	Passed State = iota
	// Failing: a test failed, or its code took the test program down.
	Failing
	// NotStarted: all of its functions are stubs.
	NotStarted
	// Begun: some of its functions are still stubs, and some are not.
	Begun
	// Waits: it is written, but uses a function that is still a stub.
	Waits
	// Unknown: there is no result, because the desk does not compile or the
	// suite has no test for it.
	Unknown
)

// String returns the state as the status shows it.
func (s State) String() string {
	return [...]string{"passed", "failing", "not started", "begun", "waits", "unknown"}[s]
}

// Result is where one exercise stands.
type Result struct {
	// Exercise is the one that was graded.
	Exercise *book.Exercise
	// State is where it stands.
	State State
	// Reason says what to edit, when it has not been started, is begun or
	// waits, and why there is no result when it is unknown.
	Reason string
	// Failures is not empty if it is failing: first those of the earlier tests.
	Failures []Failure
}

// Failure is one test that failed.
type Failure struct {
	// Invariant is the number and name of the invariant that does not hold,
	// "I2 a length reads back or is refused", or "" if the test has none.
	Invariant string
	// Case is the rest of the subtest's name, or "".
	Case string
	// Messages are what the test said, in order.
	Messages []Message
	// Printed is what the code printed while the test ran.
	Printed string
	// Crash is set if the code took the test program down.
	Crash *Crash
}

// Message is one thing that a test said.
type Message struct {
	// Text is without the go command's indentation.
	Text string
	// From is the line of the suite that says it.
	From book.Position
}

// Desk is the result of one chapter.
type Desk struct {
	// Chapter is the one that was graded.
	Chapter *book.Chapter
	// Build is what the compiler said about the desk, a line each with file
	// and position, or empty if it compiles.
	Build []string
	// Results are those of the exercises asked for, in the book's order.
	Results []Result
}

// Options change how [Run] works. The zero value is ready to use.
type Options struct {
	// Exercise grades only the exercise with this id. The default is all.
	Exercise string
	// Timeout ends tests that do not end. The default is [DefaultTimeout].
	Timeout time.Duration
}

// Run grades the desks of chapters, of the book b, in one go command, or more
// when a desk's code takes its test program down. An error wraps [ErrGo] or is
// that of ctx; whatever the learner's code does is in the results.
func Run(ctx context.Context, b *book.Book, chapters []*book.Chapter, opts *Options) ([]Desk, error) {
	r := runner{ctx: ctx, book: b, timeout: DefaultTimeout}
	var exercise string
	if opts != nil {
		exercise = opts.Exercise
		if opts.Timeout > 0 {
			r.timeout = opts.Timeout
		}
	}
	var jobs []job
	for _, c := range chapters {
		j := job{chapter: c, alone: exercise != ""}
		for _, e := range c.Exercises {
			if exercise == "" || e.ID == exercise {
				j.exercises = append(j.exercises, e)
			}
		}
		jobs = append(jobs, j)
	}
	return r.grade(jobs)
}

// runner is one call of [Run].
type runner struct {
	ctx     context.Context
	book    *book.Book
	timeout time.Duration
}

// job is a desk and those of its exercises that are to be run together.
type job struct {
	chapter   *book.Chapter
	exercises []*book.Exercise
	// alone is set if only these exercises are selected, so that what happens
	// is theirs.
	alone bool
}

// grade runs all jobs in one go command.
func (r *runner) grade(jobs []job) ([]Desk, error) {
	runs, err := r.test(jobs)
	if err != nil {
		return nil, err
	}
	var desks []Desk
	for _, j := range jobs {
		d, err := r.desk(j, runs[j.chapter.DeskPath()])
		if err != nil {
			return nil, err
		}
		desks = append(desks, d)
	}
	return desks, nil
}

// desk makes the results of one job out of what its test program did.
func (r *runner) desk(j job, t *testRun) (Desk, error) {
	d := Desk{Chapter: j.chapter, Build: t.build}
	again, culprit := j.unsettled(t)
	for _, e := range j.exercises {
		switch {
		case len(d.Build) > 0:
			d.Results = append(d.Results, written(e, Result{Exercise: e, State: Unknown, Reason: "the desk does not compile"}))
		case e == culprit:
			d.Results = append(d.Results, Result{Exercise: e, State: Failing, Failures: j.crashed(e, t)})
		case slices.Contains(again, e):
			// Filled in below.
			d.Results = append(d.Results, Result{Exercise: e})
		default:
			d.Results = append(d.Results, j.result(e, t))
		}
	}
	for _, more := range j.rerun(again, culprit) {
		desks, err := r.grade([]job{more})
		if err != nil {
			return d, err
		}
		for _, result := range desks[0].Results {
			at := slices.IndexFunc(d.Results, func(x Result) bool { return x.Exercise == result.Exercise })
			d.Results[at] = result
		}
	}
	return d, nil
}

// unsettled returns the exercise whose code ended the run early, if that is
// known, and those that have no result because of it.
func (j job) unsettled(t *testRun) (again []*book.Exercise, culprit *book.Exercise) {
	if t.crash == nil {
		return nil, nil
	}
	if j.alone && len(j.exercises) == 1 {
		return nil, j.exercises[0]
	}
	for _, e := range j.exercises {
		test := t.test(j.name(e))
		switch {
		case t.crash.test != nil && strings.HasPrefix(t.crash.test.name+"/", j.name(e)+"/"):
			culprit = e
		case test == nil || test.action == "":
			again = append(again, e)
		}
	}
	return again, culprit
}

// rerun returns the jobs that settle the exercises in again: all at once if it
// is known who ended the last run, and else one by one.
func (j job) rerun(again []*book.Exercise, culprit *book.Exercise) []job {
	if len(again) == 0 {
		return nil
	}
	if culprit != nil {
		return []job{{chapter: j.chapter, exercises: again, alone: true}}
	}
	var jobs []job
	for _, e := range again {
		jobs = append(jobs, job{chapter: j.chapter, exercises: []*book.Exercise{e}, alone: true})
	}
	return jobs
}

// name returns the full name of an exercise's test.
func (j job) name(e *book.Exercise) string { return j.chapter.TestName() + "/" + e.ID }

// pattern returns the -run pattern that selects the exercises of all jobs.
func pattern(jobs []job) string {
	var names, ids []string
	for _, j := range jobs {
		names = append(names, j.chapter.TestName())
		for _, e := range j.exercises {
			if j.alone {
				ids = append(ids, regexp.QuoteMeta(e.ID))
			}
		}
	}
	p := "^(" + strings.Join(names, "|") + ")$"
	if len(ids) > 0 {
		p += "/^(" + strings.Join(ids, "|") + ")$"
	}
	return p
}

// test runs the tests of all jobs and returns what each desk's did, by import
// path.
func (r *runner) test(jobs []job) (map[string]*testRun, error) {
	runs := map[string]*testRun{}
	var packages []string
	for _, j := range jobs {
		t := &testRun{book: r.book, chapter: j.chapter}
		runs[j.chapter.DeskPath()] = t
		if _, err := os.Stat(r.book.Path(j.chapter.Desk)); err != nil {
			t.build = []string{j.chapter.Desk + ": there is no such folder; go run ./scripts/course stubs writes it"}
			continue
		}
		packages = append(packages, "./"+j.chapter.Desk)
	}
	if len(packages) == 0 {
		return runs, nil
	}
	// One test at a time, so that a crash is that of the test under way; on one
	// processor, because the stack of a loop that runs on another one while the
	// program ends cannot be had. With these flags, results are still cached.
	args := []string{"test", "-json", "-fullpath", "-parallel", "1", "-cpu", "1", "-timeout", r.timeout.String(), "-run", pattern(jobs)}
	out, complaint, err := r.goCommand(append(args, packages...))
	if err == nil {
		err = parse(out, runs)
	}
	for _, t := range runs {
		if err == nil && !t.ended && len(t.build) == 0 {
			// The go command gave up before it came to this desk.
			err = errors.New("no result for " + t.chapter.Desk)
		}
	}
	switch {
	case r.ctx.Err() != nil:
		return nil, r.ctx.Err()
	case err != nil && complaint != "":
		return nil, fmt.Errorf("%w: %s", ErrGo, complaint)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrGo, err)
	}
	return runs, nil
}

// goCommand runs the go command in the project's root. That it exits with a
// failure, as it does when a test fails, is no error.
func (r *runner) goCommand(args []string) (out []byte, complaint string, err error) {
	cmd := exec.CommandContext(r.ctx, "go", args...)
	cmd.Dir = r.book.Root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err = cmd.Output()
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		err = nil
	}
	return out, strings.TrimSpace(stderr.String()), err
}
