package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/logbook/scripts/course/internal/book"
)

// timeout is how long the tests of one desk may take. A mutant that hangs is
// killed by it.
const timeout = 20 * time.Second

// bench compiles and runs desks of one chapter.
type bench struct {
	book    *book.Book
	chapter *book.Chapter
	// dir is a temporary folder; each desk gets one in it.
	dir string
}

// outcome is what became of the tests on a desk.
type outcome struct {
	// broken is why there are no tests: what the compiler said. If it is set
	// there is nothing else.
	broken string
	// ok is set if the tests' process ended without an error.
	ok bool
	// tests are the results, PASS, FAIL or SKIP, by the tests' full names. A
	// test that panics has none.
	tests map[string]string
	// output is all that was printed.
	output string
}

// overlay lays a desk out in a folder called name and returns the file that go
// commands take as -overlay. Every path in it is absolute, since the go command
// ignores relative ones silently when it runs in another folder. A file on the
// real desk that is not of this one is hidden, by an empty replacement, so that
// a learner's work changes no proof.
func (w *bench) overlay(name string, d desk) (string, error) {
	real := w.book.Path(w.chapter.Desk)
	dir := filepath.Join(w.dir, name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	replace := map[string]string{}
	hidden, err := filepath.Glob(filepath.Join(real, "*.go"))
	if err != nil {
		return "", err
	}
	for _, file := range hidden {
		replace[file] = ""
	}
	for file, text := range d {
		replace[filepath.Join(real, file)] = filepath.Join(dir, file)
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o666); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o666)
}

// vet returns what go vet says about a desk, or "".
func (w *bench) vet(name string, d desk) (string, error) {
	overlay, err := w.overlay(name, d)
	if err != nil {
		return "", err
	}
	return w.goCommand("vet", "-overlay", overlay, "./"+w.chapter.Desk)
}

// test compiles the tests of a desk and runs them: all, or those of one
// exercise if only is its id. It compiles and runs in two steps, so that a desk
// that does not compile is never taken for tests that fail.
func (w *bench) test(name string, d desk, only string) (outcome, error) {
	overlay, err := w.overlay(name, d)
	if err != nil {
		return outcome{}, err
	}
	binary := filepath.Join(w.dir, name, "test.exe")
	// Nobody debugs these binaries, and without symbols they link faster.
	said, err := w.goCommand("test", "-c", "-overlay", overlay, "-ldflags=-s -w", "-o", binary, "./"+w.chapter.Desk)
	if err != nil || said != "" {
		// The compiler names the files that it really read.
		said = strings.ReplaceAll(said, filepath.Join(w.dir, name)+string(filepath.Separator), w.chapter.Desk+"/")
		return outcome{broken: said}, err
	}
	defer os.Remove(binary)
	return w.run(binary, only)
}

// goCommand runs the go command at the root. If it fails, what it printed is
// returned, or the command's error if it printed nothing.
func (w *bench) goCommand(args ...string) (said string, err error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = w.book.Root
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(out) > 0 {
		return strings.TrimSpace(string(out)), nil
	}
	return "", err
}

// limited runs its arguments with 4 GiB of address space, where a shell can set
// such a limit. A mutant that asks for whatever a damaged length says shall be
// stopped by that, and not by the machine's having no memory left.
const limited = `ulimit -v 4194304 2>/dev/null; exec "$0" "$@"`

// run runs a compiled test in the folder of the desk, as go test would.
func (w *bench) run(binary, only string) (outcome, error) {
	args := []string{"-test.v", "-test.timeout=" + timeout.String()}
	if only != "" {
		args = append(args, "-test.run=^"+w.chapter.TestName()+"$/^"+regexp.QuoteMeta(only)+"$")
	}
	// The process kills itself at the timeout; the context is for one that
	// cannot even do that.
	ctx, cancel := context.WithTimeout(context.Background(), timeout+10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	if sh, err := exec.LookPath("sh"); err == nil {
		cmd = exec.CommandContext(ctx, sh, append([]string{"-c", limited, binary}, args...)...)
	}
	cmd.Dir = w.book.Path(w.chapter.Desk)
	if _, err := os.Stat(cmd.Dir); err != nil {
		cmd.Dir = filepath.Dir(binary)
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return outcome{}, fmt.Errorf("run the tests: %w", err)
	}
	return outcome{ok: err == nil, tests: results(string(out)), output: string(out)}, nil
}

var resultLine = regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): (\S+) \(`)

// results reads the results out of what a test printed with -test.v.
func results(output string) map[string]string {
	tests := map[string]string{}
	for _, m := range resultLine.FindAllStringSubmatch(output, -1) {
		tests[m[2]] = m[1]
	}
	return tests
}

// under returns the names of the tests of an exercise: its own, and those of
// its subtests. Sorted.
func (o outcome) under(c *book.Chapter, id string) []string {
	own := c.TestName() + "/" + id
	var names []string
	for name := range o.tests {
		if name == own || strings.HasPrefix(name, own+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// seen reports whether the tests saw that something is wrong in the exercise
// that was run: one of its tests failed, or the process was brought down by a
// panic, a fatal error, or the timeout. As nothing but that exercise was run,
// whatever brought the process down belongs to it.
func (o outcome) seen(c *book.Chapter, id string) bool {
	if o.ok {
		return false
	}
	for _, name := range o.under(c, id) {
		if o.tests[name] == "FAIL" {
			return true
		}
	}
	return strings.Contains(o.output, "panic: ") || strings.Contains(o.output, "fatal error: ")
}
