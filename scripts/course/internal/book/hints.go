package book

import (
	"fmt"
	"strings"
)

// hint is one section of hints.md.
type hint struct {
	id, title string
	line      int
	tiers     []string
}

// parseHints reads the form of hints.md: a heading "## 1.1 title" for each
// exercise, and below it "### 1", "### 2", "### 3", each followed by the text
// of that tier. What stands before the first heading is a preface. Headings
// inside fenced code are text. Errors start with the line's number.
func parseHints(text string) ([]hint, error) {
	var hints []hint
	var body *[]string
	fenced, number := false, 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		number++
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		level, rest, _ := strings.Cut(line, " ")
		switch {
		case !fenced && level == "##":
			id, title, _ := strings.Cut(strings.TrimSpace(rest), " ")
			hints = append(hints, hint{id: id, title: strings.TrimSpace(title), line: number})
			body = &hints[len(hints)-1].tiers
		case !fenced && level == "###" && body != nil:
			if want := fmt.Sprint(len(*body) + 1); strings.TrimSpace(rest) != want {
				return nil, fmt.Errorf("%d: hint %q where hint %s is next", number, strings.TrimSpace(rest), want)
			}
			*body = append(*body, "")
		case body != nil && len(*body) > 0:
			(*body)[len(*body)-1] += line + "\n"
		}
	}
	for _, h := range hints {
		for i := range h.tiers {
			h.tiers[i] = strings.TrimSpace(h.tiers[i])
		}
	}
	return hints, nil
}
