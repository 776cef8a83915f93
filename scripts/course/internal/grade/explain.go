package grade

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
)

// result reads the outcome of one exercise's tests.
func (j job) result(e *book.Exercise, t *testRun) Result {
	test := t.test(j.name(e))
	switch {
	case test == nil:
		return written(e, Result{Exercise: e, State: Unknown, Reason: "no test ran for it; is " + j.chapter.Desk + "/conformance_test.go as it was?"})
	case test.action == "skip":
		return written(e, Result{Exercise: e, State: Waits, Reason: t.skipReason(test)})
	case test.action == "pass" && t.allSkipped(test.name):
		return written(e, Result{Exercise: e, State: Waits, Reason: t.skipReason(t.below(test.name)[0])})
	case test.action == "pass":
		return Result{Exercise: e, State: Passed}
	}
	return Result{Exercise: e, State: Failing, Failures: j.failures(e, t)}
}

// written turns a result that is none into what the stubs on the desk say,
// when some of the exercise's functions are stubs.
func written(e *book.Exercise, r Result) Result {
	stubs := 0
	for _, f := range e.Functions {
		if f.Stub {
			if stubs++; stubs == 1 && r.State == Unknown {
				r.Reason = f.Desk.String() + ": " + f.Name + " is still a stub"
			}
		}
	}
	switch {
	case stubs > 0 && stubs == len(e.Functions):
		r.State = NotStarted
	case stubs > 0:
		r.State = Begun
	}
	return r
}

// allSkipped reports whether there are tests below name and each was skipped.
func (t *testRun) allSkipped(name string) bool {
	below := t.below(name)
	for _, test := range below {
		if test.action != "skip" {
			return false
		}
	}
	return len(below) > 0
}

var sourceLine = regexp.MustCompile(`(^|[ :])(\w[\w.-]*\.go:[0-9]+)`)

// skipReason returns why a test was skipped. The suite names files of the desk
// as the desk sees them; here they get their folder.
func (t *testRun) skipReason(test *testOutcome) string {
	var texts []string
	for _, m := range t.messages(test) {
		texts = append(texts, m.Text)
	}
	return sourceLine.ReplaceAllString(strings.Join(texts, "\n"), "${1}"+t.chapter.Desk+"/${2}")
}

// failures returns what each failed test of an exercise said. A test that says
// nothing itself and has failed subtests is left to them.
func (j job) failures(e *book.Exercise, t *testRun) []Failure {
	var found []Failure
	name := j.name(e)
	for _, test := range append([]*testOutcome{t.test(name)}, t.below(name)...) {
		if test == nil || test.action != "fail" && !t.endedIn(test) {
			continue
		}
		f := Failure{Messages: t.messages(test), Printed: t.printed(test)}
		f.Invariant, f.Case = invariant(strings.TrimPrefix(strings.TrimPrefix(test.name, name), "/"))
		if t.endedIn(test) {
			f.Crash = t.crash
		}
		if len(f.Messages) > 0 || f.Printed != "" || f.Crash != nil || !t.failedBelow(test.name) {
			found = append(found, f)
		}
	}
	return found
}

func (t *testRun) failedBelow(name string) bool {
	for _, test := range t.below(name) {
		if test.action == "fail" || t.endedIn(test) {
			return true
		}
	}
	return false
}

// endedIn reports whether the program ended in this test.
func (t *testRun) endedIn(test *testOutcome) bool { return t.crash != nil && t.crash.test == test }

// crashed returns the failures of the exercise whose code ended the program.
func (j job) crashed(e *book.Exercise, t *testRun) []Failure {
	found := j.failures(e, t)
	if !slices.ContainsFunc(found, func(f Failure) bool { return f.Crash != nil }) {
		found = append(found, Failure{Crash: t.crash})
	}
	return found
}

// invariant takes "I2_a_length_reads_back/empty" apart.
func invariant(name string) (invariant, rest string) {
	invariant, rest, _ = strings.Cut(name, "/")
	return strings.ReplaceAll(invariant, "_", " "), rest
}

// said matches the first line of a message: where it was said, and what.
var said = regexp.MustCompile(`^ {4}(\S.*?\.go):([0-9]+): (.*)$`)

// messages returns what a test said, without the go command's own lines, its
// indentation, and the stacks of a crash.
func (t *testRun) messages(test *testOutcome) []Message {
	var found []Message
	for _, line := range t.spoken(test) {
		if m := said.FindStringSubmatch(line); m != nil {
			number, _ := strconv.Atoi(m[2])
			found = append(found, Message{Text: m[3], From: book.Position{File: t.relative(m[1]), Line: number}})
		} else if more, ok := strings.CutPrefix(line, "        "); ok && len(found) > 0 {
			found[len(found)-1].Text += "\n" + more
		}
	}
	return found
}

// printed returns the lines that are no message: what the code itself printed.
func (t *testRun) printed(test *testOutcome) string {
	var lines []string
	for _, line := range t.spoken(test) {
		if !strings.HasPrefix(line, "    ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

var (
	// frames match the go command's own lines; endings, where a crash begins.
	frames  = regexp.MustCompile(`^(=== (RUN|PAUSE|CONT|NAME) |--- (PASS|FAIL|SKIP): )`)
	endings = regexp.MustCompile(`^(panic: |fatal error: |runtime: goroutine stack exceeds)`)
)

// spoken returns a test's lines without those of the go command, and without a
// crash: its lines go to the test that printed last, whoever is to blame.
func (t *testRun) spoken(test *testOutcome) []string {
	var lines []string
	for _, line := range test.lines {
		if t.crash != nil && endings.MatchString(line) {
			break
		}
		if !frames.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// relative returns a file of the suite, or of what the suites share, as the model
// names files: relative to the project's root. With -trimpath it begins with the
// module's path.
func (t *testRun) relative(file string) string {
	file = filepath.ToSlash(file)
	if at := strings.LastIndex(file, "/"+path.Dir(t.chapter.Folder)+"/"); at >= 0 {
		return file[at+1:]
	}
	return file
}
