package weave

import (
	"fmt"
	"regexp"
	"strings"
)

// A place is a line of a file and what is wrong there.
type place struct {
	file string
	line int // counted from 1
	what string
}

func (p place) String() string { return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.what) }

// woven is a file after weaving.
type woven struct {
	// text is the file with everything generated that could be.
	text string
	// stale are the places where text differs from the file.
	stale []place
	// wrong are the places that cannot be generated. They keep their text.
	wrong []place
}

// span is the half-open range of lines, counted from 0, that a directive
// fills. The fence around them, if there is one, has the indentation indent
// and ends in front of end.
type span struct {
	from, to, end int
	indent        string
}

var directiveLine = regexp.MustCompile(`^\s*<!-- (weave|ruler|table) +(.*?) *-->\s*$`)

// page weaves the text of one page. All of it is looked at, whatever is wrong:
// an author mends ten places at once rather than one ten times. A directive is
// seen only outside of fences, as [pastFence] steps over those.
func (w *weaver) page(name, text string) woven {
	lines := strings.Split(text, "\n")
	var out []string
	var done woven
	for at := 0; at < len(lines); {
		m := directiveLine.FindStringSubmatch(lines[at])
		if m == nil {
			end := pastFence(lines, at)
			out = append(out, lines[at:end]...)
			at = end
			continue
		}
		target, err := targetOf(lines, at+1, m[1])
		var fresh []string
		if err == nil {
			fresh, err = w.generate(name, m[1], m[2])
		}
		if err != nil {
			done.wrong = append(done.wrong, place{name, at + 1, err.Error()})
			out, at = append(out, lines[at]), at+1
			continue
		}
		fresh = indented(fresh, target.indent)
		if strings.Join(fresh, "\n") != strings.Join(lines[target.from:target.to], "\n") {
			done.stale = append(done.stale, place{name, at + 1, "stale: " + m[1] + " " + m[2]})
		}
		out = append(append(out, lines[at:target.from]...), fresh...)
		out = append(out, lines[target.to:target.end]...)
		at = target.end
	}
	done.text = strings.Join(out, "\n")
	return done
}

// targetOf returns what the directive of that kind, which stands in front of
// lines[at], fills: the inside of a fence, or a table. Blank lines may lie
// between. A table must end with a blank line: what follows would otherwise
// become its last row, when a page is shown.
func targetOf(lines []string, at int, kind string) (span, error) {
	for at < len(lines) && strings.TrimSpace(lines[at]) == "" {
		at++
	}
	if kind == "table" {
		to := at
		for to < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[to]), "|") {
			to++
		}
		if to == at {
			return span{}, fmt.Errorf("no table below the directive: begin one with |")
		}
		if to < len(lines) && strings.TrimSpace(lines[to]) != "" {
			return span{}, fmt.Errorf("no blank line behind the table: line %d", to+1)
		}
		return span{at, to, to, ""}, nil
	}
	if at == len(lines) || !isFence(lines[at]) {
		return span{}, fmt.Errorf("no fenced block below the directive")
	}
	end := pastFence(lines, at)
	if end == at+1 || !isFence(lines[end-1]) {
		return span{}, fmt.Errorf("the fenced block of line %d does not end", at+1)
	}
	indent, _, _ := strings.Cut(lines[at], "`")
	return span{at + 1, end - 1, end, indent}, nil
}

func isFence(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "```") }

// pastFence returns the line behind lines[at], or, if that opens a fence, the
// line behind the one that closes it: a line of nothing but backticks, at least
// as many. A fence that is never closed reaches to the end, as in CommonMark.
func pastFence(lines []string, at int) int {
	if !isFence(lines[at]) {
		return at + 1
	}
	text := strings.TrimSpace(lines[at])
	ticks := text[:len(text)-len(strings.TrimLeft(text, "`"))]
	for end := at + 1; end < len(lines); end++ {
		if text := strings.TrimSpace(lines[end]); strings.HasPrefix(text, ticks) && strings.Trim(text, "`") == "" {
			return end + 1
		}
	}
	return len(lines)
}

// indented returns the lines with indent in front of all that are not empty.
func indented(lines []string, indent string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		if l != "" {
			l = indent + l
		}
		out[i] = l
	}
	return out
}
