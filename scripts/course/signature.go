package main

import (
	"fmt"

	"example.com/logbook/scripts/course/internal/book"
)

// printSignatures names the exercise functions of a desk that does not compile
// whose signatures were changed: the compiler complains where they are called,
// which is often in a file that the learner never touched. Of a desk that does
// not parse nothing is known: what stands behind the error only seems missing.
func (t *tool) printSignatures(c *book.Chapter) {
	if _, err := book.Functions(t.book.Root, c.Desk); err != nil {
		return
	}
	for _, e := range c.Exercises {
		for _, f := range e.Functions {
			switch {
			case f.Desk.File == "":
				fmt.Fprintf(t.stdout, "\n  %s is missing; go run ./scripts/course reset %s brings it back\n", f.Name, e.ID)
			case f.Changed:
				fmt.Fprintf(t.stdout, "\n  %s: another signature than the exercise's\n", f.Desk)
				fmt.Fprintf(t.stdout, "    is        %s\n    expected  %s\n", f.DeskSignature, f.Signature)
			}
		}
	}
}
