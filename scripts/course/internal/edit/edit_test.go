package edit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A bar marks where the doc comment, the function and its end are expected.
// Each source is tried as it is, and with a syntax error behind it, so that
// the lines are counted.
func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, function, src string }{
		{"a_function", "A", "|// A is.\n//\n//course:exercise 1.1\n|func A() {\n\tif x {\n\t}\n}|\n\nfunc B() {}\n"},
		{"no_doc", "A", "var x = 1\n\n||func A() {\n}|\n"},
		{"a_comment_apart_is_no_doc", "A", "// Apart.\n\n||func A() {\n}|\n"},
		{"one_line", "A", "||func A() int { return 1 }|\nfunc B() {}\n"},
		{"a_longer_name_is_another", "A", "func AB() {\n}\n\n||func A() {\n}|\n"},
		{"a_method", "T.A", "func A() {\n}\n\nfunc (t *U) A() {\n}\n\n||func (t *T) A() {\n}|\n"},
		{"a_method_of_a_value", "T.A", "||func (T) A() {\n}|\n"},
		{"a_method_of_a_generic_type", "T.A", "||func (t *T[K, V]) A() {\n}|\n"},
		{"a_function_is_no_method", "A", "func (A) A() {\n}\n\n||func A() {\n}|\n"},
		{"at_the_end_of_the_file", "A", "||func A() {\n}|"},
	} {
		parts := strings.Split(test.src, "|")
		src := strings.Join(parts, "")
		want := Span{len(parts[0]), len(parts[0] + parts[1]), len(parts[0] + parts[1] + parts[2])}
		for state, text := range map[string]string{
			"parses":         "package p\n" + src,
			"does_not_parse": "package p\n" + src + "\nfunc broken( {\n",
		} {
			t.Run(test.name+"/"+state, func(t *testing.T) {
				t.Parallel()
				got, ok := Find([]byte(text), test.function)
				at := len("package p\n")
				if want := (Span{want.Doc + at, want.Func + at, want.End + at}); !ok || got != want {
					t.Errorf("Find(%s) = %+v, %t, want %+v in\n%s", test.function, got, ok, want, text)
				}
				if got, ok := Find([]byte(text), "Missing"); ok {
					t.Errorf("Find(Missing) = %+v, want none", got)
				}
			})
		}
	}
}

// The function itself is what is broken.
func TestFindBroken(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, src string }{
		{"a_brace_too_few", "||func A() {\n\tif x {\n}|\n\nfunc B() {\n}\n"},
		{"no_closing_brace_at_all", "||func A() {\n\tif x {|\n\n// B has a doc.\nfunc B() {\n}\n"},
		{"and_nothing_behind", "||func A() {\n\tif x {\n|"},
		{"nor_a_new_line", "||func A() {|"},
		{"a_parenthesis_too_few", "|// A.\n|func A() {\n\tf(\n}|\n\ntype B int\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			parts := strings.Split("package p\n"+test.src, "|")
			want := Span{len(parts[0]), len(parts[0] + parts[1]), len(parts[0] + parts[1] + parts[2])}
			src := strings.Join(parts, "")
			if got, ok := Find([]byte(src), "A"); !ok || got != want {
				t.Errorf("Find(A) = %+v, %t, want %+v in\n%s", got, ok, want, src)
			}
		})
	}
}

const stubs = `package p

import (
	"io"

	"example.com/book/chapters/course"
)

// A reads.
//
//course:exercise 1.1
func A(r io.Reader) {
	panic(course.TODO("1.1"))
}
`

// What is used by nothing any more goes, what the stub uses comes; an import
// that was unused before, or has a name that its path does not tell, stays.
func TestReplaceImports(t *testing.T) {
	t.Parallel()
	const body = "// A reads.\n//\n//course:exercise 1.1\nfunc A(r io.Reader) {\n\tpanic(course.TODO(\"1.1\"))\n}\n"
	for _, test := range []struct{ name, src, want string }{{
		name: "one_goes_two_come",
		src:  "package p\n\nimport \"fmt\"\n\nfunc A() { fmt.Print() }\n",
		want: "package p\n\nimport (\n\t\"io\"\n\n\t\"example.com/book/chapters/course\"\n)\n\n" + body,
	}, {
		name: "what_others_use_stays",
		src:  "package p\n\nimport \"fmt\"\n\nfunc A() { fmt.Print() }\n\nfunc B() { fmt.Print() }\n",
		want: "package p\n\nimport (\n\t\"fmt\"\n\t\"io\"\n\n\t\"example.com/book/chapters/course\"\n)\n\n" + body + "\nfunc B() { fmt.Print() }\n",
	}, {
		name: "no_imports_before",
		src:  "package p\n\nfunc A() {}\n",
		want: "package p\n\nimport (\n\t\"io\"\n\n\t\"example.com/book/chapters/course\"\n)\n\n" + body,
	}, {
		name: "a_version_is_not_a_name",
		src:  "package p\n\nimport \"example.com/raft/v3\"\n\nfunc A() {}\n\nvar x = raft.X\n",
		want: "package p\n\nimport (\n\t\"io\"\n\n\t\"example.com/book/chapters/course\"\n\t\"example.com/raft/v3\"\n)\n\n" + body + "\nvar x = raft.X\n",
	}, {
		name: "and_goes_when_nothing_uses_it",
		src:  "package p\n\nimport \"example.com/raft/v3\"\n\nfunc A() { raft.X() }\n",
		want: "package p\n\nimport (\n\t\"io\"\n\n\t\"example.com/book/chapters/course\"\n)\n\n" + body,
	}, {
		name: "a_name_that_is_given",
		src:  "package p\n\nimport f \"fmt\"\n\nfunc A() { f.Print() }\n",
		want: "package p\n\nimport (\n\t\"io\"\n\n\t\"example.com/book/chapters/course\"\n)\n\n" + body,
	}, {
		name: "a_package_of_another_name_than_its_folder_stays",
		src:  "package p\n\nimport \"example.com/go-odd\"\n\nfunc A() { odd.F() }\n\nvar x = odd.X\n",
		want: "package p\n\nimport (\n\t\"io\"\n\n\t\"example.com/book/chapters/course\"\n\t\"example.com/go-odd\"\n)\n\n" + body + "\nvar x = odd.X\n",
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := string(Replace([]byte(test.src), []byte(stubs), []string{"A"}))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Replace() mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// A file that stays broken gets the one import that a stub needs, once.
func TestReplaceStaysBroken(t *testing.T) {
	t.Parallel()
	const body = "// A reads.\n//\n//course:exercise 1.1\nfunc A(r io.Reader) {\n\tpanic(course.TODO(\"1.1\"))\n}\n"
	const want = "package p\n\nimport \"example.com/book/chapters/course\"\n\n" + body + "\nfunc broken( {\n"
	for name, src := range map[string]string{
		"no_import":  "package p\n\nfunc A() {\n}\n\nfunc broken( {\n",
		"the_import": "package p\n\nimport \"example.com/book/chapters/course\"\n\nfunc A() {\n}\n\nfunc broken( {\n",
	} {
		got := string(Replace([]byte(src), []byte(stubs), []string{"A"}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: Replace() mismatch (-want +got):\n%s", name, diff)
		}
	}
}

// What the stubs do not have is left alone, and so is a file that does not
// change by it.
func TestReplaceUnknown(t *testing.T) {
	t.Parallel()
	src := "package   p\nfunc B() { }\n"
	if got := string(Replace([]byte(src), []byte(stubs), []string{"B"})); got != src {
		t.Errorf("Replace(B) = %q, want %q", got, src)
	}
	if got := string(Replace([]byte(stubs), []byte(stubs), []string{"A"})); got != stubs {
		t.Errorf("Replace(A) of a stub = %q, want the same", got)
	}
}

func ExampleReplace() {
	desk := "package p\n\nfunc A() { half written\n\nfunc mine() int { return 1 }\n"
	stubs := "package p\n\n// A waits.\nfunc A() {\n\tpanic(\"to be written\")\n}\n"
	fmt.Printf("%s", Replace([]byte(desk), []byte(stubs), []string{"A"}))
	// Output:
	// package p
	//
	// // A waits.
	// func A() {
	// 	panic("to be written")
	// }
	//
	// func mine() int { return 1 }
}

func ExampleSpan() {
	src := []byte("package p\n\n// A is documented.\nfunc A() {}\n")
	s, _ := Find(src, "A")
	fmt.Printf("%q\n", src[s.Doc:s.Func])
	fmt.Printf("%q\n", src[s.Func:s.End])
	// Output:
	// "// A is documented.\n"
	// "func A() {}"
}
