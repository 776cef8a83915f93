package weave

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/stub"
)

// insideVar is set in the environment of console commands, so that a command
// which weaves or tests the pages does not run their console blocks again.
const insideVar = "LOGBOOK_CONSOLE"

func insideConsole() bool { return os.Getenv(insideVar) != "" }

// params writes the session's script to dir and returns what runs it. Each
// command's output is noted in the session; comparing it is the caller's.
func (s *session) params(b *book.Book, dir string) (testscript.Params, error) {
	name := strings.ReplaceAll(strings.TrimSuffix(s.page, ".md"), "/", "-") + ".txtar"
	file := filepath.Join(dir, name)
	text := "# " + s.page + "\n" + s.script.String() + s.files.String()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		return testscript.Params{}, err
	}
	return testscript.Params{
		Files: []string{file},
		Setup: func(env *testscript.Env) error { return setUp(b, env) },
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"console": s.console},
	}, nil
}

// console runs the command whose number is the argument. That a command fails
// is not an error here: a page may show how it does.
func (s *session) console(ts *testscript.TestScript, neg bool, args []string) {
	number, err := strconv.Atoi(strings.Join(args, " "))
	if err != nil || neg || number >= len(s.commands) {
		ts.Fatalf("console is for the weaver's own use")
	}
	c := s.commands[number]
	var exit *exec.ExitError
	if err := ts.Exec(c.words[0], c.words[1:]...); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%s:%d: %v", s.page, c.at+1, err)
	}
	out := strings.ReplaceAll(ts.ReadFile("stdout")+ts.ReadFile("stderr"), ts.Getenv("WORK"), "~/logbook")
	c.got, c.ran = nil, true
	for line := range strings.Lines(strings.TrimRight(out, " \t\n")) {
		c.got = append(c.got, strings.TrimRight(line, " \t\r\n"))
	}
}

// goEnv is the caller's Go, which a script must have in its bare environment.
var goEnv = sync.OnceValues(func() ([]string, error) {
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOTOOLCHAIN", "GOROOT"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	values := strings.Split(string(out), "\n")
	for i := range names {
		names[i] += "=" + values[i]
	}
	return names, nil
})

// setUp makes the work directory of a script a copy of the project.
func setUp(b *book.Book, env *testscript.Env) error {
	vars, err := goEnv()
	if err != nil {
		return err
	}
	env.Vars = append(env.Vars, vars...)
	env.Setenv("GOTRACEBACK", "single")
	env.Setenv("NO_COLOR", "1")
	env.Setenv(insideVar, "1")
	// The copy has another path each time. Without -trimpath the path is part
	// of what the build cache looks up, and nothing would ever be found there.
	env.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -trimpath"))
	return stage(b, env.WorkDir)
}

// stage copies the project to dir, with all desks as they are before a learner
// touches them: what a page shows must not depend on how far its reader is, and
// a command on a page may write to a desk. Hidden files and folders are left
// out. A file that exists in dir already, because the script brought it, stays,
// so that a page can show what the tool says to a wrong solution.
func stage(b *book.Book, dir string) error {
	for _, c := range b.Chapters {
		files, err := stub.Files(b, c)
		if err != nil {
			return err
		}
		for name, text := range files {
			if err := lay(filepath.Join(dir, filepath.FromSlash(path.Join(c.Desk, name))), text); err != nil {
				return err
			}
		}
	}
	return filepath.WalkDir(b.Root, func(file string, d os.DirEntry, err error) error {
		rel, relErr := filepath.Rel(b.Root, file)
		switch {
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case d.IsDir() && (isDesk(b, rel) || rel != "." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return lay(filepath.Join(dir, rel), text)
	})
}

func isDesk(b *book.Book, rel string) bool {
	for _, c := range b.Chapters {
		if c.Desk == filepath.ToSlash(rel) {
			return true
		}
	}
	return false
}

// lay writes a file unless it exists.
func lay(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if os.IsExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// run runs the session outside of a Go test. An error holds the script's log.
func (s *session) run(b *book.Book) error {
	dir, err := os.MkdirTemp("", "weave")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	params, err := s.params(b, dir)
	if err != nil {
		return err
	}
	t := &scriptT{}
	t.Run("", func(t testscript.T) { testscript.RunT(t, params) })
	if t.failed {
		return fmt.Errorf("%s: the page's script fails:\n%s", s.page, strings.TrimSpace(t.log.String()))
	}
	return nil
}

// scriptT is a [testscript.T] without a Go test around it. It is used by one
// goroutine at a time: Run waits for what it starts.
type scriptT struct {
	log    strings.Builder
	failed bool
}

// Run runs f in a goroutine of its own, which FailNow can end.
func (t *scriptT) Run(_ string, f func(testscript.T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(t)
	}()
	<-done
}

func (t *scriptT) Log(args ...any)   { fmt.Fprintln(&t.log, args...) }
func (t *scriptT) Fatal(args ...any) { t.Log(args...); t.FailNow() }
func (t *scriptT) FailNow()          { t.failed = true; runtime.Goexit() }
func (t *scriptT) Skip(...any)       { runtime.Goexit() }
func (t *scriptT) Parallel()         {}
func (t *scriptT) Verbose() bool     { return false }
