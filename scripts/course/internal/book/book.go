// Package book is the model of the book: where the project lies, which
// chapters it has, and which exercises, functions, hints and mutants belong
// to each.
//
// Nothing is listed by hand. A chapter is a folder chapters/NN-name; an
// exercise is the set of its functions whose doc comment holds
//
//	//course:exercise 1.3
//
// and its title and hints are the chapter's hints.md. [Open] reads all of it
// from the sources, so that the model cannot disagree with them.
//
// The reference is expected to parse, and [Open] fails when it does not. The
// learner's desk, the exercise folder, may be in any state: what is found in
// it is reported, what is not is left empty.
package book

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrNoProject says that neither the folder nor one above it is the root of
// the project. The caller must be told to change into the project.
var ErrNoProject = errors.New("not inside the project: no folder from here upward has go.mod and chapters")

// Book is the project as [Open] found it. All paths in it and below are
// relative to Root and separated by slashes.
type Book struct {
	// Root is the absolute path of the folder that holds go.mod.
	Root string
	// Module is the module path that go.mod states.
	Module string
	// Chapters are in the order of their numbers.
	Chapters []*Chapter
}

// Find returns the root of the project that dir lies in: the nearest folder,
// from dir upward, with a go.mod and a folder chapters. If there is none, the
// error wraps [ErrNoProject].
func Find(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	for at := abs; ; at = filepath.Dir(at) {
		if isFile(filepath.Join(at, "go.mod")) && isDir(filepath.Join(at, "chapters")) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s: %w", abs, ErrNoProject)
		}
	}
}

// Open reads the book whose project's root is root, as [Find] returns it.
func Open(root string) (*Book, error) {
	b := &Book{Root: root}
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	if b.Module, err = modulePath(gomod); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(root, "go.mod"), err)
	}
	folders, err := os.ReadDir(filepath.Join(root, "chapters"))
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		c, ok := newChapter(b, f)
		if !ok {
			continue
		}
		if err := c.read(); err != nil {
			return nil, err
		}
		b.Chapters = append(b.Chapters, c)
	}
	slices.SortFunc(b.Chapters, func(x, y *Chapter) int { return x.Number - y.Number })
	return b, nil
}

// Path returns the absolute path of rel, a path of this model.
func (b *Book) Path(rel string) string {
	return filepath.Join(b.Root, filepath.FromSlash(rel))
}

// ImportPath returns the import path of the package in the folder rel.
func (b *Book) ImportPath(rel string) string { return path.Join(b.Module, rel) }

// Chapter returns the chapter with that number, or nil.
func (b *Book) Chapter(number int) *Chapter {
	for _, c := range b.Chapters {
		if c.Number == number {
			return c
		}
	}
	return nil
}

// Exercise returns the exercise with that id and its chapter, or nil twice.
func (b *Book) Exercise(id string) (*Chapter, *Exercise) {
	for _, c := range b.Chapters {
		for _, e := range c.Exercises {
			if e.ID == id {
				return c, e
			}
		}
	}
	return nil, nil
}

var chapterFolder = regexp.MustCompile(`^([0-9]{2})-([a-z][a-z0-9]*)$`)

// newChapter returns the chapter that the folder f is, unread, and whether it
// is one: chapters/course, for instance, is not.
func newChapter(b *Book, f fs.DirEntry) (*Chapter, bool) {
	m := chapterFolder.FindStringSubmatch(f.Name())
	if m == nil || !f.IsDir() {
		return nil, false
	}
	number, err := strconv.Atoi(m[1])
	if err != nil {
		return nil, false
	}
	folder := path.Join("chapters", f.Name())
	return &Chapter{
		book:         b,
		Number:       number,
		Name:         m[2],
		Folder:       folder,
		Page:         path.Join("docs", f.Name()+".md"),
		Hints:        path.Join(folder, "hints.md"),
		Suite:        path.Join(folder, m[2]+"test"),
		Desk:         path.Join(folder, "exercise"),
		MutantFolder: path.Join(folder, "testdata", "mutants"),
	}, true
}

// modulePath returns what the module directive of a go.mod file states.
func modulePath(gomod []byte) (string, error) {
	for line := range strings.Lines(string(gomod)) {
		line, _, _ = strings.Cut(line, "//")
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[0] != "module" {
			continue
		}
		if name, err := strconv.Unquote(fields[1]); err == nil {
			return name, nil
		}
		return fields[1], nil
	}
	return "", errors.New("no module directive")
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
