package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
)

// next returns the exercise to work on and its desk, or nil twice if all
// passed. It is what status, check and watch go by.
//
// A desk that does not compile comes first. Then comes what was begun or fails;
// else the first that one that is written waits for; else what follows the last one that passed, so that a learner who started in
// the middle goes on there; else the first that did not pass. What is written
// and waits is never next as long as there is what it waits for.
func next(desks []grade.Desk) (*grade.Desk, *grade.Result) {
	if at := slices.IndexFunc(desks, func(d grade.Desk) bool { return len(d.Build) > 0 }); at >= 0 {
		desks = desks[at : at+1]
	}
	type place struct {
		d *grade.Desk
		r *grade.Result
	}
	var all []place
	behind := 0
	for i := range desks {
		for j := range desks[i].Results {
			all = append(all, place{&desks[i], &desks[i].Results[j]})
			if desks[i].Results[j].State == grade.Passed {
				behind = len(all)
			}
		}
	}
	begun := func(p place) bool { return p.r.State == grade.Failing || p.r.State == grade.Begun }
	waits := func(p place) bool { return p.r.State == grade.Waits }
	todo := func(p place) bool { return p.r.State != grade.Passed && !waits(p) }
	wanted := func(p place) bool { return todo(p) && p.r.Exercise != nil && len(waitingFor(p.d, p.r.Exercise)) > 0 }
	for _, try := range []struct {
		from int
		fits func(place) bool
	}{{0, begun}, {0, wanted}, {behind, todo}, {0, todo}, {0, waits}} {
		if at := slices.IndexFunc(all[try.from:], try.fits); at >= 0 {
			p := all[try.from+at]
			return p.d, p.r
		}
	}
	return nil, nil
}

// goOn says what comes after something that passed in c: what the chapter's
// page still holds, if that was the last, and what is next in the book.
func (t *tool) goOn(c *book.Chapter) error {
	desks, err := t.grade(t.book.Chapters, nil)
	if err != nil {
		return err
	}
	for _, d := range desks {
		if _, r := next([]grade.Desk{d}); r == nil && d.Chapter == c {
			t.printEnd(c)
		}
	}
	t.printNext(desks)
	return nil
}

// printNext prints what to do now.
func (t *tool) printNext(desks []grade.Desk) {
	d, r := next(desks)
	switch {
	case r == nil:
		fmt.Fprintln(t.stdout, "every exercise passes")
	case len(d.Build) > 0:
		fmt.Fprintf(t.stdout, "next: make %s compile\n  edit   %s\n", d.Chapter.Desk, d.Build[0])
		t.printSignatures(d.Chapter)
	default:
		fmt.Fprintf(t.stdout, "next: %s, %s%s\n", title(r.Exercise), r.State, waiting(d, r.Exercise))
		fmt.Fprintf(t.stdout, "  read   %s\n", t.page(d.Chapter, r.Exercise))
		t.printTodo(r.Exercise)
	}
}

// waitingFor returns the ids of the exercises of a desk that are written and wait
// for one.
func waitingFor(d *grade.Desk, e *book.Exercise) []string {
	var list []string
	for _, r := range d.Results {
		if r.State == grade.Waits && slices.Contains(waitsFor(r), e.ID) {
			list = append(list, r.Exercise.ID)
		}
	}
	return list
}

// waiting says which exercises of a desk are written and wait for one.
func waiting(d *grade.Desk, e *book.Exercise) string {
	list := waitingFor(d, e)
	switch len(list) {
	case 0:
		return ""
	case 1:
		return "; " + list[0] + " waits for it"
	}
	return "; " + strings.Join(list, ", ") + " wait for it"
}

// used and without match what an exercise waits for: what chapters/course says of
// one that stands on a stub, and its suite of one that cannot be tried alone.
var (
	used    = regexp.MustCompile(`(?: uses|; and) \S+ \(([0-9.]+)\)`)
	without = regexp.MustCompile(`cannot be tried without ([0-9., ]+): `)
)

// waitsFor returns the ids of the exercises that one waits for.
func waitsFor(r grade.Result) []string {
	var list []string
	for _, m := range used.FindAllStringSubmatch(r.Reason, -1) {
		list = append(list, m[1])
	}
	for _, m := range without.FindAllStringSubmatch(r.Reason, -1) {
		list = append(list, strings.Split(m[1], ", ")...)
	}
	return list
}

// printEnd names what a chapter's page holds for those who have solved all of
// its exercises.
func (t *tool) printEnd(c *book.Chapter) {
	crash, check := t.section(c, "Crash it"), t.section(c, "Check yourself")
	if crash.line == 0 && check.line == 0 {
		return
	}
	fmt.Fprintf(t.stdout, "chapter %d is solved; its page goes on:\n", c.Number)
	if crash.line > 0 {
		fmt.Fprintf(t.stdout, "  Crash it        %s:%d\n", c.Page, crash.line)
		if command := crash.command(c.Desk); command != "" {
			fmt.Fprintf(t.stdout, "                  %s\n", command)
		}
	}
	if check.line > 0 {
		fmt.Fprintf(t.stdout, "  Check yourself  %s:%d\n", c.Page, check.line)
	}
	fmt.Fprintln(t.stdout)
}
