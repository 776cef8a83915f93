package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
)

// printFailures explains the first failure in full and names the others: the
// first is the one to mend, and often takes others with it. It may also hide
// one that says more, so with -all each is explained.
func (t *tool) printFailures(r grade.Result) {
	if t.all {
		for _, f := range r.Failures {
			t.printFailure(f)
		}
		return
	}
	t.printFailure(r.Failures[0])
	var others []string
	for _, f := range r.Failures[1:] {
		if name := headline(f); name != headline(r.Failures[0]) && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	for i, name := range others {
		if i == 0 {
			fmt.Fprintln(t.stdout, "\n  also failing:")
		}
		fmt.Fprintf(t.stdout, "    %s\n", name)
	}
	if more := len(r.Failures) - 1; more > 0 {
		fmt.Fprintf(t.stdout, "\n  %d more to see: go run ./scripts/course check -all %s\n", more, r.Exercise.ID)
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
