package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
)

// status shows every chapter and exercise, and what is next.
func (t *tool) status([]string) error {
	desks, err := t.grade(t.book.Chapters)
	if err != nil {
		return err
	}
	for _, d := range desks {
		t.printDesk(d)
	}
	t.printNext(desks)
	return nil
}

// grade runs the tests of chapters. It says so if that takes long.
func (t *tool) grade(chapters []*book.Chapter) ([]grade.Desk, error) {
	if t.alive {
		note := time.AfterFunc(3*time.Second, func() {
			fmt.Fprintf(t.stderr, "running the tests; a loop that never ends is stopped after %v\n", t.options.Timeout)
		})
		defer note.Stop()
	}
	return grade.Run(t.ctx, t.book, chapters, &t.options)
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

// printNext prints what to do now.
func (t *tool) printNext(desks []grade.Desk) {
	for _, d := range desks {
		if len(d.Build) > 0 {
			fmt.Fprintf(t.stdout, "next: make %s compile\n  edit   %s\n", d.Chapter.Desk, d.Build[0])
			return
		}
	}
	var all []grade.Result
	for _, d := range desks {
		all = append(all, d.Results...)
	}
	r := next(all)
	if r == nil {
		fmt.Fprintln(t.stdout, "every exercise passes")
		return
	}
	c, _ := t.book.Exercise(r.Exercise.ID)
	fmt.Fprintf(t.stdout, "next: %s, %s\n", title(r.Exercise), r.State)
	fmt.Fprintf(t.stdout, "  read   %s\n", t.page(c, r.Exercise))
	t.printTodo(r.Exercise)
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

// next returns the result to work on, or nil if all passed: what was begun or
// fails; else what follows the last one that passed, so that a learner who
// started in the middle goes on there; else the first that did not pass.
func next(all []grade.Result) *grade.Result {
	todo := func(r grade.Result) bool { return r.State != grade.Passed }
	begun := func(r grade.Result) bool { return r.State == grade.Failing || r.State == grade.Begun }
	behind := 0
	for i, r := range all {
		if r.State == grade.Passed {
			behind = i + 1
		}
	}
	if at := slices.IndexFunc(all, begun); at >= 0 {
		return &all[at]
	}
	if at := slices.IndexFunc(all[behind:], todo); at >= 0 {
		return &all[behind+at]
	}
	if at := slices.IndexFunc(all, todo); at >= 0 {
		return &all[at]
	}
	return nil
}

// title returns an exercise's id and title.
func title(e *book.Exercise) string { return strings.TrimSpace(e.ID + " " + e.Title) }

// page returns where the chapter's page speaks of an exercise: the line of the
// heading that has its id, or the page as a whole.
func (t *tool) page(c *book.Chapter, e *book.Exercise) string {
	text, err := os.ReadFile(t.book.Path(c.Page))
	if err != nil {
		return c.Page
	}
	heading := regexp.MustCompile(`^#+ (.*[^0-9.])?` + regexp.QuoteMeta(e.ID) + `([^0-9.]|\.?$|\. )`)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if heading.MatchString(strings.TrimSpace(line)) {
			return fmt.Sprintf("%s:%d", c.Page, number)
		}
	}
	return c.Page
}
