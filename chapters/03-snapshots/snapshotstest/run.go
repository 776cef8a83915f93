package snapshotstest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// patience is how long one invariant may take; the slowest takes a second or
// two, or ten times as long with the race detector on a busy machine.
const patience = time.Minute

// ends tries the invariant and reports whether that came to an end. It does so
// beside the test's own goroutine: an endless loop becomes a failure with a name,
// and not, ten minutes later, go test's list of goroutines.
func (c *check) ends() bool {
	done := make(chan struct{})
	go func() {
		defer close(done) // also when a failure ends this goroutine
		defer c.explainPanic()
		c.inv.try(c)
	}()
	select {
	case <-done:
		return true
	case <-time.After(patience):
	}
	c.Error(c.story(failure{
		tried: "this invariant's cases, one after the other",
		got:   "no end within " + patience.String(),
		want:  "an end within a second or so",
		means: "one of the functions of this exercise loops without coming forward: a node would hang.",
	}))
	return false
}

// explainPanic turns a panic of the implementation into a failure that shows the
// calls that led to it, so that the other exercises are still graded.
func (c *check) explainPanic() {
	if p := recover(); p != nil {
		c.fail(c.panicked(p))
	}
}

// panicked is the failure that a panic is, for the function that recovers it.
func (c *check) panicked(p any) failure {
	f := failure{
		tried: c.trying,
		got:   fmt.Sprintf("panic: %v\n%s", p, frames()),
		want:  "a result or an error",
		means: "nothing that a folder can hold, and nothing that a disk can do, may make a node panic.",
	}
	if c.world != nil {
		f = c.world.complete(f)
	}
	return f
}

// frames is where the panic that is being recovered happened: file, line and
// function of each call, innermost first, up to the first in this package.
func frames() string {
	pcs := make([]uintptr, 64)
	stack := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)]) // behind the deferred function
	var b strings.Builder
	for more, lines := true, 0; more && lines < 8; {
		var f runtime.Frame
		f, more = stack.Next()
		if strings.HasPrefix(f.Function, "runtime.") {
			continue
		}
		fmt.Fprintf(&b, "%s:%d %s\n", filepath.Base(f.File), f.Line, f.Function[strings.LastIndex(f.Function, "/")+1:])
		lines++
		if strings.Contains(f.Function, "/snapshotstest.") {
			break
		}
	}
	return b.String()
}
