package course

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// desk returns a package of one file, p.go, with the course imported.
func desk(text string) fstest.MapFS {
	return fstest.MapFS{"p.go": {Data: []byte("package p\n\nimport \"example.com/logbook/chapters/course\"\n\n" + text)}}
}

// Each case is a desk and what is said of its exercises; an id that is not
// listed is not asked for. Line 5 is the first line of the text.
func TestWaiting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       map[string]string
	}{{
		name: "a_stub_waits_and_what_is_written_does_not",
		text: `//course:exercise 1.1
func Encode() { panic(course.TODO("1.1")) }

//course:exercise 1.2
func Decode() {}
`,
		want: map[string]string{"1.1": "p.go:6: Encode is still a stub", "1.2": "", "1.3": ""},
	}, {
		name: "one_stub_of_two_is_enough",
		text: `//course:exercise 1.1
func Encode() {}

//course:exercise 1.1
func Decode() { panic(course.TODO("1.1")) }
`,
		want: map[string]string{"1.1": "p.go:9: Decode is still a stub"},
	}, {
		name: "comments_and_strings_do_not_count",
		text: `// Encode was panic(course.TODO("1.1")) once.
//
//course:exercise 1.1
func Encode() string {
	// panic(course.TODO("1.1"))
	return "course.TODO(1.1)" /* course.TODO("1.1") */
}
`,
		want: map[string]string{"1.1": ""},
	}, {
		name: "a_stub_is_reached_through_a_helper",
		text: `//course:exercise 1.1
func Length() { panic(course.TODO("1.1")) }

//course:exercise 1.4
func Encode() { helper() }

func helper() { Length() }
`,
		want: map[string]string{"1.4": "1.4 uses Length (1.1), still a stub: p.go:6"},
	}, {
		name: "a_stub_is_reached_through_methods",
		text: `type Encoder struct{ page *Page }
type Page struct{}

//course:exercise 1.3
func (p *Page) Write() { panic(course.TODO("1.3")) }

//course:exercise 1.4
func (e *Encoder) Encode() { e.page.Write() }
`,
		want: map[string]string{
			"1.3": "p.go:9: Page.Write is still a stub",
			"1.4": "1.4 uses Page.Write (1.3), still a stub: p.go:9",
		},
	}, {
		// By its bare name, Flush would make 1.3 wait for 1.4, which waits for 1.3.
		name: "methods_of_the_same_name_are_told_apart",
		text: `type Encoder struct{ page Page[int] }
type Page[T any] struct{ below interface{ Sync() } }

//course:exercise 1.3
func (p *Page[T]) Flush() { p.below.Sync() }

//course:exercise 1.4
func (e *Encoder) Flush() { panic(course.TODO("1.4")) }

func (e *Encoder) End() { e.page.Flush() }
`,
		want: map[string]string{"1.3": "", "1.4": "p.go:12: Encoder.Flush is still a stub"},
	}, {
		name: "a_call_through_an_interface_reaches_every_method_of_that_name",
		text: `type sink interface{ Write() }
type Page struct{}

//course:exercise 1.3
func (p *Page) Write() { panic(course.TODO("1.3")) }

//course:exercise 1.4
func Encode(s sink) { s.Write() }
`,
		want: map[string]string{"1.4": "1.4 uses Page.Write (1.3), still a stub: p.go:9"},
	}, {
		name: "a_promoted_method_and_a_variable_are_followed",
		text: `type Page struct{}
type Encoder struct{ *Page }

//course:exercise 1.3
func (p *Page) Write() { panic(course.TODO("1.3")) }

//course:exercise 1.4
func (e *Encoder) Encode() { e.Write() }

//course:exercise 1.5
func Decode() { table() }

var table = (*Page)(nil).Write
`,
		want: map[string]string{
			"1.4": "1.4 uses Page.Write (1.3), still a stub: p.go:9",
			"1.5": "1.5 uses Page.Write (1.3), still a stub: p.go:9",
		},
	}, {
		name: "a_method_of_a_generic_type_is_followed",
		text: `type Encoder struct{ page Page[int] }
type Page[T any] struct{}

//course:exercise 1.3
func (p *Page[T]) Write() { panic(course.TODO("1.3")) }

//course:exercise 1.4
func (e *Encoder) Encode() { e.page.Write() }
`,
		want: map[string]string{"1.4": "1.4 uses Page.Write (1.3), still a stub: p.go:9"},
	}, {
		name: "the_earliest_exercise_is_named_first",
		text: `//course:exercise 1.12
func C() { B(); A() }

//course:exercise 1.10
func B() { panic(course.TODO("1.10")) }

//course:exercise 1.9
func A() { panic(course.TODO("1.9")) }
`,
		want: map[string]string{"1.12": "1.12 uses A (1.9), still a stub: p.go:12; and B (1.10): p.go:9"},
	}, {
		// The tests of 1.6 call Judge, which is given, and Judge calls 1.5.
		name: "what_is_given_counts_with_the_last_exercise_it_is_built_on",
		text: `func Judge() { weigh(Decode()) }

//course:exercise 1.5
func Decode() int { panic(course.TODO("1.5")) }

//course:exercise 1.6
func weigh(int) {}
`,
		want: map[string]string{"1.6": "1.6 uses Decode (1.5), still a stub: p.go:8"},
	}, {
		name: "and_not_with_an_earlier_one",
		text: `func Judge() { weigh(Decode()) }

//course:exercise 1.5
func Decode() int { return 0 }

//course:exercise 1.6
func weigh(int) { panic(course.TODO("1.6")) }
`,
		want: map[string]string{"1.5": "", "1.6": "p.go:11: weigh is still a stub"},
	}, {
		name: "a_lost_directive_leaves_the_id_in_the_stub",
		text: `func Encode() { panic(course.TODO("1.1")) }
`,
		want: map[string]string{"1.1": "p.go:5: Encode is still a stub"},
	}, {
		name: "another_TODO_is_not_the_course's",
		text: `type context struct{}

func (context) TODO(string) string { return "" }

//course:exercise 1.1
func Encode() {
	course := context{}
	panic(course.TODO("1.1"))
}
`,
		want: map[string]string{"1.1": ""},
	}, {
		// What the compiler will refuse must not hide what waits.
		name: "code_that_does_not_compile_is_still_seen_through",
		text: `//course:exercise 1.1
func Length() { panic(course.TODO("1.1")) }

//course:exercise 1.4
func Encode() { x := undefined.Call(1, "two"); x.Foo(Length()); var y int = "no" }
`,
		want: map[string]string{"1.4": "1.4 uses Length (1.1), still a stub: p.go:6"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			why := Waiting(desk(test.text))
			for id, want := range test.want {
				if got := why(id); got != want {
					t.Errorf("Waiting()(%q) = %q, want %q", id, got, want)
				}
			}
		})
	}
}

// The import may be renamed, by the learner or with the module; a stub in
// another file is found; a stub in a test file is not the exercise's.
func TestWaitingFiles(t *testing.T) {
	t.Parallel()
	why := Waiting(fstest.MapFS{
		"a.go": {Data: []byte("package p\n\n//course:exercise 1.2\nfunc A() { B() }\n")},
		"b.go": {Data: []byte("package p\n\nimport c \"other.host/x/chapters/course\"\n\n" +
			"//course:exercise 1.1\nfunc B() { panic(c.TODO(\"1.1\")) }\n")},
		"c_test.go": {Data: []byte("package p\n\nimport \"example.com/logbook/chapters/course\"\n\n" +
			"//course:exercise 1.3\nfunc C() { panic(course.TODO(\"1.3\")) }\n")},
		"d.txt": {Data: []byte("not Go")},
	})
	for id, want := range map[string]string{
		"1.1": "b.go:6: B is still a stub",
		"1.2": "1.2 uses B (1.1), still a stub: b.go:6",
		"1.3": "",
	} {
		if got := why(id); got != want {
			t.Errorf("Waiting()(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestWaitingDoesNotParse(t *testing.T) {
	t.Parallel()
	for name, sources := range map[string]fstest.MapFS{
		"syntax_error": desk("func Encode( {\n"),
		"not_Go":       {"p.go": {Data: []byte("\x00")}},
		"empty_file":   {"p.go": {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Waiting(sources)("1.1")
			if !strings.HasPrefix(got, "does not parse: p.go:") {
				t.Errorf("Waiting()(1.1) = %q, want the file, the line and the error", got)
			}
		})
	}
	if got := Waiting(os.DirFS(t.TempDir()))("1.1"); got != "" {
		t.Errorf("Waiting(an empty folder)(1.1) = %q, want none", got)
	}
}

// Receivers are written in more ways than one; none may panic.
func TestWaitingReceivers(t *testing.T) {
	t.Parallel()
	for _, recv := range []string{"E", "*E", "e E", "e *E", "e (*E)", "e *E[T]", "e E[T]", "_ *E"} {
		why := Waiting(desk("type E[T any] struct{}\n//course:exercise 1.1\nfunc (" + recv + ") M() { panic(course.TODO(\"1.1\")) }\n"))
		if got, want := why("1.1"), "p.go:7: E.M is still a stub"; got != want {
			t.Errorf("receiver %q: Waiting()(1.1) = %q, want %q", recv, got, want)
		}
	}
	if got := Waiting(desk("func () M() { panic(course.TODO(\"1.1\")) }\n"))("1.1"); !strings.Contains(got, "p.go:5") {
		t.Errorf("no receiver: Waiting()(1.1) = %q, want the line", got)
	}
}
