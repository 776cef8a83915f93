package suite

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Failure is what a broken invariant tells the person who broke it. What is empty
// is left out.
type Failure struct {
	// Tried is the smallest input that shows it, in words or as calls.
	Tried string
	// Got and Want are lines to compare; Want is empty when there is nothing
	// to compare Got with.
	Got, Want string
	// Disk is what was done to the disk, or what is on it.
	Disk string
	// Means is a sentence: what this would do to a log, or to a node.
	Means string
}

// Story is a failure of this invariant as text, in at most some 30 lines.
func (c *Check) Story(f Failure) string { return c.headline + "\n" + f.text(c.read) }

// text is all but the headline; read is where the book explains it.
func (f Failure) text(read string) string {
	var b strings.Builder
	section(&b, "tried", f.Tried)
	section(&b, "got", f.Got)
	section(&b, "want", f.Want)
	section(&b, "disk", f.Disk)
	section(&b, "means", f.Means)
	section(&b, "read", read)
	return strings.TrimRight(b.String(), "\n")
}

// section writes text behind a label: on its line if it fits, below if it has
// several lines. Empty text is left out.
func section(b *strings.Builder, label, text string) {
	text = strings.Trim(text, "\n")
	switch {
	case text == "":
		return
	case !strings.Contains(text, "\n"):
		fmt.Fprintf(b, "  %-6s %s\n", label+":", text)
		return
	}
	fmt.Fprintf(b, "  %s:\n", label)
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	b.WriteByte('\n')
}

// Last is what was done, one step a line, and of more than most only the last:
// the others are counted, as so many of what.
func Last(did []string, most int, what string) []string {
	if len(did) <= most {
		return did
	}
	return append([]string{fmt.Sprintf("(%d %s)", len(did)-most, what)}, did[len(did)-most:]...)
}

// FirstDifference returns the first index at which a and b differ, or -1. When
// one is the beginning of the other, that is the length of the shorter.
func FirstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) == len(b) {
		return -1
	}
	return n
}

// Repeat returns what a chapter's crash experiments say last of a violation (Repeat
// of Experiment in final/disk/crash): the command that makes the disk again, on the
// learner's desk.
func Repeat(chapter int) func(token string) string {
	return func(token string) string {
		return fmt.Sprintf("This makes the same disk again, as long as your code does the same operations:\n  go run ./scripts/course crash %d -replay %s", chapter, token)
	}
}

// Unrepeated is Repeat where the test itself is what repeats it.
func Unrepeated(string) string { return "" }

// Panic tells of a panic that is being recovered, and where it happened: file,
// line and function of each call, innermost first, up to the first in the suite,
// whose package has this name.
func Panic(p any, suite string) string {
	pcs := make([]uintptr, 64)
	stack := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var b strings.Builder
	fmt.Fprintf(&b, "panic: %v\n", p)
	panicking := false // what comes before the runtime's own calls recovers
	for more, lines := true, 0; more && lines < 8; {
		var f runtime.Frame
		f, more = stack.Next()
		if strings.HasPrefix(f.Function, "runtime.") {
			panicking = true
			continue
		}
		if !panicking {
			continue
		}
		fmt.Fprintf(&b, "%s:%d %s\n", filepath.Base(f.File), f.Line, f.Function[strings.LastIndex(f.Function, "/")+1:])
		lines++
		if strings.Contains(f.Function, "/"+suite+".") {
			break
		}
	}
	return b.String()
}
