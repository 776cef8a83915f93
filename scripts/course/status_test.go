package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/grade"
)

// A letter for each exercise: passed, failing, begun, not started, waits,
// unknown. The one in upper case is next.
func TestNext(t *testing.T) {
	t.Parallel()
	states := map[rune]grade.State{'p': grade.Passed, 'f': grade.Failing, 'b': grade.Begun,
		'n': grade.NotStarted, 'w': grade.Waits, 'u': grade.Unknown}
	for _, test := range []struct{ name, states string }{
		{"the_first_of_a_fresh_copy", "Nnn"},
		{"the_one_behind_the_last_that_passed", "ppNn"},
		{"a_learner_who_started_in_the_middle_goes_on_there", "nnpNn"},
		{"and_comes_back_at_the_end", "Nnpp"},
		{"what_is_begun_comes_first", "npnBn"},
		{"what_fails_comes_first", "nnpnF"},
		{"the_first_of_those", "pFb"},
		{"what_waits_is_not_begun", "Nwn"},
		{"what_waits_comes_behind_what_it_waits_for", "ppwNn"},
		{"also_when_that_stands_before_it", "pNpw"},
		{"what_waits_for_nobody_knows_what", "ppW"},
		{"without_results", "Uu"},
		{"nothing_is_left", "ppp"},
		{"across_chapters", "pp pN nn"},
		{"back_over_chapters", "pN pp"},
		{"what_does_not_compile_comes_first", "pf !Uu"},
		{"and_there_what_is_begun", "nn !uBu"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var desks []grade.Desk
			var want *grade.Result
			// A blank separates chapters; an exclamation mark in front says that
			// the chapter does not compile.
			for chapter := range strings.FieldsSeq(test.states) {
				d := grade.Desk{}
				if chapter[0] == '!' {
					d.Build, chapter = []string{"one.go:1:1: no"}, chapter[1:]
				}
				d.Results = make([]grade.Result, len(chapter))
				for i, c := range chapter {
					if c < 'a' {
						c, want = c+'a'-'A', &d.Results[i]
					}
					d.Results[i].State = states[c]
				}
				desks = append(desks, d)
			}
			d, got := next(desks)
			if got != want {
				t.Errorf("next(%s) = %v, want the one in upper case, %v", test.states, got, want)
			}
			if got != nil && !slices.ContainsFunc(desks, func(x grade.Desk) bool { return &x.Results[0] == &d.Results[0] }) {
				t.Errorf("next(%s) returned a desk that is none of those", test.states)
			}
		})
	}
}

// What is written and waits names all that it waits for, and the first of these
// is next: also when others stand in between, and passed.
func TestNextIsWaitedFor(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"1.6 uses Length (1.2), still a stub: a.go:3; and Next (1.4): b.go:7":                                "1.2",
		"1.6 cannot be tried without 1.2, 1.4: a.go:3: Length is still a stub; b.go:7: Next is still a stub": "1.2",
		"1.6 cannot be tried without 1.4: 1.4 uses Length (1.2), still a stub: a.go:3":                       "1.2",
		"1.6 cannot be tried without 1.4: b.go:7: Next is still a stub":                                      "1.4",
		"something that nobody knows": "1.4",
	} {
		d := grade.Desk{}
		for i, state := range []grade.State{grade.Passed, grade.NotStarted, grade.Passed, grade.NotStarted, grade.NotStarted, grade.Waits} {
			d.Results = append(d.Results, grade.Result{State: state, Exercise: &book.Exercise{ID: fmt.Sprintf("1.%d", i+1)}})
		}
		d.Results[5].Reason = reason
		if _, got := next([]grade.Desk{d}); got.Exercise.ID != want {
			t.Errorf("next() = %s where 1.6 says %q, want %s", got.Exercise.ID, reason, want)
		}
	}
}

// The page's heading that names the exercise, and no other number like it.
func TestPage(t *testing.T) {
	t.Parallel()
	for heading, want := range map[string]string{
		"### 1.1 the length word":       "page.md:2",
		"### Exercise 1.1: the word":    "page.md:2",
		"### Exercise 1.1":              "page.md:2",
		"### [1.1](#x)":                 "page.md:2",
		"### 1.10 another":              "page.md",
		"### 11.1 another":              "page.md",
		"### 1.1.1 another":             "page.md",
		"The text may speak of 1.1 too": "page.md",
	} {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "page.md"), []byte("# 1.2\n"+heading+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		tl := &tool{book: &book.Book{Root: root}}
		if got := tl.page(&book.Chapter{Page: "page.md"}, &book.Exercise{ID: "1.1"}); got != want {
			t.Errorf("page() under the heading %q = %s, want %s", heading, got, want)
		}
	}
	tl := &tool{book: &book.Book{Root: t.TempDir()}}
	if got := tl.page(&book.Chapter{Page: "page.md"}, &book.Exercise{ID: "1.1"}); got != "page.md" {
		t.Errorf("page() without a page = %s, want page.md", got)
	}
}

// Colour is for terminals that can and may show it. A pipe is none; that
// status and check put no escape into a file is in the transcripts.
func TestColourful(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if colourful(file, none) {
		t.Error("colourful(a file) = true, want false")
	}
	// The null device is a character device, as a terminal is.
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	for _, test := range []struct {
		name, key, value string
		want             bool
	}{
		{"a_terminal", "", "", true},
		{"NO_COLOR", "NO_COLOR", "1", false},
		{"an_empty_NO_COLOR_does_not_count", "NO_COLOR", "", true},
		{"a_dumb_terminal", "TERM", "dumb", false},
	} {
		getenv := func(key string) string {
			if key == test.key {
				return test.value
			}
			return ""
		}
		if got := colourful(device, getenv); got != test.want {
			t.Errorf("%s: colourful() = %t, want %t", test.name, got, test.want)
		}
	}
}

func TestPaint(t *testing.T) {
	t.Parallel()
	if got, want := (painter{}).paint(red, "x"), "x"; got != want {
		t.Errorf("without colour: paint() = %q, want %q", got, want)
	}
	if got, want := (painter{on: true}).paint(red, "x"), "\x1b[31mx\x1b[0m"; got != want {
		t.Errorf("with colour: paint() = %q, want %q", got, want)
	}
	if got, want := (painter{on: true}).state(grade.NotStarted), "not started"; got != want {
		t.Errorf("state() without a colour = %q, want %q", got, want)
	}
	// Padding stands outside of the colour, so that columns stay in line.
	if got, want := (painter{on: true}).state(grade.Passed), "\x1b[32mpassed\x1b[0m     "; got != want {
		t.Errorf("state() = %q, want %q", got, want)
	}
}

func TestTerminalWidth(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for columns, want := range map[string]int{"": 80, "132": 132, "0": 80, "-1": 80, "many": 80} {
		if got := terminalWidth(file, func(string) string { return columns }); got != want {
			t.Errorf("COLUMNS=%q: terminalWidth() = %d, want %d", columns, got, want)
		}
	}
}
