package weave

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/logbook/final/layout"
	"example.com/logbook/scripts/course/internal/book"
)

// weaver generates what directives ask for. It reads each package once.
type weaver struct {
	book     *book.Book
	packages map[string]*goPackage
}

func newWeaver(b *book.Book) *weaver {
	return &weaver{book: b, packages: map[string]*goPackage{}}
}

// pages returns the names of all pages, relative to the root.
func pages(b *book.Book) ([]string, error) {
	return glob(b, "README.md", "docs/*.md")
}

// commented returns the names of the Go files whose comments hold rulers. The
// desks are not among them: they are made from the reference.
func commented(b *book.Book) ([]string, error) {
	return glob(b, "chapters/*/*.go", "final/wal/*.go", "final/snap/*.go")
}

// glob returns the names, relative to the root, that match one of the patterns.
func glob(b *book.Book, patterns ...string) ([]string, error) {
	var names []string
	for _, p := range patterns {
		found, err := filepath.Glob(b.Path(p))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			rel, err := filepath.Rel(b.Root, f)
			if err != nil {
				return nil, err
			}
			names = append(names, filepath.ToSlash(rel))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// file weaves the page or Go file of that name.
func (w *weaver) file(name string) (before string, after woven, err error) {
	text, err := os.ReadFile(w.book.Path(name))
	if err != nil {
		return "", woven{}, err
	}
	if strings.HasSuffix(name, ".go") {
		return string(text), rulers(name, string(text)), nil
	}
	return string(text), w.page(name, string(text)), nil
}

// generate returns the lines that a directive on the page asks for.
func (w *weaver) generate(page, kind, args string) ([]string, error) {
	var text string
	var err error
	switch kind {
	case "weave":
		text, err = w.snippet(args)
	case "ruler":
		if text = layout.Ruler(args); text == "" {
			err = fmt.Errorf("no layout is called %q", args)
		}
	case "table":
		text, err = w.table(page, args)
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimRight(text, "\n"), "\n"), nil
}
