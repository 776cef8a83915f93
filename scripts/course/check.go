package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
)

// find returns the chapter, and the exercise unless arg names a whole chapter.
func (t *tool) find(arg string) (*book.Chapter, *book.Exercise, error) {
	if c, e := t.book.Exercise(arg); e != nil {
		return c, e, nil
	}
	if number, err := strconv.Atoi(arg); err == nil {
		c, err := t.findChapter(number)
		return c, nil, err
	}
	var ids []string
	for _, c := range t.book.Chapters {
		for _, e := range c.Exercises {
			ids = append(ids, e.ID)
		}
	}
	return nil, nil, usageError(fmt.Sprintf("unknown exercise %q; there are %s", arg, strings.Join(ids, ", ")))
}

// findExercise is find where a whole chapter will not do.
func (t *tool) findExercise(arg string) (*book.Chapter, *book.Exercise, error) {
	c, e, err := t.find(arg)
	if err == nil && e == nil {
		return nil, nil, usageError(fmt.Sprintf("%q is a chapter; name one of its exercises, such as %s.1", arg, arg))
	}
	return c, e, err
}

func (t *tool) findChapter(number int) (*book.Chapter, error) {
	if c := t.book.Chapter(number); c != nil {
		return c, nil
	}
	var numbers []string
	for _, c := range t.book.Chapters {
		numbers = append(numbers, strconv.Itoa(c.Number))
	}
	return nil, usageError(fmt.Sprintf("unknown chapter %d; there are %s", number, strings.Join(numbers, ", ")))
}

// check grades an exercise or a chapter and explains.
func (t *tool) check(args []string) error {
	c, e, err := t.find(args[0])
	if err != nil {
		return err
	}
	if e != nil {
		t.options.Exercise = e.ID
	}
	desks, err := t.grade([]*book.Chapter{c})
	if err != nil {
		return err
	}
	if e != nil {
		return t.explain(desks[0], desks[0].Results[0])
	}
	t.printDesk(desks[0])
	return t.explainFirst(desks[0])
}

// explainFirst explains the exercise of a desk to work on, if there is one.
func (t *tool) explainFirst(d grade.Desk) error {
	if r := next(d.Results); r != nil {
		return t.explain(d, *r)
	}
	return nil
}

// explain says where one exercise stands, why, and what to do.
func (t *tool) explain(d grade.Desk, r grade.Result) error {
	if len(d.Build) > 0 {
		fmt.Fprintf(t.stdout, "%s: %s\n\n", title(r.Exercise), t.paint.paint(red, "the desk does not compile"))
		for _, line := range d.Build {
			fmt.Fprintf(t.stdout, "  %s\n", line)
		}
		return errFailing
	}
	switch r.State {
	case grade.Passed:
		fmt.Fprintf(t.stdout, "%s: %s\n", title(r.Exercise), t.paint.paint(green, "passed"))
		t.printFollowing(r.Exercise)
		return nil
	case grade.Failing:
		fmt.Fprintf(t.stdout, "%s: %s\n", title(r.Exercise), t.paint.paint(red, "failing"))
		t.printFailures(r.Failures)
		fmt.Fprintf(t.stdout, "\n  read   %s\n", t.page(d.Chapter, r.Exercise))
	default:
		fmt.Fprintf(t.stdout, "%s: %s\n", title(r.Exercise), t.paint.paint(yellow, r.State.String()))
		fmt.Fprintf(t.stdout, "  %s\n\n  read   %s\n", r.Reason, t.page(d.Chapter, r.Exercise))
	}
	t.printTodo(r.Exercise)
	return errFailing
}

// printFailures explains the first failure in full and names the others: the
// first is the one to mend, and often takes others with it.
func (t *tool) printFailures(failures []grade.Failure) {
	t.printFailure(failures[0])
	var others []string
	for _, f := range failures[1:] {
		if name := headline(f); name != headline(failures[0]) && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	for i, name := range others {
		if i == 0 {
			fmt.Fprintln(t.stdout, "\n  also failing:")
		}
		fmt.Fprintf(t.stdout, "    %s\n", name)
	}
}

func (t *tool) printFailure(f grade.Failure) {
	fmt.Fprintln(t.stdout)
	if f.Invariant != "" && !said(f) {
		fmt.Fprintf(t.stdout, "  %s\n", t.paint.paint(bold, f.Invariant))
	}
	if f.Case != "" {
		fmt.Fprintf(t.stdout, "  case %s\n", f.Case)
	}
	for _, m := range f.Messages {
		fmt.Fprintf(t.stdout, "%s\n    %s\n", indent(m.Text, "    "), t.paint.paint(dim, "says "+m.From.String()))
	}
	if f.Printed != "" {
		fmt.Fprintf(t.stdout, "  your code printed:\n%s\n", indent(f.Printed, "    "))
	}
	if f.Crash != nil {
		t.printCrash(f.Crash)
	}
}

// said reports whether a failure's message begins with its invariant.
func said(f grade.Failure) bool {
	number, _, _ := strings.Cut(f.Invariant, " ")
	return len(f.Messages) > 0 && strings.HasPrefix(f.Messages[0].Text, number+": ")
}

// printCrash tells how the test program ended, and the learner's line.
func (t *tool) printCrash(c *grade.Crash) {
	fmt.Fprintf(t.stdout, "    %s\n", c.Reason)
	if c.At.File == "" {
		return
	}
	fmt.Fprintf(t.stdout, "    in %s, %s\n", c.Function, c.At)
	if line := t.line(c.At); line != "" {
		fmt.Fprintf(t.stdout, "      %s\n", line)
	}
}

// line returns a line of a source file, without its indentation.
func (t *tool) line(at book.Position) string {
	text, err := os.ReadFile(t.book.Path(at.File))
	lines := strings.Split(string(text), "\n")
	if err != nil || at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[at.Line-1])
}

// printFollowing names the exercise behind e.
func (t *tool) printFollowing(e *book.Exercise) {
	found := false
	for _, c := range t.book.Chapters {
		for _, x := range c.Exercises {
			if found {
				fmt.Fprintf(t.stdout, "  beside the reference: go run ./scripts/course reveal %s\n  next: %s\n", e.ID, title(x))
				fmt.Fprintf(t.stdout, "  read   %s\n", t.page(c, x))
				t.printTodo(x)
				return
			}
			found = x == e
		}
	}
	fmt.Fprintln(t.stdout, "  that was the last exercise; go run ./scripts/course shows all")
}

// indent returns text with each line that is not empty indented.
func indent(text, by string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = by + l
		}
	}
	return strings.Join(lines, "\n")
}
