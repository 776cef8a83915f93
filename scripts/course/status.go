package main

import (
	"fmt"
	"strings"
	"time"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
)

// status shows every chapter and exercise, and what is next.
func (t *tool) status([]string) error {
	desks, err := t.grade(t.book.Chapters, nil)
	if err != nil {
		return err
	}
	for _, d := range desks {
		t.printDesk(d)
	}
	if _, r := next(desks); r == nil && len(desks) > 0 {
		t.printEnd(desks[len(desks)-1].Chapter)
	}
	t.printNext(desks)
	return nil
}

// grade runs the tests of chapters, or only those of one exercise unless e is
// nil. It says so if that takes long.
func (t *tool) grade(chapters []*book.Chapter, e *book.Exercise) ([]grade.Desk, error) {
	options := grade.Options{Timeout: t.timeout}
	if e != nil {
		options.Exercise = e.ID
	}
	if t.alive {
		note := time.AfterFunc(3*time.Second, func() {
			fmt.Fprintf(t.stderr, "running the tests; a loop that never ends is stopped after %v\n", t.timeout)
		})
		defer note.Stop()
	}
	return grade.Run(t.ctx, t.book, chapters, &options)
}

// printDesk prints one chapter: a line for each exercise.
func (t *tool) printDesk(d grade.Desk) {
	c := d.Chapter
	fmt.Fprintf(t.stdout, "%s  %s\n", t.paint.paint(bold, fmt.Sprintf("%02d %s", c.Number, c.Name)), t.paint.paint(dim, c.Page))
	if len(d.Build) > 0 {
		fmt.Fprintf(t.stdout, "  %s\n    %s\n", t.paint.paint(red, "does not compile:"), d.Build[0])
	}
	wide := 0
	for _, r := range d.Results {
		wide = max(wide, len(r.Exercise.Title))
	}
	passed := 0
	for _, r := range d.Results {
		if r.State == grade.Passed {
			passed++
		}
		line := fmt.Sprintf("  %-4s %s  %-*s  %s", r.Exercise.ID, t.paint.state(r.State), wide, r.Exercise.Title, t.paint.paint(dim, remark(d, r)))
		fmt.Fprintln(t.stdout, strings.TrimRight(line, " "))
	}
	fmt.Fprintf(t.stdout, "  %d of %d passed\n\n", passed, len(d.Results))
}

// remark returns what the status adds to an exercise's line.
func remark(d grade.Desk, r grade.Result) string {
	if len(d.Build) > 0 {
		return ""
	}
	switch r.State {
	case grade.Failing:
		return headline(r.Failures[0])
	case grade.Begun, grade.Waits, grade.Unknown:
		return r.Reason
	}
	return ""
}

// headline returns the invariant that a failure broke, or else what ended it.
func headline(f grade.Failure) string {
	switch {
	case f.Invariant != "":
		return f.Invariant
	case f.Crash != nil:
		return f.Crash.Reason
	case len(f.Messages) > 0:
		first, _, _ := strings.Cut(f.Messages[0].Text, "\n")
		return first
	}
	return ""
}

// printTodo prints where an exercise's functions are, and the commands for it.
func (t *tool) printTodo(e *book.Exercise) {
	for _, f := range e.Functions {
		if f.Desk.File == "" {
			fmt.Fprintf(t.stdout, "  edit   %s is missing; go run ./scripts/course reset %s brings it back\n", f.Name, e.ID)
			continue
		}
		fmt.Fprintf(t.stdout, "  edit   %s  %s\n", f.Desk, f.Name)
	}
	fmt.Fprintf(t.stdout, "  check  go run ./scripts/course check %s\n", e.ID)
	fmt.Fprintf(t.stdout, "  hint   go run ./scripts/course hint %s\n", e.ID)
}

// title returns an exercise's id and title.
func title(e *book.Exercise) string { return strings.TrimSpace(e.ID + " " + e.Title) }
