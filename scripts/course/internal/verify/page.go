package verify

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"example.com/logbook/scripts/course/internal/book"
)

// The shape of every page: these headings in this order, and the text, with
// headings of its own, between the two groups.
var (
	headingsBefore = []string{"By the end of this chapter", "You will edit", "Invariants", "Predict"}
	headingsAfter  = []string{"Exercises", "Crash it", "What this chapter does not do yet", "Check yourself",
		"In production", "What changed", "Reading"}
)

// What a page's text must have.
const (
	leastWords, mostWords = 1800, 3000
	leastFigures          = 3
	// etcdTag is the tag that links into etcd's source name: a branch moves.
	etcdTag = "v3.7.3"
)

// page is a chapter's page, cut at its headings of the second level.
type page struct {
	name     string
	sections []section
}

// section is a heading and the lines below it. Fenced is set for the lines of
// fenced blocks, which are not prose.
type section struct {
	title  string
	line   int // of the heading, counted from 1
	lines  []string
	fenced []bool
}

// readPage reads the page of a chapter. What stands above the first heading is
// a section without a title.
func readPage(b *book.Book, c *book.Chapter) (*page, error) {
	text, err := os.ReadFile(b.Path(c.Page))
	if err != nil {
		return nil, err
	}
	p := &page{name: c.Page, sections: []section{{}}}
	fenced := false
	for i, line := range strings.Split(string(text), "\n") {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		if title, ok := strings.CutPrefix(line, "## "); ok && !fenced {
			p.sections = append(p.sections, section{title: strings.TrimSpace(title), line: i + 1})
			continue
		}
		s := &p.sections[len(p.sections)-1]
		s.lines, s.fenced = append(s.lines, line), append(s.fenced, fenced || fence)
		fenced = fenced != fence
	}
	return p, nil
}

// section returns the section with that title, or an empty one.
func (p *page) section(title string) section {
	for _, s := range p.sections {
		if s.title == title {
			return s
		}
	}
	return section{}
}

// prose yields the lines outside of fences, and their numbers.
func (s section) prose(yield func(int, string) bool) {
	for i, l := range s.lines {
		if !s.fenced[i] && !yield(s.line+1+i, l) {
			return
		}
	}
}

// shape returns what is wrong with the headings.
func (p *page) shape() []string {
	var problems []string
	required := slices.Concat(headingsBefore, headingsAfter)
	last, from, to := -1, -1, len(p.sections)
	for _, title := range required {
		at := slices.IndexFunc(p.sections, func(s section) bool { return s.title == title })
		switch {
		case at < 0:
			problems = append(problems, p.name+": no heading ## "+title)
			continue
		case at < last:
			problems = append(problems, fmt.Sprintf("%s:%d: ## %s stands behind ## %s", p.name, p.sections[last].line, p.sections[last].title, title))
		}
		last = max(last, at)
		if title == headingsBefore[len(headingsBefore)-1] {
			from = at
		}
		if title == headingsAfter[0] {
			to = at
		}
	}
	for i, s := range p.sections {
		if s.title != "" && !slices.Contains(required, s.title) && (i < from || i > to) {
			problems = append(problems, fmt.Sprintf("%s:%d: ## %s: only the text has headings of its own", p.name, s.line, s.title))
		}
	}
	return problems
}

// text returns the sections between the two groups of headings.
func (p *page) text() []section {
	from := slices.IndexFunc(p.sections, func(s section) bool { return s.title == headingsBefore[len(headingsBefore)-1] })
	to := slices.IndexFunc(p.sections, func(s section) bool { return s.title == headingsAfter[0] })
	if from < 0 || to < from {
		return nil
	}
	return p.sections[from+1 : to]
}

// length returns what is wrong with the number of words in the text. Code,
// tables, pictures and comments are not read as words.
func (p *page) length() []string {
	words := 0
	for _, s := range p.text() {
		for _, line := range s.prose {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "|") || strings.HasPrefix(line, "![") || strings.HasPrefix(line, "<") {
				continue
			}
			for _, word := range strings.Fields(line) {
				if strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
					words++
				}
			}
		}
	}
	if words < leastWords || words > mostWords {
		return []string{fmt.Sprintf("%s: the text has %d words, not %d to %d", p.name, words, leastWords, mostWords)}
	}
	return nil
}

var picture = regexp.MustCompile(`!\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)

// figures returns which pictures are missing, and whether there are too few.
func (p *page) figures(b *book.Book) []string {
	var problems, found []string
	for _, s := range p.sections {
		for line, text := range s.prose {
			for _, m := range picture.FindAllStringSubmatch(text, -1) {
				file := path.Join(path.Dir(p.name), m[1]+m[2])
				if _, err := os.Stat(b.Path(file)); err != nil {
					problems = append(problems, fmt.Sprintf("%s:%d: there is no %s", p.name, line, file))
				} else if !slices.Contains(found, file) {
					found = append(found, file)
				}
			}
		}
	}
	if len(found) < leastFigures {
		problems = append(problems, fmt.Sprintf("%s: figures: %d, want at least %d", p.name, len(found), leastFigures))
	}
	return problems
}

var etcdSource = regexp.MustCompile(`https?://(?:www\.)?(?:github\.com/etcd-io/etcd/(?:blob|tree|raw|blame)|raw\.githubusercontent\.com/etcd-io/etcd(?:/refs/tags|/refs/heads)?)/([^/)\s#]+)`)

// links returns the links into etcd's source that do not name the tag, and
// whether the comparison with etcd has none that does.
func (p *page) links() []string {
	var problems []string
	const compared = "In production"
	there := false
	for _, s := range p.sections {
		for line, text := range s.prose {
			for _, m := range etcdSource.FindAllStringSubmatch(text, -1) {
				there = there || s.title == compared && m[1] == etcdTag
				if m[1] != etcdTag {
					problems = append(problems, fmt.Sprintf("%s:%d: links to etcd at %s, not at %s", p.name, line, m[1], etcdTag))
				}
			}
		}
	}
	if !there {
		problems = append(problems, p.name+": ## "+compared+" has no link into etcd's source at "+etcdTag)
	}
	return problems
}
