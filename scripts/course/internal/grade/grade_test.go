package grade

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/logbook/scripts/course/internal/book"
)

// The chapter that the canned output below is about. That the go command
// writes such output is what the transcripts of the course command show.
var chapter = &book.Chapter{Number: 1, Name: "one", Folder: "chapters/01-one", Desk: "chapters/01-one/exercise",
	Exercises: []*book.Exercise{{ID: "1.1"}, {ID: "1.2"}, {ID: "1.3"}}}

func TestCause(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, output, reason, trace string }{
		{"a_panic", "=== RUN T\npanic: lost\n\ngoroutine 7 [running]:\n", "panic: lost", "\ngoroutine 7 [running]:\n"},
		{"at_the_very_start", "panic: lost\n\ngoroutine 7 [running]:\n", "panic: lost", "\ngoroutine 7 [running]:\n"},
		{"a_fatal_error", "x\nfatal error: all is lost\n\ngoroutine 7 [running]:\n", "fatal error: all is lost", "\ngoroutine 7 [running]:\n"},
		{"the_first_of_two", "x\nfatal error: a\n\ngoroutine 7 [running]:\npanic: b\n", "fatal error: a", "\ngoroutine 7 [running]:\npanic: b\n"},
		{"no_stacks", "x\npanic: printed\nFAIL\n", "", ""},
		{"inside_a_line", "he said panic: x\n\ngoroutine 7 [running]:\n", "", ""},
		{"nothing", "ok\n", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reason, trace := cause(test.output)
			if reason != test.reason || trace != test.trace {
				t.Errorf("cause() = %q, %q, want %q, %q", reason, trace, test.reason, test.trace)
			}
		})
	}
}

// The learner's frame is the innermost on the desk: not one of the runtime, of
// the suite, of the desk's own test, nor who started the goroutine.
func TestFrame(t *testing.T) {
	t.Parallel()
	const suite = "m/chapters/01-one/onetest.Run.func1()\n\t/x/chapters/01-one/onetest/onetest.go:9 +0x1\n" +
		"m/chapters/01-one/exercise_test.TestOne(0x1)\n\t/x/chapters/01-one/exercise/conformance_test.go:9 +0x1\n"
	for _, test := range []struct{ name, trace, function, at string }{
		{"a_function", "panic({0x1, 0x2})\n\t/go/panic.go:1 +0x1\nm/chapters/01-one/exercise.Encode(0x1)\n\t/x/chapters/01-one/exercise/one.go:12 +0x1\n" + suite,
			"Encode", "chapters/01-one/exercise/one.go:12"},
		{"a_method", "m/chapters/01-one/exercise.(*Sum).Add(...)\n\t/x/chapters/01-one/exercise/one.go:12\n",
			"Sum.Add", "chapters/01-one/exercise/one.go:12"},
		{"a_function_in_a_method", "m/chapters/01-one/exercise.(*Sum).Add.func1()\n\t/x/chapters/01-one/exercise/one.go:12 +0x1\n",
			"Sum.Add.func1", "chapters/01-one/exercise/one.go:12"},
		{"paths_are_trimmed", "m/chapters/01-one/exercise.Encode()\n\tm/chapters/01-one/exercise/one.go:12 +0x1\n",
			"Encode", "chapters/01-one/exercise/one.go:12"},
		{"paths_of_Windows", "m/chapters/01-one/exercise.Encode()\n\tC:\\x\\chapters\\01-one\\exercise\\one.go:12 +0x1\n",
			"Encode", "chapters/01-one/exercise/one.go:12"},
		{"a_loop_without_a_body_has_no_line", "m/chapters/01-one/exercise.Encode()\n\t/x/chapters/01-one/exercise/one.go:1\n",
			"Encode", "chapters/01-one/exercise/one.go"},
		{"who_started_it_is_no_frame", "time.Sleep()\n\t/go/time.go:1 +0x1\ncreated by m/chapters/01-one/exercise.Encode in goroutine 1\n\t/x/chapters/01-one/exercise/one.go:12 +0x1\n",
			"", ""},
		{"only_the_suite", suite, "", ""},
		{"another_chapter's_desk", "m/chapters/02-two/exercise.F()\n\t/x/chapters/02-two/exercise/one.go:12 +0x1\n", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			run := &testRun{chapter: chapter}
			function, at := run.frame(test.trace)
			if function != test.function || at.String() != test.at {
				t.Errorf("frame() = %q, %q, want %q, %q", function, at, test.function, test.at)
			}
		})
	}
}

// A program that ended early: which exercise is to blame, and which have to be
// run again. Each line is an event: what happened, to which test.
func TestUnsettled(t *testing.T) {
	t.Parallel()
	type line struct{ action, test, output string }
	crash := func(test string) line { return line{"output", test, "panic: lost\n\ngoroutine 7 [running]:\n"} }
	repanic := func(test string) line {
		return line{"output", test, "panic: lost [recovered, repanicked]\n\ngoroutine 7 [running]:\n"}
	}
	for _, test := range []struct {
		name    string
		lines   []line
		culprit string
		again   []string
	}{{
		name:  "all_ended",
		lines: []line{{"run", "1.1", ""}, {"fail", "1.1", ""}, {"run", "1.2", ""}, {"pass", "1.2", ""}},
	}, {
		name:    "one_after_the_other",
		lines:   []line{{"run", "1.1", ""}, {"pass", "1.1", ""}, {"run", "1.2", ""}, crash("1.2")},
		culprit: "1.2", again: []string{"1.3"},
	}, {
		name: "one_that_failed_before_has_its_result",
		lines: []line{{"run", "1.1", ""}, {"fail", "1.1", ""}, {"run", "1.2", ""}, {"run", "1.2/I1", ""},
			{"fail", "1.2/I1", ""}, {"fail", "1.2", ""}, repanic("")},
		culprit: "1.2", again: []string{"1.3"},
	}, {
		// With t.Parallel, tests are paused when another runs, and what the
		// runtime prints goes to the test that printed last.
		name: "paused_tests_are_not_to_blame",
		lines: []line{{"run", "1.1", ""}, {"pause", "1.1", ""}, {"run", "1.2", ""}, {"pause", "1.2", ""}, {"run", "1.3", ""}, {"pause", "1.3", ""},
			{"cont", "1.1", ""}, {"run", "1.1/I1", ""}, {"pause", "1.1/I1", ""}, {"cont", "1.2", ""}, {"run", "1.2/I2", ""}, {"pause", "1.2/I2", ""},
			{"cont", "1.2/I2", ""}, crash("1.3")},
		culprit: "1.2", again: []string{"1.1", "1.3"},
	}, {
		name: "a_test_goes_on_when_the_one_below_it_pauses",
		lines: []line{{"run", "1.1", ""}, {"run", "1.1/I1", ""}, {"pause", "1.1/I1", ""}, {"run", "1.2", ""}, {"pause", "1.2", ""},
			crash("1.2")},
		culprit: "1.1", again: []string{"1.2", "1.3"},
	}, {
		name: "a_panic_fails_its_test_while_others_are_open",
		lines: []line{{"run", "1.1", ""}, {"pause", "1.1", ""}, {"run", "1.2", ""}, {"pause", "1.2", ""}, {"cont", "1.2", ""},
			{"run", "1.2/I1", ""}, {"fail", "1.2/I1", ""}, {"fail", "1.2", ""}, repanic("")},
		culprit: "1.2", again: []string{"1.1", "1.3"},
	}, {
		name:    "an_end_without_a_word",
		lines:   []line{{"run", "1.1", ""}, {"pass", "1.1", ""}, {"run", "1.2", ""}},
		culprit: "1.2", again: []string{"1.3"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			run := &testRun{chapter: chapter}
			run.add(event{Action: "run", Test: "TestOne"}, 0)
			for i, l := range test.lines {
				name := "TestOne"
				if l.test != "" {
					name += "/" + l.test
				}
				run.add(event{Action: l.action, Test: name, Output: l.output}, i+1)
			}
			run.add(event{Action: "fail", Test: "TestOne"}, 100)
			run.add(event{Action: "fail"}, 101)
			run.findCrash()
			var culprit string
			var again []string
			more, e := job{chapter: chapter, exercises: chapter.Exercises}.unsettled(run)
			if e != nil {
				culprit = e.ID
			}
			for _, e := range more {
				again = append(again, e.ID)
			}
			if culprit != test.culprit {
				t.Errorf("the culprit is %q, want %q", culprit, test.culprit)
			}
			if diff := cmp.Diff(test.again, again, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("to be run again, mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// If nobody can be blamed, each is run alone.
func TestRerun(t *testing.T) {
	t.Parallel()
	j := job{chapter: chapter, exercises: chapter.Exercises}
	if got := len(j.rerun(chapter.Exercises, nil)); got != 3 {
		t.Errorf("without a culprit: %d runs, want one for each of 3 exercises", got)
	}
	if got := len(j.rerun(chapter.Exercises[1:], chapter.Exercises[0])); got != 1 {
		t.Errorf("with a culprit: %d runs, want 1", got)
	}
	if got := len(j.rerun(nil, chapter.Exercises[0])); got != 0 {
		t.Errorf("with nothing left: %d runs, want none", got)
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	two := &book.Chapter{Name: "two"}
	if got, want := pattern([]job{{chapter: chapter}, {chapter: two}}), "^(TestOne|TestTwo)$"; got != want {
		t.Errorf("pattern(all) = %q, want %q", got, want)
	}
	one := job{chapter: chapter, exercises: chapter.Exercises[:2], alone: true}
	if got, want := pattern([]job{one}), `^(TestOne)$/^(1\.1|1\.2)$`; got != want {
		t.Errorf("pattern(two exercises) = %q, want %q", got, want)
	}
}

// What a test says, without the go command's own lines.
func TestMessages(t *testing.T) {
	t.Parallel()
	run := &testRun{chapter: chapter}
	got := run.messages(&testOutcome{lines: []string{
		"=== RUN   TestOne/1.1",
		"printed",
		"    /x/chapters/01-one/onetest/onetest.go:12: Encode(1) mismatch (-want +got):",
		"          int(",
		"        - \t1,",
		"        ",
		"        --- FAIL: this is said, too",
		"    /x/chapters/01-one/onetest/onetest.go:13: see one.go:7: there",
		"    /x/chapters/course/suite/suite.go:14: no end",
		"--- FAIL: TestOne/1.1 (0.00s)",
	}})
	at := func(line int) book.Position {
		return book.Position{File: "chapters/01-one/onetest/onetest.go", Line: line}
	}
	want := []Message{
		{Text: "Encode(1) mismatch (-want +got):\n  int(\n- \t1,\n\n--- FAIL: this is said, too", From: at(12)},
		{Text: "see one.go:7: there", From: at(13)},
		{Text: "no end", From: book.Position{File: "chapters/course/suite/suite.go", Line: 14}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages() mismatch (-want +got):\n%s", diff)
	}
}

// An author may skip the tests of an exercise one by one.
func TestAllSkipped(t *testing.T) {
	t.Parallel()
	run := &testRun{chapter: chapter}
	for i, e := range []event{
		{Action: "run", Test: "TestOne/1.1"},
		{Action: "run", Test: "TestOne/1.1/I1"},
		{Action: "output", Test: "TestOne/1.1/I1", Output: "    /x/s.go:3: one.go:7: Encode is still a stub\n"},
		{Action: "skip", Test: "TestOne/1.1/I1"},
		{Action: "pass", Test: "TestOne/1.1"},
	} {
		run.add(e, i)
	}
	j := job{chapter: chapter, exercises: chapter.Exercises}
	got := j.result(chapter.Exercises[0], run)
	want := Result{Exercise: chapter.Exercises[0], State: Waits, Reason: "chapters/01-one/exercise/one.go:7: Encode is still a stub"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result() mismatch (-want +got):\n%s", diff)
	}
	run.add(event{Action: "pass", Test: "TestOne/1.1/I2"}, 9)
	if got := j.result(chapter.Exercises[0], run).State; got != Passed {
		t.Errorf("with one test that passed: %v, want %v", got, Passed)
	}
}

// That there are no lines must not look like a desk that compiles.
func TestBuildLines(t *testing.T) {
	t.Parallel()
	if got, want := buildLines([]string{"# m/exercise", "", "a.go:1:2: undefined: x"}), []string{"a.go:1:2: undefined: x"}; !cmp.Equal(got, want) {
		t.Errorf("buildLines() = %q, want %q", got, want)
	}
	if got := buildLines(nil); len(got) == 0 {
		t.Error("buildLines(nil) is empty")
	}
}

func ExampleState() {
	for s := Passed; s <= Unknown; s++ {
		fmt.Println(s)
	}
	// Output:
	// passed
	// failing
	// not started
	// begun
	// waits
	// unknown
}
