package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/logbook/chapters/course/crashlab"
	"example.com/logbook/final/disk/crash"
	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/lab"
)

// defaultStates takes a minute or so.
const defaultStates = 100_000

// defaultPatience is long for a recovery, which takes less than a millisecond.
const defaultPatience = 10 * time.Second

const crashForm = "crash CHAPTER [-states N] [-seed S] [-replay TOKEN] [-timeout 10s] [-reference], such as crash 2"

// search is what the flags of crash say.
type search struct {
	crashlab.Order
	reference bool
}

func crashFlags(t *tool, f *flag.FlagSet) {
	f.Int64Var(&t.search.States, "states", defaultStates, "")
	f.Uint64Var(&t.search.Seed, "seed", 0, "")
	f.StringVar(&t.search.Replay, "replay", "", "")
	f.DurationVar(&t.search.Patience, "timeout", defaultPatience, "")
	f.BoolVar(&t.search.reference, "reference", false, "")
}

// crash searches a chapter's desk, or its reference, for a crash that breaks a
// promise.
func (t *tool) crash(args []string) error {
	number, err := strconv.Atoi(args[0])
	if err != nil {
		return usageError(fmt.Sprintf("%q is no chapter; use: go run ./scripts/course %s", args[0], crashForm))
	}
	if t.search.States < 1 {
		return usageError("-states must be at least 1")
	}
	if t.search.Patience <= 0 {
		return usageError("-timeout must be longer than nothing")
	}
	c, err := t.findChapter(number)
	if err != nil {
		return err
	}
	if !t.searchable(c) {
		return usageError(fmt.Sprintf("chapter %d has no crash experiments, and so no search; %s", number, t.searchables()))
	}
	if e := unwritten(c); e != nil && !t.search.reference {
		fmt.Fprintf(t.stdout, "the crash lab needs the whole chapter; %s: not written yet\n", title(e))
		t.printTodo(e)
		return errFailing
	}
	return t.explore(c)
}

// unwritten returns the first exercise with a stub, or nil.
func unwritten(c *book.Chapter) *book.Exercise {
	for _, e := range c.Exercises {
		for _, f := range e.Functions {
			if f.Stub {
				return e
			}
		}
	}
	return nil
}

// searchable reports whether a chapter's tests have a search.
func (t *tool) searchable(c *book.Chapter) bool {
	files, _ := filepath.Glob(filepath.Join(t.book.Root, filepath.FromSlash(c.Folder), "*_test.go"))
	return slices.ContainsFunc(files, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && bytes.Contains(text, []byte("\nfunc "+crashlab.TestName+"("))
	})
}

// searchables names the chapters that have one.
func (t *tool) searchables() string {
	var list []string
	for _, c := range t.book.Chapters {
		if t.searchable(c) {
			list = append(list, fmt.Sprintf("%d (%s)", c.Number, c.Name))
		}
	}
	if len(list) == 0 {
		return "nor has any other"
	}
	return "these have: " + strings.Join(list, ", ")
}

// explore runs the search and tells how it went.
func (t *tool) explore(c *book.Chapter) error {
	folder := c.Desk
	if t.search.reference {
		folder = c.Folder
	}
	p := newProgress(t.stderr, t.alive, t.width, time.Now)
	s := summary{tool: t, chapter: c}
	ctx, stop := signal.NotifyContext(t.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt is for this command
	result, err := lab.Run(ctx, t.book, folder, t.search.Order, func(m crashlab.Message) {
		p.show(m)
		s.add(m)
	})
	p.clear()
	switch {
	case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return s.interrupted(p.took())
	case err != nil:
		return err
	case len(result.Build) > 0:
		return s.broken(folder+" does not compile", result.Build)
	case result.Messages == 0 && !result.Failed:
		return usageError(fmt.Sprintf("%s has no %s any more; its conformance_test.go is that of %s", folder, crashlab.TestName, c.Folder))
	case s.last.Foreign:
		return usageError(fmt.Sprintf("-replay %s: no workload of chapter %d does the operations that this token was made for. They have changed since, as with every mend, and the disk cannot be made any more; search again without -replay", t.search.Replay, c.Number))
	case result.Failed && !s.last.Done:
		return s.broken("the search did not come to its end", result.Printed)
	}
	return s.tell(p.took())
}

// summary is what a search comes to.
type summary struct {
	*tool
	chapter *book.Chapter
	last    crashlab.Message
	reports []crash.Report
}

func (s *summary) add(m crashlab.Message) {
	s.last = m
	if m.Done {
		s.reports = append(s.reports, m.Report)
	}
}

// broken tells why there is no summary.
func (s *summary) broken(why string, lines []string) error {
	fmt.Fprintf(s.stdout, "%s\n", s.paint.paint(red, why))
	fmt.Fprintf(s.stdout, "%s\n", indent(strings.Join(lines, "\n"), "  "))
	return errFailing
}

// interrupted tells how far the search came. What it found until then it would
// have told itself.
func (s *summary) interrupted(took time.Duration) error {
	if s.last.Trace != "" {
		return s.tell(took)
	}
	if !s.last.Done && s.last.Number > 0 {
		s.last.Report.Stopped = true
		s.reports = append(s.reports, s.last.Report)
	}
	s.last.Interrupted = true
	s.tellReports(took)
	fmt.Fprintln(s.stdout, "violations: 0 until the interrupt")
	return errFailing
}

// tell prints the summary, and in front of it what was found.
func (s *summary) tell(took time.Duration) error {
	if s.last.Error != "" {
		return s.broken("the workload failed, without any crash; go run ./scripts/course check "+strconv.Itoa(s.chapter.Number)+" may say why", []string{s.last.Error})
	}
	if s.last.Trace != "" {
		fmt.Fprintf(s.stdout, "%s\n\n", s.last.Trace)
	}
	if s.search.Replay == "" {
		s.tellReports(took)
	}
	if s.last.Trace == "" {
		fmt.Fprintf(s.stdout, "violations: %s\n", s.paint.paint(green, "0"))
		return nil
	}
	where := ""
	if s.search.reference {
		where = " -reference"
	}
	if t := s.search.Patience; t != defaultPatience {
		where += " -timeout " + t.String()
	}
	fmt.Fprintf(s.stdout, "violations: %s, and the search ended with it; this makes its disk again:\n", s.paint.paint(red, "1"))
	fmt.Fprintf(s.stdout, "  go run ./scripts/course crash %d%s -replay %s\n", s.chapter.Number, where, s.last.Replay)
	return errFailing
}

// tellReports prints what each experiment has looked at, and the sums.
func (s *summary) tellReports(took time.Duration) {
	var all crash.Count
	exhaustive := true
	for _, r := range s.reports {
		fmt.Fprintf(s.stdout, "%s\n", r)
		all.States += r.States
		all.Distinct += r.Distinct
		all.Recoveries += r.Recoveries
		all.Nested += r.Nested
		exhaustive = exhaustive && r.Exhaustive()
	}
	how := "sampled: that nothing is found is no proof"
	switch {
	case s.last.Trace != "":
		how = "up to the first violation"
	case s.last.Interrupted:
		how = "interrupted: it is not what was asked for"
	case exhaustive:
		how = "exhaustive, as far as the bounds go"
	}
	fmt.Fprintf(s.stdout, "\nstates:     %d, of which %d distinct, %d of these after a crash inside recovery\n", all.States, all.Distinct, all.Nested)
	fmt.Fprintf(s.stdout, "recoveries: %d\n", all.Recoveries)
	fmt.Fprintf(s.stdout, "time:       %v, %.0f distinct states a second\n", took.Round(time.Millisecond*100), rate(all.Distinct, took))
	fmt.Fprintf(s.stdout, "seed:       %d\n", s.search.Seed)
	fmt.Fprintf(s.stdout, "how:        %s\n", how)
}
