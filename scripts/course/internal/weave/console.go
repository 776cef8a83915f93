package weave

import (
	"fmt"
	"regexp"
	"strings"
)

// session is what the console blocks of one page say: commands and the output
// that the page shows for each.
type session struct {
	page     string
	lines    []string
	commands []*command
	// script and files are the testscript: the page's script comments, with a
	// line "console N" where the page has its Nth command.
	script, files strings.Builder
}

// command is one "$ command" of a page.
type command struct {
	words []string
	// at is the command's line, and want the lines of its output: all counted
	// from 0.
	at, want, end int
	indent        string
	// got is the output when it was run.
	got []string
	ran bool
}

// scriptComment is the first line of a comment that holds testscript lines.
var scriptComment = regexp.MustCompile(`^<!-- script( |$)`)

// parseSession returns the session of a page, and the places where a console
// block cannot be understood.
func parseSession(page, text string) (*session, []place) {
	s := &session{page: page, lines: strings.Split(text, "\n")}
	var wrong []place
	for at := 0; at < len(s.lines); {
		end := pastFence(s.lines, at)
		line := strings.TrimSpace(s.lines[at])
		switch {
		case scriptComment.MatchString(line):
			end = s.addScript(at)
		case isFence(line) && strings.Trim(line, "` ") == "console":
			wrong = append(wrong, s.addBlock(at, end-1)...)
		}
		at = end
	}
	return s, wrong
}

// addScript takes the lines of the comment that begins in line at, in the form
// of a txtar archive, and returns the line behind it.
func (s *session) addScript(at int) int {
	end := at
	for end < len(s.lines) && !strings.Contains(s.lines[end], "-->") {
		end++
	}
	end = min(end+1, len(s.lines))
	text := strings.Join(s.lines[at:end], "\n")
	text = strings.TrimPrefix(strings.TrimSpace(text), "<!-- script")
	text, _, _ = strings.Cut(text, "-->")
	script, files, found := strings.Cut("\n"+strings.TrimSpace(text)+"\n", "\n-- ")
	fmt.Fprintln(&s.script, script)
	if found {
		s.files.WriteString("-- " + files)
	}
	return end
}

// addBlock takes the commands between the fences in the lines at and end.
func (s *session) addBlock(at, end int) []place {
	var wrong []place
	var last *command
	indent, _, _ := strings.Cut(s.lines[at], "`")
	for i := at + 1; i < end; i++ {
		text, isCommand := strings.CutPrefix(strings.TrimSpace(s.lines[i]), "$ ")
		if !isCommand {
			if last == nil {
				wrong = append(wrong, place{s.page, i + 1, "a console block begins with a line $ command"})
				break
			}
			last.end = i + 1
			continue
		}
		words, err := splitWords(text)
		if err != nil {
			wrong = append(wrong, place{s.page, i + 1, err.Error()})
		}
		last = &command{words: words, at: i, want: i + 1, end: i + 1, indent: indent}
		fmt.Fprintf(&s.script, "console %d\n", len(s.commands))
		s.commands = append(s.commands, last)
	}
	return wrong
}

// splitWords splits a command into words. Quotes keep spaces together; what a
// shell would act on is refused, as there is no shell.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	inside := false
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case strings.ContainsRune("|<>&;*`$", r):
			return nil, fmt.Errorf("a console command may not contain %q: there is no shell", r)
		case r != ' ':
			word.WriteRune(r)
			inside = true
		case inside:
			words, inside = append(words, word.String()), false
			word.Reset()
		}
	}
	if inside {
		words = append(words, word.String())
	}
	if quote != 0 || len(words) == 0 {
		return nil, fmt.Errorf("not a command: %q", text)
	}
	return words, nil
}

// expected returns the output that the page shows for a command.
func (s *session) expected(c *command) []string { return s.lines[c.want:c.end] }

// stale returns the places where the page shows something else than a command
// printed, or a command that was not run.
func (s *session) stale() []place {
	var found []place
	for _, c := range s.commands {
		if c.ran && matches(normalized(s.expected(c)), normalized(c.got)) {
			continue
		}
		what := "not run: $ " + strings.Join(c.words, " ")
		if c.ran {
			what = "stale: $ " + strings.Join(c.words, " ") + " (-page +command)" +
				prefixed("\n- ", s.expected(c)) + prefixed("\n+ ", c.got)
		}
		found = append(found, place{s.page, c.at + 1, what})
	}
	return found
}

// text returns the page with the output of the commands in it. What matches,
// by means of a "..." for instance, stays as the author wrote it.
func (s *session) text() string {
	var out []string
	at := 0
	for _, c := range s.commands {
		if !c.ran || matches(normalized(s.expected(c)), normalized(c.got)) {
			continue
		}
		out = append(append(out, s.lines[at:c.want]...), indented(c.got, c.indent)...)
		at = c.end
	}
	return strings.Join(append(out, s.lines[at:]...), "\n")
}

// matches reports whether got is what want says, where a line "..." stands for
// any number of lines, also none.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for skip := range len(got) + 1 {
			if matches(want[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && want[0] == got[0] && matches(want[1:], got[1:])
}

// unsteady matches what differs from run to run.
var unsteady = regexp.MustCompile(`\b[0-9]+(\.[0-9]+)?(ns|µs|ms|s)\b|\(cached\)`)

// normalized returns the lines as they are compared: without the indentation of
// a list around the page's block, and without times.
func normalized(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = unsteady.ReplaceAllString(strings.TrimSpace(l), "TIME")
	}
	return out
}

func prefixed(prefix string, lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(prefix + l)
	}
	return b.String()
}
