package main

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// proseWidth is how wide prose becomes on a terminal that has room for more.
const proseWidth = 80

// verbatim matches a line of Markdown that must stay a line of its own: a
// heading, a row of a table, a quotation, code that is indented.
var verbatim = regexp.MustCompile(`^(#|\||>|\t|    )`)

// item matches what stands before the text of an item of a list.
var item = regexp.MustCompile(`^ *([-*+]|[0-9]+[.)]) +`)

// wrap fills the paragraphs and list items of a text in Markdown to width
// columns. Code is left as it is, `inline code` is kept on one line, and no
// line ends in a blank.
func wrap(text string, width int) string {
	var out, paragraph []string
	fenced := false
	flush := func() {
		out = append(out, fill(paragraph, width)...)
		paragraph = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence || fenced || line == "" || len(paragraph) == 0 && verbatim.MatchString(line):
			flush()
			out = append(out, line)
		case item.MatchString(line):
			flush()
			paragraph = []string{line}
		default:
			paragraph = append(paragraph, line)
		}
		fenced = fenced != fence
	}
	flush()
	return strings.Join(out, "\n")
}

// fill returns the lines of one paragraph, filled to width columns. Behind the
// first line of an item they are indented to its text.
func fill(lines []string, width int) []string {
	if len(lines) == 0 {
		return nil
	}
	mark := item.FindString(lines[0])
	indent := strings.Repeat(" ", len(mark))
	out := []string{mark}
	empty := true
	for _, word := range words(strings.TrimPrefix(strings.Join(lines, "\n"), mark)) {
		last := out[len(out)-1]
		switch {
		case empty:
			out[len(out)-1] = last + word
		case utf8.RuneCountInString(last)+1+utf8.RuneCountInString(word) <= width:
			out[len(out)-1] = last + " " + word
		default:
			out = append(out, indent+word)
		}
		empty = false
	}
	return out
}

// words splits text at its blanks, but for those between two backquotes.
func words(text string) []string {
	var found []string
	open := false
	for _, field := range strings.Fields(text) {
		if open {
			found[len(found)-1] += " " + field
		} else {
			found = append(found, field)
		}
		open = open != (strings.Count(field, "`")%2 == 1)
	}
	return found
}
