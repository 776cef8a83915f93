package stub

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"example.com/logbook/scripts/course/internal/book"
)

const usage = `usage: course stubs [-check | -force]

Writes chapters/NN-name/exercise, the learner's desk, from the reference.
A file that holds work is never overwritten: then nothing is written. No work
is in the stub of the reference, or of the reference in git's HEAD, or in a
file that is as it is in HEAD and whose exercises are all stubs.

  -check   write nothing; name the files that differ from their stub
  -force   overwrite work too

Exit code 0: the desks are as they should be. 1: they differ, or hold work. 2: wrong use.
`

// Run is the command course stubs on the project at root. It returns the exit
// code, as its usage states.
func Run(root string, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("stubs", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	check := flags.Bool("check", false, "")
	force := flags.Bool("force", false, "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 0 || *check && *force {
		if err == nil {
			flags.Usage()
		}
		return 2
	}
	b, err := book.Open(root)
	if err == nil && *check {
		err = report(b, stdout)
	} else if err == nil {
		err = write(b, *force, stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "course: %v\n", err)
		return 1
	}
	return 0
}

// report prints what [Check] finds, a line each.
func report(b *book.Book, stdout io.Writer) error {
	var problems []string
	for _, c := range b.Chapters {
		found, err := Check(b, c)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	for _, p := range problems {
		fmt.Fprintln(stdout, p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("files on the desk that are not the reference's stubs: %d; go run ./scripts/course stubs", len(problems))
	}
	return nil
}

// Check says what on the desk of a chapter is not as [Files] makes it: one
// line for each file that differs, is missing, or is not generated.
func Check(b *book.Book, c *book.Chapter) ([]string, error) {
	files, err := Files(b, c)
	if err != nil {
		return nil, err
	}
	names, err := deskNames(b, c)
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(files))))) {
		file := path.Join(c.Desk, name)
		switch {
		case same(b.Path(file), files[name]):
		case files[name] == nil:
			problems = append(problems, file+": not generated from the reference")
		case !slices.Contains(names, name):
			problems = append(problems, file+": missing")
		default:
			problems = append(problems, file+": not the stub of the reference")
		}
	}
	return problems, nil
}

// change is what write is about to do to one file. A nil text removes it.
type change struct {
	file string
	text []byte
}

// write brings every desk to the state that [Files] describes. All desks are
// looked at before the first file is written, so that work on one of them
// leaves all as they are.
func write(b *book.Book, force bool, stdout io.Writer) error {
	var changes []change
	var work []error
	for _, c := range b.Chapters {
		more, err := changesOf(b, c, force)
		if more == nil && err != nil {
			return err
		}
		changes, work = append(changes, more...), append(work, err)
	}
	if err := errors.Join(work...); err != nil {
		return fmt.Errorf("%w\nnothing was written; reset an exercise to drop your work, or use -force", err)
	}
	for _, ch := range changes {
		if err := ch.apply(b); err != nil {
			return err
		}
		fmt.Fprintln(stdout, ch.file)
	}
	return nil
}

// changesOf returns what has to be done on one desk, never nil, and an error
// for each file that holds work. A file of an unknown name is the learner's:
// it stays, unless it is a stub whose reference is gone.
func changesOf(b *book.Book, c *book.Chapter, force bool) ([]change, error) {
	files, err := Files(b, c)
	if err != nil {
		return nil, err
	}
	names, err := deskNames(b, c)
	if err != nil {
		return nil, err
	}
	head := sync.OnceValue(func() map[string][][]byte { return headFiles(b, c, names) })
	safe := func(name string) bool {
		return slices.ContainsFunc(head()[name], func(text []byte) bool { return same(b.Path(path.Join(c.Desk, name)), text) })
	}
	changes := []change{}
	var work []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := path.Join(c.Desk, name)
		switch {
		case same(b.Path(file), files[name]):
		case force || !slices.Contains(names, name) || safe(name):
			changes = append(changes, change{file, files[name]})
		default:
			work = append(work, fmt.Errorf("%s: holds work", file))
		}
	}
	for _, name := range names {
		if files[name] == nil && safe(name) {
			changes = append(changes, change{path.Join(c.Desk, name), nil})
		}
	}
	return changes, errors.Join(work...)
}

func (ch change) apply(b *book.Book) error {
	if ch.text == nil {
		return os.Remove(b.Path(ch.file))
	}
	if err := os.MkdirAll(filepath.Dir(b.Path(ch.file)), 0o777); err != nil {
		return err
	}
	return os.WriteFile(b.Path(ch.file), ch.text, 0o666)
}

// headFiles returns, for each name, what of git's HEAD holds no work: the stub
// of the reference there, and the desk's file there if its exercises are all
// stubs. What cannot be had, because there is no git or no such file, is left
// out, and then counts as work.
func headFiles(b *book.Book, c *book.Chapter, names []string) map[string][][]byte {
	files := map[string][][]byte{}
	for _, name := range names {
		if src, err := fromHead(b, path.Join(c.Folder, name)); err == nil {
			if out, err := deskFile(b, c, name, src); err == nil {
				files[name] = append(files[name], out)
			}
		}
		if src, err := fromHead(b, path.Join(c.Desk, name)); err == nil && allStubs(b, c, name, src) {
			files[name] = append(files[name], src)
		}
	}
	return files
}

// fromHead returns a file as it is in git's HEAD.
func fromHead(b *book.Book, name string) ([]byte, error) {
	return exec.Command("git", "-C", b.Root, "show", "HEAD:./"+name).Output()
}

// allStubs reports whether making stubs of a desk's file changes nothing.
func allStubs(b *book.Book, c *book.Chapter, name string, src []byte) bool {
	out, err := File(b.Path(path.Join(c.Desk, name)), src, CoursePath(b))
	return err == nil && string(out) == string(src)
}
