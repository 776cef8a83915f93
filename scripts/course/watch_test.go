package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is an output that a test can wait on.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func newScreen() *screen { return &screen{more: make(chan struct{}, 1000)} }

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	select {
	case s.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

// longest is how long a test waits for what must come: for ever, but for the
// go command's own time-out, which would not tell what was on the screen.
const longest = 5 * time.Minute

// await returns all that was shown up to the line that contains text, and
// forgets it.
func (s *screen) await(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(longest)
	for {
		s.mu.Lock()
		shown := s.text.String()
		if at := strings.Index(shown, text); at >= 0 {
			end := at + len(text)
			s.text.Reset()
			s.text.WriteString(shown[end:])
			s.mu.Unlock()
			return shown[:end]
		}
		s.mu.Unlock()
		select {
		case <-s.more:
		case <-deadline:
			t.Fatalf("not shown within %v: %q; on the screen:\n%s", longest, text, shown)
		}
	}
}

// save puts a file in place at once: a machine that stops this test in the
// middle of a write must not make one save into two.
func save(t *testing.T, name, text string) {
	t.Helper()
	whole := filepath.Join(t.TempDir(), "whole")
	if err := os.WriteFile(whole, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(whole, name); err != nil {
		t.Fatal(err)
	}
}

// Every save grades again, whether the code compiles or not; an interrupt ends
// it with exit code 0.
func TestWatch(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := tinyCourse(root); err != nil {
		t.Fatal(err)
	}
	desk := filepath.Join(root, "chapters/01-one/exercise")
	save := func(name, text string) { t.Helper(); save(t, filepath.Join(desk, name), text) }
	solution, err := os.ReadFile(filepath.Join(root, "chapters/01-one/one.go"))
	if err != nil {
		t.Fatal(err)
	}

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out := newScreen()
	tl := &tool{ctx: ctx, stdout: out, stderr: out, width: 80}
	code := make(chan int)
	go func() { code <- tl.run(root, []string{"watch"}) }()

	const waiting = "waiting for a save"
	want := func(shown string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if !strings.Contains(shown, text) {
				t.Errorf("not shown: %q; on the screen:\n%s", text, shown)
			}
		}
	}
	want(out.await(t, waiting), "01 one", "1.1 double a number: not started")

	save("one.go", "package one\n\nfunc Double(n int) int {")
	want(out.await(t, waiting), "saved: chapters/01-one/exercise/one.go", "does not compile", "one.go:3:25: syntax error")

	save("one.go", strings.Replace(string(solution), "2 * n", "3 * n", 1))
	want(out.await(t, waiting), "1.1 double a number: failing", "Double(1) = 3", "one.go:7  Double")

	// A new file is seen, too; and a chapter that passes is told as such.
	save("one.go", string(solution))
	out.await(t, waiting)
	save("helper.go", "package one\n")
	want(out.await(t, waiting), "saved: chapters/01-one/exercise/helper.go", "2 of 2 passed", "Check yourself  docs/01-one.md:", "next: 2.1 greet")

	interrupt()
	if got := <-code; got != exitDone {
		t.Errorf("exit code %d after an interrupt, want %d", got, exitDone)
	}
	out.await(t, "no longer watching")
}

// An interrupt, as the terminal sends it, ends watch and nothing else. Not
// parallel: the signal goes to all of this process.
func TestWatchInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot interrupt itself on Windows")
	}
	root := t.TempDir()
	if err := tinyCourse(root); err != nil {
		t.Fatal(err)
	}
	out := newScreen()
	tl := &tool{ctx: t.Context(), stdout: out, stderr: out, width: 80}
	code := make(chan int)
	go func() { code <- tl.run(root, []string{"watch", "2.1"}) }()
	out.await(t, "waiting for a save")
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != exitDone {
		t.Errorf("exit code %d after an interrupt, want %d", got, exitDone)
	}
}

// With an exercise, watch stays with it, and its lines are those of the file
// as it was saved.
func TestWatchOne(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := tinyCourse(root); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out := newScreen()
	tl := &tool{ctx: ctx, stdout: out, stderr: out, width: 80}
	code := make(chan int)
	go func() { code <- tl.run(root, []string{"watch", "1.1"}) }()
	out.await(t, "one.go:9  Double")
	out.await(t, "waiting for a save")

	desk := filepath.Join(root, "chapters/01-one/exercise/one.go")
	text, err := os.ReadFile(desk)
	if err != nil {
		t.Fatal(err)
	}
	save(t, desk, "// A line more.\n"+string(text))
	if shown := out.await(t, "one.go:10  Double"); strings.Contains(shown, "1.2") {
		t.Errorf("another exercise is shown:\n%s", shown)
	}
	interrupt()
	<-code
}

func TestWatchWrongUse(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := tinyCourse(root); err != nil {
		t.Fatal(err)
	}
	out := newScreen()
	tl := &tool{ctx: t.Context(), stdout: out, stderr: out, width: 80}
	if got := tl.run(root, []string{"watch", "7.7"}); got != exitUsage {
		t.Errorf("watch 7.7: exit code %d, want %d", got, exitUsage)
	}
	out.await(t, `course: unknown exercise "7.7"`)
}
