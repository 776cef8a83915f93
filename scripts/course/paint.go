package main

import (
	"os"
	"strings"

	"example.com/logbook/scripts/course/internal/grade"
)

// painter colours text, or does not: its zero value leaves text as it is.
type painter struct{ on bool }

// The colours are those that every terminal has, legible on light and dark.
const (
	green  = "32"
	red    = "31"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

// paint returns text in a colour, or as it is if there is none.
func (p painter) paint(colour, text string) string {
	if !p.on || text == "" || colour == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// colourOf returns the colour of a state, or "" if it has none.
func colourOf(s grade.State) string {
	return map[grade.State]string{grade.Passed: green, grade.Failing: red, grade.Begun: yellow, grade.Waits: yellow}[s]
}

// state returns the name of a state, padded to the longest, in its colour: a
// column of the status.
func (p painter) state(s grade.State) string {
	name := s.String()
	return p.paint(colourOf(s), name) + strings.Repeat(" ", len("not started")-len(name))
}

// colourful reports whether to colour what goes to f: it must be a terminal
// that is not a dumb one, and NO_COLOR must be empty (see no-color.org).
func colourful(f *os.File, getenv func(string) string) bool {
	return isTerminal(f) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// isTerminal reports whether f is a character device, which a pipe and a file
// are not.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
