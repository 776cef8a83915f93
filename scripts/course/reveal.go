package main

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/edit"
	"example.com/logbook/scripts/course/internal/grade"
)

// reveal shows the reference of an exercise beside the learner's functions.
func (t *tool) reveal(args []string) error {
	c, e, err := t.findExercise(args[0])
	if err != nil {
		return err
	}
	if !t.spoil {
		desks, err := t.grade([]*book.Chapter{c}, e)
		if err != nil {
			return err
		}
		if state := desks[0].Results[0].State; state != grade.Passed {
			fmt.Fprintf(t.stdout, "%s: %s\nthe reference is shown once yours passes, or with -spoil\n", title(e), t.paint.paint(colourOf(state), state.String()))
			return errFailing
		}
	}
	for i, f := range e.Functions {
		if i > 0 {
			fmt.Fprintln(t.stdout)
		}
		reference, err := t.function(f.Reference, f.Name)
		if err != nil {
			return err
		}
		yours := "(" + f.Name + " is not on your desk)"
		if f.Desk.File != "" {
			if yours, err = t.function(f.Desk, f.Name); err != nil {
				return err
			}
		}
		t.beside("yours  "+deskPosition(f), yours, "reference  "+f.Reference.String(), reference)
	}
	return nil
}

func deskPosition(f book.Function) string {
	if f.Desk.File == "" {
		return ""
	}
	return f.Desk.String()
}

// function returns the text of a function, without its doc comment.
func (t *tool) function(at book.Position, name string) (string, error) {
	src, err := os.ReadFile(t.book.Path(at.File))
	if err != nil {
		return "", err
	}
	span, ok := edit.Find(src, name)
	if !ok {
		return "", fmt.Errorf("%s: %s is not where it was", at, name)
	}
	return string(src[span.Func:span.End]), nil
}

// gap stands between two columns.
const gap = " │ "

// beside prints two texts side by side if the terminal is wide enough for
// every line of both, and else one after the other.
func (t *tool) beside(leftTitle, left, rightTitle, right string) {
	l := append([]string{strings.TrimSpace(leftTitle)}, expand(left)...)
	r := append([]string{rightTitle}, expand(right)...)
	width := widest(l)
	if width+utf8.RuneCountInString(gap)+widest(r) > t.width {
		fmt.Fprintf(t.stdout, "%s\n%s\n\n%s\n%s\n", t.paint.paint(bold, l[0]), left, t.paint.paint(bold, r[0]), right)
		return
	}
	for i := range max(len(l), len(r)) {
		var a, b string
		if i < len(l) {
			a = l[i]
		}
		if i < len(r) {
			b = r[i]
		}
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(a))
		if i == 0 {
			a, b = t.paint.paint(bold, a), t.paint.paint(bold, b)
		}
		fmt.Fprintln(t.stdout, strings.TrimRight(a+pad+gap+b, " "))
	}
}

// expand returns the lines of text with four spaces for each tab.
func expand(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\t", "    "), "\n")
}

func widest(lines []string) int {
	width := 0
	for _, l := range lines {
		width = max(width, utf8.RuneCountInString(l))
	}
	return width
}
