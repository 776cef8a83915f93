package house

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Links reports every link of a Markdown page, image or anchor included, that
// leads to no file of the project, to no heading of a page, or to no line of
// a file. Links to other places are not followed: a test must not need them.
func Links(root string) []string {
	return inspect(root, func(page string, text []byte) []string {
		var found []string
		for i, line := range prose(text) {
			for _, target := range targets(line) {
				if err := follow(root, page, target); err != nil {
					found = append(found, breach(page, i+1, "%v", err))
				}
			}
		}
		return found
	}, ".md")
}

var (
	fence      = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	inlineCode = regexp.MustCompile("``[^`].*?``|`[^`]*`")
)

// prose returns the lines of a page with its code emptied: what stands in a
// fence or between backquotes is no link.
func prose(page []byte) []string {
	var lines []string
	open := ""
	for line := range strings.Lines(string(page)) {
		m := fence.FindStringSubmatch(line)
		switch {
		case open == "" && m != nil:
			open, line = m[1], ""
		case open != "":
			if m != nil && strings.HasPrefix(m[1], open) {
				open = ""
			}
			line = ""
		}
		lines = append(lines, inlineCode.ReplaceAllString(line, "`code`"))
	}
	return lines
}

// What a link looks like: [text](target), [name]: target, and in HTML.
var linkForms = []*regexp.Regexp{
	regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`),
	regexp.MustCompile(`^ {0,3}\[[^\]^]+\]:\s+<?([^\s>]+)>?`),
	regexp.MustCompile(`\b(?:src|href|srcset)\s*=\s*"([^"]+)"`),
}

func targets(line string) []string {
	var found []string
	for _, form := range linkForms {
		for _, m := range form.FindAllStringSubmatch(line, -1) {
			found = append(found, m[1])
		}
	}
	return found
}

// follow goes where a link of a page leads.
func follow(root, page, target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	if u.Scheme != "" || u.Host != "" {
		return nil
	}
	file := page
	switch {
	case strings.HasPrefix(u.Path, "/"):
		file = strings.TrimPrefix(path.Clean(u.Path), "/")
	case u.Path != "":
		file = path.Join(path.Dir(page), u.Path)
	}
	if !filepath.IsLocal(filepath.FromSlash(file)) {
		return fmt.Errorf("%s leads out of the project", target)
	}
	name := filepath.Join(root, filepath.FromSlash(file))
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf("%s leads to no file", target)
	}
	if u.Fragment == "" {
		return nil
	}
	if info.IsDir() {
		return fmt.Errorf("%s: a folder has no anchors", target)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !anchored(file, text, u.Fragment) {
		return fmt.Errorf("%s: %s has no such anchor", target, file)
	}
	return nil
}

// lineAnchor is how a host of code names lines: L12, or L12-L20.
var lineAnchor = regexp.MustCompile(`^L(\d+)(?:-L(\d+))?$`)

// anchored reports whether a file has an anchor: a page has one for each
// heading and each id, any other file one for each line.
func anchored(file string, text []byte, fragment string) bool {
	if strings.HasSuffix(file, ".md") {
		return anchors(text)[fragment]
	}
	m := lineAnchor.FindStringSubmatch(fragment)
	if m == nil {
		return false
	}
	last, err := strconv.Atoi(cmp.Or(m[2], m[1]))
	return err == nil && last >= 1 && last <= bytes.Count(text, []byte("\n"))
}

var (
	heading  = regexp.MustCompile(`^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$`)
	named    = regexp.MustCompile(`\b(?:id|name)="([^"]+)"`)
	linkText = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// anchors returns the anchors of a page. Of headings that give the same, the
// second is called name-1, the third name-2.
func anchors(page []byte) map[string]bool {
	found, times := map[string]bool{}, map[string]int{}
	lines := strings.Split(string(page), "\n")
	for i, line := range prose(page) {
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			found[m[1]] = true
		}
		if !heading.MatchString(line) {
			continue
		}
		name := slug(heading.FindStringSubmatch(lines[i])[1])
		if n := times[name]; n > 0 {
			found[fmt.Sprintf("%s-%d", name, n)] = true
		} else {
			found[name] = true
		}
		times[name]++
	}
	return found
}

// slug is what a heading is called in a link: lower case, its letters, digits,
// hyphens and underscores kept, each space a hyphen.
func slug(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(linkText.ReplaceAllString(heading, "$1")) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}
