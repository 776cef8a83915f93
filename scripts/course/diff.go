package main

import (
	"fmt"
	"path"
	"strconv"
	"strings"

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
	file := ""
	for _, d := range changes {
		if d.At.File != file {
			file = d.At.File
			fmt.Fprintf(t.stdout, "\n%s\n", t.paint.paint(bold, path.Base(file)))
		}
		mark := "+"
		if d.Changed {
			mark = "~"
		}
		if before == nil {
			mark = " "
		}
		line := fmt.Sprintf("%s%5d  %s", mark, d.At.Line, d.Text)
		if d.ID != "" {
			line += "  " + t.paint.paint(yellow, exerciseMark(d))
		}
		fmt.Fprintln(t.stdout, strings.TrimRight(line, " "))
	}
	return nil
}

func exerciseMark(d book.Change) string { return "(exercise " + d.ID + ")" }
