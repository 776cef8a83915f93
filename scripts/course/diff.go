package main

import (
	"fmt"
	"strconv"

	"example.com/logbook/scripts/course/internal/book"
)

// diff lists the declarations that a chapter has and the one before has not,
// or has otherwise.
func (t *tool) diff(args []string) error {
	number, err := strconv.Atoi(args[0])
	if err != nil {
		return usageError(fmt.Sprintf("%q is no chapter; use: go run ./scripts/course diff 2", args[0]))
	}
	c, err := t.findChapter(number)
	if err != nil {
		return err
	}
	changes, before, err := t.book.Changes(c)
	if err != nil {
		return err
	}
	if before == nil {
		fmt.Fprintf(t.stdout, "%s declares\n", c.Folder)
	} else {
		fmt.Fprintf(t.stdout, "%s, against %s, adds (+) and changes (~)\n", c.Folder, before.Folder)
	}
	fmt.Fprintln(t.stdout, "(the lines are the reference's, not those of your desk)")
	file := ""
	for _, d := range changes {
		if d.At.File != file {
			file = d.At.File
			fmt.Fprintf(t.stdout, "\n%s\n", t.paint.paint(bold, file))
		}
		t.printChange(d, before != nil)
	}
	return nil
}

// printChange prints one declaration; marked, if there is a chapter before
// that it could be in.
func (t *tool) printChange(d book.Change, marked bool) {
	mark := " "
	switch {
	case marked && d.Changed:
		mark = "~"
	case marked:
		mark = "+"
	}
	exercise := ""
	if d.ID != "" {
		exercise = "  " + t.paint.paint(yellow, "(exercise "+d.ID+")")
	}
	fmt.Fprintf(t.stdout, "%s%5d  %s%s\n", mark, d.At.Line, d.Text, exercise)
}
