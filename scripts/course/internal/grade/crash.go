package grade

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
)

// Crash is how a test program ended before its tests did.
type Crash struct {
	// Reason is what the runtime said, "panic: division by zero", or what
	// that means.
	Reason string
	// Timeout is set if the tests did not end in time.
	Timeout bool
	// Function and At are the innermost frame on the learner's desk. At.File
	// is "" if there is none; At.Line is 0 if the compiler left no line for a
	// loop without a body.
	Function string
	At       book.Position

	// test is the one under way, or nil if that is not known.
	test *testOutcome
}

var timedOut = regexp.MustCompile(`^panic: test timed out after (\S+)$`)

// findCrash sets crash if the program ended before its tests did. A program
// that ended before its first test has no exercise to blame: that is reported
// as a desk that does not build.
func (t *testRun) findCrash() {
	reason, trace := cause(t.output.String())
	open := slices.ContainsFunc(t.tests, func(x *testOutcome) bool { return x.action == "" })
	repanicked := false
	if !t.failed || reason == "" && !open {
		return
	}
	c := &Crash{Reason: "the test program ended before its tests did: does the code call os.Exit or log.Fatal?"}
	if reason != "" {
		c.Reason, _, repanicked = strings.Cut(reason, " [recovered")
		c.Function, c.At = t.frame(trace)
	}
	if m := timedOut.FindStringSubmatch(reason); m != nil {
		c.Timeout = true
		c.Reason = "the tests did not end within " + m[1] + ": a loop that never ends, or a wait for something that never comes"
	}
	if len(t.tests) == 0 {
		at := t.chapter.Desk
		if c.At.File != "" {
			at = c.At.String()
		}
		t.build = []string{at + ": before any test: " + c.Reason}
		return
	}
	c.test = t.underWay(repanicked)
	t.crash = c
}

// underWay returns the test that was running when the program ended. A panic
// on a test's own goroutine fails that test on its way out, and then those
// above it. Any other end leaves it without a result, and it is the one that
// was run or continued last.
func (t *testRun) underWay(repanicked bool) *testOutcome {
	var last *testOutcome
	for _, test := range t.tests {
		switch {
		case repanicked && test.action == "fail" && !t.failedBelow(test.name):
			if last == nil || test.ended > last.ended {
				last = test
			}
		case !repanicked && test.action == "" && test.running:
			if last == nil || test.began > last.began {
				last = test
			}
		}
	}
	return last
}

// cause returns what the runtime gave as the reason for the end of the
// program, and the goroutines' stacks behind it. What only looks like a
// reason, because the code printed it, has no stacks.
func cause(output string) (reason, trace string) {
	before, found := output, false
	for _, mark := range []string{"panic: ", "fatal error: "} {
		for _, start := range []string{"\n" + mark, mark} {
			b, a, ok := strings.Cut(output, start)
			if ok && (start[0] == '\n' || b == "") && (!found || len(b) < len(before)) {
				before, found = b, true
				reason, trace, _ = strings.Cut(mark+a, "\n")
			}
		}
	}
	if !strings.Contains(trace, "\ngoroutine ") {
		return "", ""
	}
	return strings.TrimSpace(reason), trace
}

// frame returns the first frame in the stacks that lies on the desk. Lines on
// who created a goroutine are no frames: that code runs no more.
func (t *testRun) frame(trace string) (function string, at book.Position) {
	lines := strings.Split(trace, "\n")
	for i := 1; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "\t") || strings.HasPrefix(lines[i-1], "created by ") {
			continue
		}
		if at, ok := t.onDesk(lines[i]); ok {
			return functionName(lines[i-1]), at
		}
	}
	return "", book.Position{}
}

// onDesk reads a line "\t/path/file.go:12 +0x34" and reports whether the file
// is one of the learner's. The path is absolute, or begins with the module's
// when -trimpath is set.
func (t *testRun) onDesk(line string) (book.Position, bool) {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " ")
	colon := strings.LastIndex(line, ":")
	if colon < 0 {
		return book.Position{}, false
	}
	dir, name := path.Split(strings.ReplaceAll(line[:colon], `\`, "/"))
	number, err := strconv.Atoi(line[colon+1:])
	if err != nil || !strings.HasSuffix(dir, "/"+t.chapter.Desk+"/") || strings.HasSuffix(name, "_test.go") {
		return book.Position{}, false
	}
	if number == 1 {
		number = 0
	}
	return book.Position{File: path.Join(t.chapter.Desk, name), Line: number}, true
}

// functionName returns the name in a line of a stack in the form of the model,
// Encoder.Encode, without the package's path and the arguments.
func functionName(line string) string {
	if end := strings.LastIndex(line, "("); end > 0 {
		line = line[:end]
	}
	_, name, _ := strings.Cut(line[strings.LastIndex(line, "/")+1:], ".")
	return strings.NewReplacer("(*", "", ")", "").Replace(name)
}
