package verify

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/weave"
)

const usage = `usage: course verify [chapter...]

Proves that every exercise of the chapters, of all if none is named, can be
solved and that its tests fail for what is wrong. A chapter is named by its
number or its folder: 1, or 01-records. Prints a score for each:

  01-records: 6 exercises, 14 of 14 mutants killed

and a line for everything that is wrong, not just the first.

Exit code 0: all is proven. 1: something is wrong. 2: wrong use.
`

// Run is the command course verify on the project at root. It returns the exit
// code, as its usage states.
func Run(root string, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	b, err := book.Open(root)
	if err != nil {
		fmt.Fprintf(stderr, "course: %v\n", err)
		return 1
	}
	chapters, err := choose(b, flags.Args())
	if err != nil {
		fmt.Fprintf(stderr, "course: %v\n", err)
		return 2
	}
	problems, err := verify(b, chapters, stdout, newProgress(stderr))
	if err != nil {
		problems = append(problems, err.Error())
	}
	for _, p := range problems {
		fmt.Fprintln(stdout, p)
	}
	if len(problems) > 0 {
		fmt.Fprintf(stderr, "course: not proven: %d problems\n", len(problems))
		return 1
	}
	return 0
}

// choose returns the chapters that args name, or all.
func choose(b *book.Book, args []string) ([]*book.Chapter, error) {
	if len(args) == 0 {
		return b.Chapters, nil
	}
	var chosen []*book.Chapter
	for _, arg := range args {
		found := len(chosen)
		for _, c := range b.Chapters {
			if arg == path.Base(c.Folder) || arg == strconv.Itoa(c.Number) {
				chosen = append(chosen, c)
			}
		}
		if found == len(chosen) {
			return nil, fmt.Errorf("no chapter %q: name it by number or folder", arg)
		}
	}
	return chosen, nil
}

// verify prints the score of each chapter and returns all that is wrong.
func verify(b *book.Book, chapters []*book.Chapter, stdout io.Writer, p *progress) ([]string, error) {
	dir, err := os.MkdirTemp("", "verify")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var problems []string
	for _, c := range chapters {
		r, err := prove(b, c, dir, p)
		if err != nil {
			return problems, fmt.Errorf("%s: %w", c.Folder, err)
		}
		fmt.Fprintf(stdout, "%s: %d exercises, %d of %d mutants killed\n",
			path.Base(c.Folder), len(c.Exercises), r.killed, r.mutants)
		problems = append(problems, r.problems...)
	}
	p.show("pages")
	stale, err := weave.Check(b.Root)
	p.clear()
	missing, errIDs := missingIDs(b.Root)
	return slices.Concat(problems, stale, missing), errors.Join(err, errIDs)
}

// progress says on a terminal what is being proven.
type progress struct{ w io.Writer }

// newProgress returns a progress that is silent unless w is a terminal.
func newProgress(w io.Writer) *progress {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{w}
		}
	}
	return &progress{io.Discard}
}

func (p *progress) show(what string) { fmt.Fprintf(p.w, "\r\x1b[K%s", what) }
func (p *progress) clear()           { p.show("") }
