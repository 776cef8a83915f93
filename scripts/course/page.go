package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
)

// section is a heading of a page and the text below it.
type section struct {
	// line is the heading's, or 0 if the page has none.
	line int
	// text reaches to the next heading, of whatever level.
	text string
}

// page returns where the chapter's page speaks of an exercise: the line of the
// heading that has its id, or the page as a whole.
func (t *tool) page(c *book.Chapter, e *book.Exercise) string {
	s := t.findSection(c, `(.*[^0-9.])?`+regexp.QuoteMeta(e.ID)+`([^0-9.]|\.?$|\. )`)
	if s.line == 0 {
		return c.Page
	}
	return fmt.Sprintf("%s:%d", c.Page, s.line)
}

// section returns the section of the chapter's page with that title.
func (t *tool) section(c *book.Chapter, title string) section {
	return t.findSection(c, regexp.QuoteMeta(title)+`$`)
}

// heading matches every line that is one. In a fenced block a line may look so,
// a comment of the shell for instance; [tool.findSection] passes those over.
var heading = regexp.MustCompile(`^#+ `)

// findSection returns the first section whose heading, behind the marks,
// begins with a match of pattern.
func (t *tool) findSection(c *book.Chapter, pattern string) section {
	text, err := os.ReadFile(t.book.Path(c.Page))
	if err != nil {
		return section{}
	}
	wanted := regexp.MustCompile(`^#+ ` + pattern)
	var s section
	number, fenced := 0, false
	for line := range strings.Lines(string(text)) {
		number++
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "```") {
			fenced = !fenced
		}
		switch {
		case !fenced && s.line > 0 && heading.MatchString(trimmed):
			return s
		case !fenced && s.line == 0 && wanted.MatchString(trimmed):
			s.line = number
		case s.line > 0:
			s.text += line
		}
	}
	return s
}

// command returns the go test command in the section that is about the desk,
// or "" if there is none.
func (s section) command(desk string) string {
	found := regexp.MustCompile("go test \\./" + regexp.QuoteMeta(desk) + "( [^`\n]*)?").FindString(s.text)
	return strings.TrimSpace(found)
}
