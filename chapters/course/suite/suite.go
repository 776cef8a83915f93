// Package suite is what the conformance suites of the chapters have in common:
// how invariants become subtests, how a failure is told, how errors are named,
// and where the golden files and the suite's disks are read.
//
// A chapter's suite brings its Implementation, its invariants, and its words.
// The first is its own, with the contracts of its functions. The others are a
// [Chapter], which runs them:
//
//	var chapter = suite.Chapter[*check]{
//		Page: "docs/02-segments.md",
//		Exercises: []suite.Exercise[*check]{
//			{ID: "2.1", Title: "names and sequence", Invariants: invariants{
//				{Slug: "I3_segments_come_in_order", Try: segmentsInOrder},
//			}},
//		},
//	}
//
//	func Run(t *testing.T, impl Implementation) {
//		chapter.Run(t, impl.Waits, func(c suite.Check) *check { return &check{Check: c, Implementation: impl} })
//	}
//
// An invariant's cases go from small to large, and it stops at the first that
// fails. So what a [Failure] shows is the smallest input that is known to break
// the implementation.
//
// # What this package does not do
//
// It knows no chapter: neither records nor raft. An endless loop is reported,
// but not stopped: it goes on in the background until the tests end.
package suite

import (
	"strings"
	"testing"
	"time"
)

// Chapter is the suite of one chapter. Its invariants are tried with a check of
// the chapter's own, C.
type Chapter[C Checker] struct {
	// Page is the file in which the book explains the chapter.
	Page string
	// Exercises are what is graded, in the order of the page.
	Exercises []Exercise[C]
}

// Exercise is a subtest that holds one for each invariant.
type Exercise[C Checker] struct {
	// ID is such as "1.3", and Title the heading behind it on the page.
	ID, Title string
	// Needs are the exercises that this one cannot be tried without. Those that
	// its own functions call are known to who says what waits; these are called
	// by the suite.
	Needs []string
	// Invariants are tried in this order.
	Invariants []Invariant[C]
}

// Invariant is what an implementation promises. It is one subtest.
type Invariant[C Checker] struct {
	// Slug is number and name, as in the subtest's name and on the page.
	Slug string
	// Name is the name in a failure, where it holds what a slug must not, such
	// as an apostrophe. If it is empty, it is made of the slug.
	Name string
	// Try runs the cases, and fails the check at the first that breaks it.
	Try func(C)
}

// Checker is a chapter's check: a pointer to a struct that embeds [Check] and the
// implementation, and notes what is being tried.
type Checker interface {
	// Panicked returns the failure that a panic of the implementation is. It is
	// called while the panic is being recovered, so that [Panic] sees the calls.
	Panicked(p any) Failure
}

// Check is one invariant being tried on one implementation.
type Check struct {
	*testing.T
	headline, read string // of a failure
	waiting        func(exercise string) string
}

// Waiting returns why an exercise of the chapter cannot be tried yet, or "". It is
// for cases that would call the functions of others too.
func (c *Check) Waiting(exercise string) string { return c.waiting(exercise) }

// Run puts an implementation to every invariant, each in a subtest such as
// 1.4/I9_each_crc_covers_all_before_it. Its check is made by begin. An exercise
// that waits is skipped with the reason that waits gives.
func (ch *Chapter[C]) Run(t *testing.T, waits func(exercise string) string, begin func(Check) C) {
	waiting := func(exercise string) string { return ch.Waits(waits, exercise) }
	for _, e := range ch.Exercises {
		t.Run(e.ID, func(t *testing.T) {
			if reason := waiting(e.ID); reason != "" {
				t.Skip(reason)
			}
			t.Parallel() // beside the other exercises; its invariants go in order
			ended := true
			for _, inv := range e.Invariants {
				if !ended {
					break // the rest would most likely hang too
				}
				t.Run(inv.Slug, func(t *testing.T) {
					c := Check{t, inv.headline(), ch.Page + "#" + anchor(e.ID+" "+e.Title), waiting}
					ended = ends(c, begin(c), inv.Try)
				})
			}
		})
	}
}

// Waits returns why an exercise cannot be tried yet, with all that it waits for, or
// "". The function says the same of one exercise alone; nil means that nothing waits.
func (ch *Chapter[C]) Waits(waits func(exercise string) string, exercise string) string {
	if waits == nil {
		return ""
	}
	if reason := waits(exercise); reason != "" {
		return reason
	}
	var without, reasons []string
	for _, e := range ch.Exercises {
		if e.ID != exercise {
			continue
		}
		for _, other := range e.Needs {
			if reason := waits(other); reason != "" {
				without, reasons = append(without, other), append(reasons, reason)
			}
		}
	}
	if without == nil {
		return ""
	}
	return exercise + " cannot be tried without " + strings.Join(without, ", ") + ": " + strings.Join(reasons, "; ")
}

// patience is how long one invariant may take; the slowest takes a second or
// two, or ten times as long with the race detector on a busy machine.
const patience = time.Minute

// ends tries an invariant and reports whether that came to an end. It does so
// beside the test's own goroutine: an endless loop becomes a failure with a name,
// and not, ten minutes later, go test's list of goroutines. A panic becomes one
// too, so that the other exercises are still graded.
func ends[C Checker](c Check, own C, try func(C)) bool {
	done := make(chan struct{})
	go func() {
		defer close(done) // also when a failure ends this goroutine
		defer func() {
			if p := recover(); p != nil {
				c.Fatal(c.Story(own.Panicked(p)))
			}
		}()
		try(own)
	}()
	select {
	case <-done:
		return true
	case <-time.After(patience):
	}
	c.Error(c.Story(Failure{
		Tried: "this invariant's cases, one after the other",
		Got:   "no end within " + patience.String(),
		Want:  "an end within a second or so",
		Means: "one of the functions of this exercise loops without coming forward: a node would hang.",
	}))
	return false
}

// headline is the first line of each of an invariant's failures.
func (inv Invariant[C]) headline() string {
	number, name, _ := strings.Cut(inv.Slug, "_")
	if inv.Name != "" {
		name = inv.Name
	}
	return number + ": " + strings.ReplaceAll(name, "_", " ")
}

// anchor is what Markdown renderers make of a heading such as "1.3 the page
// writer".
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}
