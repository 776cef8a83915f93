package grade

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
)

// event is one line of go test -json: a TestEvent of cmd/test2json or a
// BuildEvent of go help buildjson.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	FailedBuild string
}

// testRun is what the test program of one desk did.
type testRun struct {
	book    *book.Book
	chapter *book.Chapter

	// ended is set once the go command has said how the package went.
	ended bool
	// failed is set if the package as a whole failed.
	failed bool
	// build holds the compiler's lines if there was no test program.
	build []string
	// tests are in the order in which they began.
	tests []*testOutcome
	// output is all that the program printed, in order; crash is found in it.
	output strings.Builder
	// crash is set if the program ended before its tests did.
	crash *Crash
}

// testOutcome is one test or subtest.
type testOutcome struct {
	name string
	// action is pass, fail or skip, or "" if the test never ended.
	action string
	lines  []string

	// running is set while it is neither paused nor at its end.
	running bool
	// began and ended are the numbers of the events that last set it running
	// and that gave its result.
	began, ended int
}

// test returns the test of that name, or nil if it never began.
func (t *testRun) test(name string) *testOutcome {
	at := slices.IndexFunc(t.tests, func(x *testOutcome) bool { return x.name == name })
	if at < 0 {
		return nil
	}
	return t.tests[at]
}

// below returns the tests whose names begin with name and a slash.
func (t *testRun) below(name string) []*testOutcome {
	var found []*testOutcome
	for _, x := range t.tests {
		if strings.HasPrefix(x.name, name+"/") {
			found = append(found, x)
		}
	}
	return found
}

// parse reads the go command's output and adds it to runs, which are known by
// import path.
func parse(out []byte, runs map[string]*testRun) error {
	builds := map[string][]string{}
	number := 0
	for line := range bytes.Lines(out) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		number++
		if e.Action == "build-output" {
			builds[e.ImportPath] = append(builds[e.ImportPath], strings.TrimRight(e.Output, "\r\n"))
		}
		if t := runs[e.Package]; t != nil {
			t.add(e, number)
			if e.FailedBuild != "" {
				t.build = buildLines(builds[e.FailedBuild])
			}
		}
	}
	for _, t := range runs {
		t.findCrash()
	}
	return nil
}

// add takes in one event of the test program.
func (t *testRun) add(e event, number int) {
	t.output.WriteString(e.Output)
	ending := e.Action == "pass" || e.Action == "fail" || e.Action == "skip"
	if e.Test == "" {
		t.ended = t.ended || ending
		t.failed = t.failed || e.Action == "fail"
		return
	}
	test := t.test(e.Test)
	if test == nil {
		test = &testOutcome{name: e.Test}
		t.tests = append(t.tests, test)
	}
	switch {
	case ending:
		test.action, test.running, test.ended = e.Action, false, number
	case e.Action == "pause":
		test.running = false
	case e.Action == "run" || e.Action == "cont":
		test.running, test.began = true, number
	}
	if e.Output != "" {
		test.lines = append(test.lines, strings.TrimRight(e.Output, "\r\n"))
	}
}

// buildLines drops the headings "# package" that the go command adds. That
// nothing is left must not look like a desk that compiles.
func buildLines(lines []string) []string {
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "# ") || l == "" })
	if len(lines) == 0 {
		return []string{"the go command could not build the desk, and did not say why"}
	}
	return lines
}
