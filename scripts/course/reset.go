package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/edit"
	"example.com/logbook/scripts/course/internal/stub"
)

// savedFolder is where reset keeps what it overwrites, on each desk. The go
// command ignores folders that begin with a dot.
const savedFolder = ".saved"

// reset puts the stubs of an exercise back on the desk.
func (t *tool) reset(args []string) error {
	c, e, err := t.findExercise(args[0])
	if err != nil {
		return err
	}
	var names []string
	functions := map[string][]book.Function{}
	for _, f := range e.Functions {
		file := f.Desk.File
		if file == "" {
			file = path.Join(c.Desk, path.Base(f.Reference.File))
		}
		if functions[file] == nil {
			names = append(names, file)
		}
		functions[file] = append(functions[file], f)
	}
	changed := false
	for _, name := range names {
		done, err := t.resetFile(c, name, functions[name])
		if err != nil {
			return err
		}
		changed = changed || done
	}
	if !changed {
		fmt.Fprintf(t.stdout, "%s is a stub already\n", title(e))
		return nil
	}
	fmt.Fprintf(t.stdout, "%s is to be written again\n", title(e))
	t.printFunctions(e.ID)
	return t.printAdditions(c)
}

// printAdditions names what the learner has declared beside the exercises:
// helpers stay when their exercise goes.
func (t *tool) printAdditions(c *book.Chapter) error {
	own, err := t.book.Additions(c)
	if err != nil || len(own) == 0 {
		return err
	}
	fmt.Fprintln(t.stdout, "what else you declared is left as it is:")
	for _, d := range own {
		fmt.Fprintf(t.stdout, "  %s  %s\n", d.At, d.Text)
	}
	return nil
}

// printFunctions prints where an exercise's functions are now.
func (t *tool) printFunctions(id string) {
	b, err := book.Open(t.book.Root)
	if err != nil {
		return
	}
	_, e := b.Exercise(id)
	for _, f := range e.Functions {
		if f.Desk.File != "" {
			fmt.Fprintf(t.stdout, "  edit   %s  %s\n", f.Desk, f.Name)
		}
	}
}

// resetFile puts the stubs of functions, all of one reference file or moved
// there by the learner, into one file of the desk. A file that is missing
// comes back with all its stubs. It reports whether anything changed.
func (t *tool) resetFile(c *book.Chapter, file string, functions []book.Function) (bool, error) {
	was, err := os.ReadFile(t.book.Path(file))
	missing := os.IsNotExist(err)
	if err != nil && !missing {
		return false, err
	}
	now := was
	for _, f := range functions {
		stubs, err := t.stubs(f)
		if err != nil {
			return false, err
		}
		if missing {
			now = stubs
		} else {
			now = edit.Replace(now, stubs, []string{f.Name})
		}
	}
	if string(now) == string(was) {
		return false, nil
	}
	if !missing {
		// The copy is there before the text is gone.
		saved, err := t.save(c, path.Base(file), was)
		if err != nil {
			return false, err
		}
		fmt.Fprintf(t.stdout, "%s as it was is kept in %s\n", file, saved)
	}
	if err := os.WriteFile(t.book.Path(file), now, 0o666); err != nil {
		return false, err
	}
	if _, err := parser.ParseFile(token.NewFileSet(), file, now, parser.SkipObjectResolution); err != nil {
		fmt.Fprintf(t.stdout, "elsewhere it still does not parse: %v\n", err)
	}
	return true, nil
}

// stubs returns the reference's file that declares f, as stubs.
func (t *tool) stubs(f book.Function) ([]byte, error) {
	name := t.book.Path(f.Reference.File)
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return stub.File(name, src, stub.CoursePath(t.book))
}

// save keeps a copy of text and returns its name. Copies are numbered and
// never overwritten; their folder hides itself from git.
func (t *tool) save(c *book.Chapter, name string, text []byte) (string, error) {
	folder := path.Join(c.Desk, savedFolder)
	if err := os.MkdirAll(t.book.Path(folder), 0o777); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(t.book.Path(folder), ".gitignore"), []byte("*\n"), 0o666); err != nil {
		return "", err
	}
	for number := 1; ; number++ {
		saved := path.Join(folder, name+"."+strconv.Itoa(number))
		f, err := os.OpenFile(t.book.Path(saved), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(text)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		return saved, err
	}
}
