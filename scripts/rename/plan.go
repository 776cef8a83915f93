package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A change is what will be written to one file.
type change struct {
	file  string // relative to the root
	mode  fs.FileMode
	text  []byte
	count int // mentions of the old path
}

// plan returns the changes that rename the module at root, and changes nothing.
func plan(root, old, path string) ([]change, error) {
	m := newMentions(old, path)
	var changes []change
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() || entry.Name() == ".git" {
			return nil
		}
		c, err := m.file(name)
		if err != nil || c.count == 0 {
			return err
		}
		c.file, err = filepath.Rel(root, name)
		changes = append(changes, c)
		return err
	})
	return changes, err
}

// mentions knows how the old path is written in a text, and what replaces it.
type mentions struct {
	old, path string
	forms     []form
}

// A form is one way of writing a path: as it is, or quoted for a regular
// expression, once or within a string.
type form struct {
	find    *regexp.Regexp
	replace string
}

func newMentions(old, path string) *mentions {
	m := &mentions{old: old, path: path}
	seen := map[string]bool{}
	once := func(s string) string { return s }
	twice := func(s string) string { return strings.ReplaceAll(regexp.QuoteMeta(s), `\`, `\\`) }
	for _, quote := range []func(string) string{once, regexp.QuoteMeta, twice} {
		if seen[quote(old)] {
			continue
		}
		seen[quote(old)] = true
		// A path ends where its last element does: what follows is no part of
		// a word. It begins where its host does: what is before is no part of
		// a longer host. Before it a slash may stand, as in an address.
		m.forms = append(m.forms, form{
			find:    regexp.MustCompile(`(^|[^\pL\pN_.@~-])` + regexp.QuoteMeta(quote(old)) + `($|[^\pL\pN_~-])`),
			replace: quote(path),
		})
	}
	return m
}

// file returns the change to one file; its count is 0 when there is none. A
// file that holds a zero byte is no text.
func (m *mentions) file(name string) (change, error) {
	text, err := os.ReadFile(name)
	if err != nil || bytes.IndexByte(text, 0) >= 0 {
		return change{}, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return change{}, err
	}
	c := change{mode: info.Mode().Perm(), text: text}
	if strings.HasSuffix(name, ".go") {
		c.text, c.count, err = m.source(text)
	} else {
		c.text, c.count = m.prose(text)
	}
	if err != nil {
		return change{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// prose replaces every mention in a text.
func (m *mentions) prose(text []byte) ([]byte, int) {
	count := 0
	for _, f := range m.forms {
		var out []byte
		for {
			at := f.find.FindSubmatchIndex(text)
			if at == nil {
				break
			}
			// From the end of group 1 to the start of group 2; what follows a
			// mention may be what stands before the next.
			out = append(append(out, text[:at[3]]...), f.replace...)
			text = text[at[4]:]
			count++
		}
		text = append(out, text...)
	}
	return text, count
}

// source replaces every mention in a Go file: its imports where the parser
// finds them, the rest as prose. Another path sorts in another place, so a
// file that gofmt had sorted is sorted again. A file that does not parse, as
// some test data does not, is prose.
func (m *mentions) source(text []byte) ([]byte, int, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.ImportsOnly)
	if err != nil {
		text, count := m.prose(text)
		return text, count, nil
	}
	var out []byte
	done, count := 0, 0
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, 0, err
		}
		rest, ok := strings.CutPrefix(importPath, m.old)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		begin, end := fset.Position(spec.Path.Pos()).Offset, fset.Position(spec.Path.End()).Offset
		before, n := m.prose(text[done:begin])
		out = strconv.AppendQuote(append(out, before...), m.path+rest)
		done, count = end, count+n+1
	}
	after, n := m.prose(text[done:])
	out, count = append(out, after...), count+n
	if sorted, err := format.Source(text); count == 0 || err != nil || !bytes.Equal(sorted, text) {
		return out, count, nil
	}
	out, err = format.Source(out)
	return out, count, err
}
