// Package lab runs the crash search of one chapter, on the desk or on the
// reference: it is the other end of [crashlab.Search].
package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"example.com/logbook/chapters/course/crashlab"
	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
)

// Result is how a search went, beside what its messages tell.
type Result struct {
	// Build is what the compiler said, or empty if the package compiles.
	Build []string

	// Messages is how many there were. Without any, and not Failed, the
	// chapter has no search.
	Messages int

	// Failed says that the test failed, or was taken down or interrupted.
	Failed bool

	// Printed is what the program printed beside its messages: from the
	// runtime's reason on, if it was taken down.
	Printed []string
}

// Run searches the package in a folder of b, as o says, and calls each with
// every message. When ctx is done, the search is interrupted: it says how far it
// came, if it can within a few seconds, and the error is that of ctx. Any other
// error wraps [grade.ErrGo]; whatever the code on the desk does is in the result.
func Run(ctx context.Context, b *book.Book, folder string, o crashlab.Order, each func(crashlab.Message)) (Result, error) {
	order, err := json.Marshal(o)
	if err != nil {
		return Result{}, err
	}
	// A search takes as long as it was told to: no timeout, and never a result
	// that the go command has kept.
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-timeout=0", "-run=^"+crashlab.TestName+"$", "./"+folder)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(), crashlab.Variable+"="+string(order))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	interruptible(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return Result{}, err
	}
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("%w: %w", grade.ErrGo, err)
	}
	r := reader{path: b.ImportPath(folder), each: each}
	err = r.read(out)
	_ = cmd.Wait() // a test that fails is a result; what went wrong else is seen below
	switch {
	case ctx.Err() != nil:
		return r.result, ctx.Err()
	case err == nil && r.ended:
		return r.result, nil
	case complaint.Len() > 0:
		err = errors.New(strings.TrimSpace(complaint.String()))
	case err == nil:
		err = errors.New("no result for " + folder)
	}
	return Result{}, fmt.Errorf("%w: %w", grade.ErrGo, err)
}

// event is one line of go test -json.
type event struct {
	Action, Package, Output, FailedBuild string
}

// reader makes messages and a result of the go command's output.
type reader struct {
	path   string
	each   func(crashlab.Message)
	result Result
	ended  bool
	// line is the beginning of a line: long ones come in pieces.
	line strings.Builder
	// build is what the compiler has said so far.
	build []string
}

func (r *reader) read(out io.Reader) error {
	for events := json.NewDecoder(out); ; {
		var e event
		if err := events.Decode(&e); err == io.EOF {
			return nil
		} else if err != nil {
			_, _ = io.Copy(io.Discard, out) // or the go command would wait
			return err
		}
		r.add(e)
	}
}

func (r *reader) add(e event) {
	if e.Action == "build-output" && !strings.HasPrefix(e.Output, "# ") {
		r.build = append(r.build, strings.TrimRight(e.Output, "\r\n"))
	}
	if e.Package != r.path {
		return
	}
	if e.FailedBuild != "" {
		r.result.Build = r.build
		if len(r.build) == 0 { // it must not look like a desk that compiles
			r.result.Build = []string{"the go command could not build " + r.path + ", and did not say why"}
		}
	}
	r.ended = r.ended || e.Action == "pass" || e.Action == "fail" || e.Action == "skip"
	r.result.Failed = r.result.Failed || e.Action == "fail"
	r.line.WriteString(e.Output)
	if !strings.HasSuffix(e.Output, "\n") {
		return
	}
	line := r.line.String()
	r.line.Reset()
	if m, ok := crashlab.Parse(line); ok {
		r.result.Messages++
		r.each(m)
		return
	}
	r.printed(strings.TrimRight(line, "\r\n"))
}

// mostPrinted is how many lines are kept of what the program printed: enough for
// the runtime's reason and the stack that led to it.
const mostPrinted = 30

func (r *reader) printed(line string) {
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
		r.result.Printed = nil
	}
	if line != "" && len(r.result.Printed) < mostPrinted && !strings.HasPrefix(line, "=== ") {
		r.result.Printed = append(r.result.Printed, line)
	}
}
