package recordstest

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// patience is how long one invariant may take; the slowest takes a
// second, or ten with the race detector on a busy machine.
const patience = time.Minute

// ends tries the invariant and reports whether that came to an end. It does so
// beside the test's own goroutine: an endless loop becomes a failure with a name,
// and not, ten minutes later, go test's list of goroutines.
func (c *check) ends() bool {
	done := make(chan struct{})
	go func() {
		defer close(done) // also when a failure ends this goroutine
		defer c.explainCrash()
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

// explainCrash turns a panic of the implementation into a failure that says where
// it happened, so that the other exercises are still graded.
func (c *check) explainCrash() {
	if p := recover(); p != nil {
		tried, means := fmt.Sprintf(c.call, c.args...), "a panic here takes the node down in the middle of a write."
		if c.reads() {
			means = "no bytes, however damaged, may make a node panic: it would do so again at every start."
		}
		if c.src != nil {
			tried += fmt.Sprintf("\nits last read was of %d bytes, from here on:\n%s", c.src.asked, excerpt(c.src.b, int(c.src.at)))
		}
		c.fail(failure{
			tried: tried,
			got:   fmt.Sprintf("panic: %v\n%s", p, frames()),
			want:  "a result or an error",
			means: means,
		})
	}
}

// reads reports whether the implementation was given bytes to read.
func (c *check) reads() bool {
	return c.src != nil || strings.HasPrefix(c.call, "DecodeLength") || strings.HasPrefix(c.call, "ParseRecord")
}

// frames is where the panic that is being recovered happened: file, line and
// function of each call, innermost first, up to the first in this package.
func frames() string {
	pcs := make([]uintptr, 64)
	stack := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var b strings.Builder
	for more, lines := true, 0; more && lines < 8; {
		var f runtime.Frame
		f, more = stack.Next()
		if strings.HasPrefix(f.Function, "runtime.") {
			continue
		}
		fmt.Fprintf(&b, "%s:%d %s\n", filepath.Base(f.File), f.Line, f.Function[strings.LastIndex(f.Function, "/")+1:])
		lines++
		if strings.Contains(f.Function, "/recordstest.") {
			break
		}
	}
	return b.String()
}
