package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/tools/txtar"

	"example.com/logbook/scripts/course/internal/stub"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"course": main})
}

// TestScripts runs each transcript in testdata/script on a fresh copy of the
// tiny course.
func TestScripts(t *testing.T) {
	t.Parallel()
	cache := goCache(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": code, "crashlab": crashLab, "replay": replay, "patiently": patiently, "until": until,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("GOCACHE", cache)
			env.Setenv("OUTSIDE", filepath.Dir(env.WorkDir))
			// The first folder is testscript's own; course is there, go is not.
			env.Setenv("WITHOUT_GO", filepath.SplitList(env.Getenv("PATH"))[0])
			env.Setenv("WITH_GO", env.Getenv("PATH"))
			env.Setenv("GOPROXY", "off")
			env.Setenv("GOTOOLCHAIN", "local")
			// Copies in different folders then share what is compiled.
			env.Setenv("GOFLAGS", "-trimpath")
			return tinyCourse(env.WorkDir)
		},
	})
}

// code runs a command that must end with an exit code: code 2 course check.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND...")
	}
	want, got := args[0], "0"
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %s, want %s", got, want)
	}
}

// crashLab copies the crash lab to the tiny course, which most transcripts do
// without: what a chapter's search needs, in the tiny course's module.
func crashLab(ts *testscript.TestScript, _ bool, _ []string) {
	for _, dir := range []string{"final/disk", "final/disk/crash", "chapters/course/crashlab"} {
		names, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
		ts.Check(err)
		ts.Check(os.MkdirAll(ts.MkAbs(dir), 0o777))
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			ts.Check(err)
			text = bytes.ReplaceAll(text, []byte("example.com/logbook/"), []byte("example.com/tiny/"))
			ts.Check(os.WriteFile(ts.MkAbs(filepath.Join(dir, filepath.Base(name))), text, 0o666))
		}
	}
}

// replay does what the last line of the standard output tells to do. It must find
// the violation again.
func replay(ts *testscript.TestScript, neg bool, _ []string) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	args, ok := strings.CutPrefix(strings.TrimSpace(lines[len(lines)-1]), "go run ./scripts/course ")
	if !ok {
		ts.Fatalf("the output does not end with a command")
	}
	code(ts, neg, append([]string{"1", "course"}, strings.Fields(args)...))
}

// until waits for a file.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: until FILE")
	}
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s is not there after a minute", args[0])
}

// patiently runs a command under a time-out and, until its output matches, again
// under longer ones: patiently REGEXP course check 1.2. On a machine that has
// other things to do, a short time-out ends the tests before they come to the
// learner's loop; which is as it should be, and not what a transcript is about.
func patiently(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: patiently REGEXP COMMAND...")
	}
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for _, timeout := range []string{"2s", "8s", "32s", "128s"} {
		// Whether it passes is not asked: the output says so.
		_ = ts.Exec(args[1], slices.Concat(args[2:], []string{"-timeout", timeout})...)
		if want.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("no match for %q", args[0])
}

func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// tinyCourse writes the tiny course into dir, with its desks.
func tinyCourse(dir string) error {
	archive, err := txtar.ParseFile("testdata/tiny.txtar")
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	for _, name := range []string{"course.go", "survey.go", "waiting.go"} {
		text, err := os.ReadFile(filepath.Join("../../chapters/course", name))
		if err != nil {
			return err
		}
		files["chapters/course/"+name] = text
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o666); err != nil {
			return err
		}
	}
	var said strings.Builder
	if code := stub.Run(dir, nil, &said, &said); code != 0 {
		return &os.PathError{Op: "course stubs", Path: dir, Err: errorText(said.String())}
	}
	return nil
}

type errorText string

func (e errorText) Error() string { return string(e) }
