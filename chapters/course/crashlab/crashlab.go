// Package crashlab runs a chapter's crash experiments for as long as a learner likes.
//
// The packages on a learner's desk can be reached by their own tests only. So the desk's conformance test calls [Search],
// which does nothing until go run ./scripts/course crash starts it: with an [Order] in the environment. What Search has to
// say goes to the standard output, one [Message] a line, and the command makes a progress line and a summary of it.
//
//	func TestCrashSearch(t *testing.T) {
//		crashlab.Search(t, segmentstest.Experiments(implementation()))
//	}
//
// # What is searched
//
// The experiments share the states evenly; what one of them leaves is for those after it. The [Order.Bounds] are wide, so
// that the number of states is what ends a search. The search is deterministic: the same desk, states and seed find the same.
//
// An interrupt (SIGINT) ends it too, with a message that tells how far it came.
package crashlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"example.com/logbook/final/disk/crash"
)

// TestName is the test of a chapter that calls [Search].
const TestName = "TestCrashSearch"

// Variable is the environment variable that holds an [Order] as JSON.
const Variable = "COURSE_CRASH"

// mark stands before each message. The code under test may print as well, and not end its lines.
const mark = "course crash: "

// Order is what to search for.
type Order struct {
	// States is the most distinct disks to recover from, in all experiments together.
	States int64

	// Seed selects what is drawn by chance.
	Seed uint64

	// Replay, if not empty, is the token of a violation: only its disk is made.
	Replay string

	// Patience is how long what is searched may take on one disk before it counts as a loop that never ends. Zero means
	// as long as it likes.
	Patience time.Duration
}

// Bounds are those of a search that may spend states on one experiment. Depth stays 1: a second crash inside recovery
// multiplies the disks, and what it finds, a first crash found on smaller ones.
func (o Order) Bounds(states int64) *crash.Bounds {
	return &crash.Bounds{
		Subsets:  20,
		Seeds:    int(min(max(64, states/500), 1<<16)),
		Torn:     true,
		States:   max(1, states), // none would mean no bound
		Seed:     o.Seed,
		Replay:   o.Replay,
		Patience: o.Patience,
	}
}

// Message is what a search says, again and again.
type Message struct {
	// Number says which experiment this is about, from 1, and Of how many there are.
	Number, Of int

	// Report is how far it has come. While it runs, only the counts are set.
	Report crash.Report

	// Done says that it has ended, and that Report is whole.
	Done bool

	// Trace and Replay are those of the violation that ended it, if one did.
	Trace, Replay string

	// Error is what else ended it.
	Error string

	// Interrupted says that the search was interrupted, and how far it came until then is all there will be.
	Interrupted bool

	// Foreign says that the order's token belongs to no experiment here.
	Foreign bool
}

// Parse returns the message in a line of a test's output, and false if there is none.
func Parse(line string) (m Message, ok bool) {
	text, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), mark)
	return m, ok && json.Unmarshal([]byte(text), &m) == nil
}

// send writes the message as a line of its own.
func (m Message) send(w io.Writer) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s%s\n", mark, text)
	return err
}

// Search does what the order in the environment says, one experiment after the other, up to the first violation, which
// fails the test. Without an order it skips it.
func Search(t *testing.T, experiments []*crash.Experiment) {
	text := os.Getenv(Variable)
	if text == "" {
		t.Skip("a longer search: go run ./scripts/course crash")
	}
	var o Order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	if os.Getenv("GOGC") == "" {
		// Most of what a search allocates is garbage at once. The limit is for what remembers the disks.
		debug.SetGCPercent(800)
		debug.SetMemoryLimit(2 << 30)
	}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	s := search{T: t, ctx: ctx, order: o, left: o.States}
	for i, e := range experiments {
		s.message = Message{Number: i + 1, Of: len(experiments)}
		if err := s.explore(e, s.left/int64(len(experiments)-i)); err != nil {
			t.Fatalf("%s: a search that did not end well", e.Name) // the message says how
		}
	}
	if o.Replay != "" && !s.replayed {
		s.say(Message{Foreign: true})
	}
}

// search is one call of [Search].
type search struct {
	*testing.T
	ctx      context.Context // done when the search is interrupted
	order    Order
	left     int64 // of the order's states
	replayed bool  // the token belonged to an experiment
	message  Message
}

// explore runs one experiment. A token that belongs to another one is no error.
func (s *search) explore(e *crash.Experiment, states int64) error {
	b := s.order.Bounds(states)
	b.Progress = func(c crash.Count) {
		s.message.Report = crash.Report{Experiment: e.Name, Count: c}
		s.say(s.message)
	}
	own := *e
	own.Repeat = func(string) string { return "" } // the command says it, with its flags
	report, err := own.Explore(s.ctx, b)
	if errors.Is(err, crash.ErrReplay) {
		return nil
	}
	s.replayed = true
	s.left -= report.Distinct
	s.message.Report, s.message.Done = report, true
	if v, ok := errors.AsType[*crash.Violation](err); ok {
		s.message.Trace, s.message.Replay = v.Trace, v.Replay
	} else if s.ctx.Err() != nil && errors.Is(err, s.ctx.Err()) {
		s.message.Interrupted = true
	} else if err != nil {
		s.message.Error = err.Error()
	}
	s.say(s.message)
	return err
}

// say sends a message to the standard output: that of the test itself would be indented.
func (s *search) say(m Message) {
	s.Helper()
	if err := m.send(os.Stdout); err != nil {
		s.Fatal(err)
	}
}
