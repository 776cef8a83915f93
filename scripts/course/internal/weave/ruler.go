package weave

import (
	"regexp"
	"strings"

	"example.com/logbook/final/layout"
)

// rulerHead is the first line of a code block in a comment that may be a
// ruler's: it is one if a layout has that name.
var rulerHead = regexp.MustCompile(`^//\t([a-z]+):$`)

// rulers weaves the comments of one Go file. The block ends where its lines
// stop being indented.
func rulers(name, text string) woven {
	lines := strings.Split(text, "\n")
	var out []string
	var done woven
	for at := 0; at < len(lines); {
		picture := rulerAt(lines, at)
		if picture == nil {
			out, at = append(out, lines[at]), at+1
			continue
		}
		end := at
		for end < len(lines) && strings.HasPrefix(lines[end], "//\t") {
			end++
		}
		if strings.Join(picture, "\n") != strings.Join(lines[at:end], "\n") {
			done.stale = append(done.stale, place{name, at + 1, "stale: ruler " + strings.TrimPrefix(lines[at], "//\t")})
		}
		out, at = append(out, picture...), end
	}
	done.text = strings.Join(out, "\n")
	return done
}

// rulerAt returns the lines of the ruler that begins with lines[at], or nil.
func rulerAt(lines []string, at int) []string {
	m := rulerHead.FindStringSubmatch(lines[at])
	if m == nil || at > 0 && strings.HasPrefix(lines[at-1], "//\t") {
		return nil
	}
	picture := layout.Ruler(m[1])
	if picture == "" {
		return nil
	}
	return indented(strings.Split(strings.TrimRight(picture, "\n"), "\n"), "//\t")
}
