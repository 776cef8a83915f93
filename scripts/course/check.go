package main

import (
	"fmt"
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
	desks, err := t.grade([]*book.Chapter{c}, e)
	if err != nil {
		return err
	}
	if e != nil {
		return t.explain(desks[0], desks[0].Results[0])
	}
	return t.explainDesk(desks[0])
}

// explainDesk shows a chapter, explains the exercise in it to work on, and goes
// on behind it if there is none.
func (t *tool) explainDesk(d grade.Desk) error {
	t.printDesk(d)
	if _, r := next([]grade.Desk{d}); r != nil {
		return t.explain(d, *r)
	}
	return t.goOn(d.Chapter)
}

// explain says where one exercise stands, why, and what to do.
func (t *tool) explain(d grade.Desk, r grade.Result) error {
	if len(d.Build) > 0 {
		fmt.Fprintf(t.stdout, "%s: %s\n\n", title(r.Exercise), t.paint.paint(red, "the desk does not compile"))
		for _, line := range d.Build {
			fmt.Fprintf(t.stdout, "  %s\n", line)
		}
		t.printSignatures(d.Chapter)
		return errFailing
	}
	switch r.State {
	case grade.Passed:
		fmt.Fprintf(t.stdout, "%s: %s\n", title(r.Exercise), t.paint.paint(green, "passed"))
		fmt.Fprintf(t.stdout, "  beside the reference: go run ./scripts/course reveal %s\n\n", r.Exercise.ID)
		return t.goOn(d.Chapter)
	case grade.Failing:
		fmt.Fprintf(t.stdout, "%s: %s\n", title(r.Exercise), t.paint.paint(red, "failing"))
		t.printFailures(r)
		fmt.Fprintf(t.stdout, "\n  read   %s\n", t.page(d.Chapter, r.Exercise))
	default:
		fmt.Fprintf(t.stdout, "%s: %s\n", title(r.Exercise), t.paint.paint(yellow, r.State.String()))
		fmt.Fprintf(t.stdout, "  %s\n\n", r.Reason)
		if e := t.first(waitsFor(r)); r.State == grade.Waits && e != nil {
			fmt.Fprintf(t.stdout, "first: %s\n", title(e))
			r.Exercise = e
		}
		fmt.Fprintf(t.stdout, "  read   %s\n", t.page(d.Chapter, r.Exercise))
	}
	t.printTodo(r.Exercise)
	return errFailing
}

// first returns the one of these exercises to begin with: the first in the book
// that is not written yet, or else the first; or nil if there is none.
func (t *tool) first(ids []string) (first *book.Exercise) {
	for _, c := range t.book.Chapters {
		for _, e := range c.Exercises {
			switch {
			case !slices.Contains(ids, e.ID):
			case slices.ContainsFunc(e.Functions, func(f book.Function) bool { return f.Stub }):
				return e
			case first == nil:
				first = e
			}
		}
	}
	return first
}
