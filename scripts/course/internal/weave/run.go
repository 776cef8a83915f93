package weave

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"example.com/logbook/scripts/course/internal/book"
)

const usage = `usage: course weave [-check]

Fills README.md and docs/*.md with the code, the tables and the command output
that they name, and the doc comments of chapters and final with their rulers.
See go doc ./scripts/course/internal/weave for the directives.

  -check   write nothing; name the lines that are stale

Exit code 0: all is woven. 1: something is stale or cannot be woven. 2: wrong use.
`

// Run is the command course weave on the project at root. It returns the exit
// code, as its usage states.
func Run(root string, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("weave", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	check := flags.Bool("check", false, "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || flags.NArg() > 0 {
		if err == nil {
			flags.Usage()
		}
		return 2
	}
	save := writer(root, stdout)
	if *check {
		save = nil
	}
	problems, err := weaveAll(root, save)
	for _, p := range problems {
		fmt.Fprintln(stdout, p)
	}
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("places that are not woven: %d", len(problems))
	}
	if err != nil {
		fmt.Fprintf(stderr, "course: %v\n", err)
		return 1
	}
	return 0
}

// Check returns a line, file:line: and what is wrong, for each place in the
// project at root that is stale or cannot be woven. It writes nothing. The
// lines of a command's output follow the line that it belongs to.
func Check(root string) ([]string, error) {
	found, err := weaveAll(root, nil)
	return lines(found), err
}

// saver keeps the new text of a file. Before is the text that it has.
type saver func(name, before, after string) error

// writer returns a saver that writes and names the files that have changed.
func writer(root string, stdout io.Writer) saver {
	return func(name, before, after string) error {
		if before == after {
			return nil
		}
		fmt.Fprintln(stdout, name)
		return os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(after), 0o666)
	}
}

// weaveAll weaves everything, and returns the places that cannot be woven. If
// save is nil nothing is kept, and what is stale is returned too.
func weaveAll(root string, save saver) ([]place, error) {
	b, err := book.Open(root)
	if err != nil {
		return nil, err
	}
	names, err := all(b)
	if err != nil {
		return nil, err
	}
	found, sessions, err := texts(b, names, save)
	if err != nil {
		return nil, err
	}
	if insideConsole() {
		return found, nil
	}
	err = runAll(b, sessions)
	for _, s := range sessions {
		if save == nil {
			found = append(found, s.stale()...)
		} else {
			err = errors.Join(err, save(s.page, strings.Join(s.lines, "\n"), s.text()))
		}
	}
	return found, err
}

// texts does what needs no command to be run, and returns the sessions that
// the pages ask for.
func texts(b *book.Book, names []string, save saver) (found []place, sessions []*session, err error) {
	w := newWeaver(b)
	for _, name := range names {
		text, after, err := w.file(name)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, after.wrong...)
		if save == nil {
			found = append(found, after.stale...)
		} else if err := save(name, text, after.text); err != nil {
			return nil, nil, err
		} else {
			text = after.text
		}
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		s, wrong := parseSession(name, text)
		found = append(found, wrong...)
		if len(s.commands) > 0 && len(wrong) == 0 {
			sessions = append(sessions, s)
		}
	}
	return found, sessions, nil
}

// all returns the names of all files that are woven, in the order in which
// they must be: pages quote the Go files, with their rulers, and count their
// lines.
func all(b *book.Book) ([]string, error) {
	goFiles, err := commented(b)
	if err != nil {
		return nil, err
	}
	markdown, err := pages(b)
	return append(goFiles, markdown...), err
}

// runAll runs the sessions, as many at once as there are processors. Each has a
// copy of the project to itself, so their order does not matter.
func runAll(b *book.Book, sessions []*session) error {
	if insideConsole() {
		return nil
	}
	errs := make([]error, len(sessions))
	free := make(chan struct{}, runtime.NumCPU())
	var running sync.WaitGroup
	for i, s := range sessions {
		running.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			errs[i] = s.run(b)
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

func lines(found []place) []string {
	var out []string
	for _, p := range found {
		out = append(out, p.String())
	}
	return out
}
