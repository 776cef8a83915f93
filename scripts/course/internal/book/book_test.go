package book

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"
)

// project is a small book. Chapter 10 sorts behind chapter 2, and exercise
// 1.10 behind 1.9.
const project = `
-- go.mod --
// A comment.
module example.com/book // another

go 1.26
-- chapters/course/course.go --
package course
-- chapters/notes.txt --
-- chapters/1-odd/odd.go --
package odd
-- chapters/01-records/frame.go --
package records

// Encode encodes.
//
//course:exercise 1.9
func Encode() {}

//course:exercise 1.10
func (d *Decoder) Next() {}

//course:exercise 1.9
func Decode() {}

func helper() {}
-- chapters/01-records/frame_test.go --
package records

//course:exercise 1.11
func NotThis() {}
-- chapters/01-records/hints.md --
## 1.9 the length word
### 1
Why?
### 2
How.
-- chapters/01-records/exercise/mine.go --
package records

import "example.com/book/chapters/course"

func Decode() { panic(course.TODO("1.9")) }

func Encode() {}
-- chapters/01-records/testdata/mutants/b.go --
package records

// The padding is not counted.
//
//course:mutant 1.9

func Encode() { return }
-- chapters/01-records/testdata/mutants/a.go --
// Nothing is encoded.
// I2 sees it.
//
//course:mutant 1.9
package records

func Encode() {}
-- chapters/10-last/last.go --
package last

//course:exercise 1.1
func Strayed() {}
-- chapters/02-segments/segments.go --
package segments
`

// open writes an archive into a folder and opens the book in it.
func open(t *testing.T, archive string) (*Book, error) {
	t.Helper()
	root := write(t, archive)
	return Open(root)
}

func write(t *testing.T, archive string) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(root, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestOpen(t *testing.T) {
	t.Parallel()
	got, err := open(t, project)
	if err != nil {
		t.Fatal(err)
	}
	frame := func(line int) Position { return Position{File: "chapters/01-records/frame.go", Line: line} }
	mine := func(line int) Position { return Position{File: "chapters/01-records/exercise/mine.go", Line: line} }
	want := &Book{Module: "example.com/book", Chapters: []*Chapter{{
		Number: 1, Name: "records",
		Folder: "chapters/01-records", Page: "docs/01-records.md", Hints: "chapters/01-records/hints.md",
		Suite: "chapters/01-records/recordstest", Desk: "chapters/01-records/exercise",
		MutantFolder: "chapters/01-records/testdata/mutants",
		Exercises: []*Exercise{{
			ID: "1.9", Title: "the length word", Hints: []string{"Why?", "How."},
			Functions: []Function{
				{Name: "Encode", ID: "1.9", Reference: frame(6), Desk: mine(7),
					Signature: "func Encode()", DeskSignature: "func Encode()"},
				{Name: "Decode", ID: "1.9", Reference: frame(12), Desk: mine(5), Stub: true,
					Signature: "func Decode()", DeskSignature: "func Decode()"},
			},
		}, {
			ID:        "1.10",
			Functions: []Function{{Name: "Decoder.Next", ID: "1.10", Reference: frame(9), Signature: "func (d *Decoder) Next()"}},
		}},
	}, {
		Number: 2, Name: "segments",
		Folder: "chapters/02-segments", Page: "docs/02-segments.md", Hints: "chapters/02-segments/hints.md",
		Suite: "chapters/02-segments/segmentstest", Desk: "chapters/02-segments/exercise",
		MutantFolder: "chapters/02-segments/testdata/mutants",
	}, {
		Number: 10, Name: "last",
		Folder: "chapters/10-last", Page: "docs/10-last.md", Hints: "chapters/10-last/hints.md",
		Suite: "chapters/10-last/lasttest", Desk: "chapters/10-last/exercise",
		MutantFolder: "chapters/10-last/testdata/mutants",
		Strays: []Function{{
			Name: "Strayed", ID: "1.1", Reference: Position{File: "chapters/10-last/last.go", Line: 4}, Signature: "func Strayed()",
		}},
	}}}
	opts := cmp.Options{cmpopts.IgnoreUnexported(Chapter{}), cmpopts.IgnoreFields(Book{}, "Root")}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("Open() mismatch (-want +got):\n%s", diff)
	}
	c := got.Chapter(1)
	for name, pair := range map[string][2]string{
		"ReferencePath": {c.ReferencePath(), "example.com/book/chapters/01-records"},
		"DeskPath":      {c.DeskPath(), "example.com/book/chapters/01-records/exercise"},
		"SuitePath":     {c.SuitePath(), "example.com/book/chapters/01-records/recordstest"},
		"TestName":      {c.TestName(), "TestRecords"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s() = %q, want %q", name, pair[0], pair[1])
		}
	}
	if got.Chapter(3) != nil {
		t.Error("Chapter(3) is there")
	}
	if c, e := got.Exercise("1.3"); c != nil || e != nil {
		t.Error("Exercise(1.3) is there")
	}
}

// Mistakes of an author stop everything, and say where.
func TestOpenMistakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ archive, want string }{
		"reference":    {"-- go.mod --\nmodule m\n-- chapters/01-a/a.go --\npackage a\n\nfunc {\n", "chapters/01-a/a.go:3:6: expected"},
		"module":       {"-- go.mod --\ngo 1.26\n-- chapters/x --\n", "go.mod: no module directive"},
		"tier":         {"-- go.mod --\nmodule m\n-- chapters/01-a/hints.md --\n## 1.1 a\n### 1\n### 3\n", `chapters/01-a/hints.md:3: hint "3" where hint 2 is next`},
		"hint_is_none": {"-- go.mod --\nmodule m\n-- chapters/01-a/hints.md --\n\n## Notes\n", "chapters/01-a/hints.md:2: exercise Notes is not of chapter 1"},
		"other":        {"-- go.mod --\nmodule m\n-- chapters/01-a/hints.md --\n## 2.1 a\n", "chapters/01-a/hints.md:1: exercise 2.1 is not of chapter 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t, test.archive)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Open() = %v, want an error with %q", err, test.want)
			}
		})
	}
}

// The desk is the learner's, and may be in any state.
func TestOpenBrokenDesk(t *testing.T) {
	t.Parallel()
	b, err := open(t, project+"-- chapters/01-records/exercise/broken.go --\npackage records\n\nfunc (d *Decoder) Next() {}\n\nfunc {\n")
	if err != nil {
		t.Fatal(err)
	}
	_, e := b.Exercise("1.10")
	want := Position{File: "chapters/01-records/exercise/broken.go", Line: 3}
	if got := e.Functions[0].Desk; got != want {
		t.Errorf("Next stands at %v, want %v", got, want)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	root := write(t, project)
	for _, below := range []string{".", "chapters", "chapters/01-records/exercise"} {
		got, err := Find(filepath.Join(root, below))
		if err != nil || got != root {
			t.Errorf("Find(%s) = %s, %v, want %s", below, got, err, root)
		}
	}
	// A module without chapters, inside the project, is not the project.
	nested := filepath.Join(root, "scripts", "compat")
	if err := os.MkdirAll(nested, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(nested, "go.mod"), []byte("module nested\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(nested); err != nil || got != root {
		t.Errorf("Find(a nested module) = %s, %v, want %s", got, err, root)
	}
	if got, err := Find(t.TempDir()); !errors.Is(err, ErrNoProject) {
		t.Errorf("Find(outside) = %s, %v, want ErrNoProject", got, err)
	}
}

func TestModulePath(t *testing.T) {
	t.Parallel()
	for gomod, want := range map[string]string{
		"module a.b/c\n":                    "a.b/c",
		"// module no\nmodule a.b/c // x\n": "a.b/c",
		"module \"a.b/c\"\n":                "a.b/c",
		"module\ta.b/c\r\ngo 1.26\r\n":      "a.b/c",
	} {
		if got, err := modulePath([]byte(gomod)); err != nil || got != want {
			t.Errorf("modulePath(%q) = %q, %v, want %q", gomod, got, err, want)
		}
	}
}

func TestParseHints(t *testing.T) {
	t.Parallel()
	const text = "# Hints\n\nA preface.\n\n## 1.1 the length word\n\n### 1\n\nWhy?\n\n### 2\n\n```go\n## no heading\n### 7\n```\n\n#### deeper\n\n## 1.2 titled only\n## 1.3\n"
	got, err := parseHints(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []hint{
		{id: "1.1", title: "the length word", line: 5, tiers: []string{"Why?", "```go\n## no heading\n### 7\n```\n\n#### deeper"}},
		{id: "1.2", title: "titled only", line: 20},
		{id: "1.3", line: 21},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(hint{})); diff != "" {
		t.Errorf("parseHints() mismatch (-want +got):\n%s", diff)
	}
}

func TestMutants(t *testing.T) {
	t.Parallel()
	b, err := open(t, project)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Chapter(1).Mutants()
	if err != nil {
		t.Fatal(err)
	}
	want := []Mutant{
		{Name: "a", File: "chapters/01-records/testdata/mutants/a.go", ID: "1.9", Doc: "Nothing is encoded.\nI2 sees it.\n"},
		{Name: "b", File: "chapters/01-records/testdata/mutants/b.go", ID: "1.9", Doc: "The padding is not counted.\n"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Mutants() mismatch (-want +got):\n%s", diff)
	}
	if got, err := b.Chapter(2).Mutants(); got != nil || err != nil {
		t.Errorf("Mutants() of a chapter without = %v, %v, want none", got, err)
	}
}

func TestMutantMistakes(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no_directive":           "package records\n",
		"another_chapter":        "//course:mutant 2.1\npackage records\n",
		"no_exercise":            "//course:mutant\npackage records\n",
		"another_tool":           "//go:mutant 1.9\npackage records\n",
		"does_not_parse":         "//course:mutant 1.9\npackage records\nfunc {\n",
		"a_space_is_a_comment":   "// course:mutant 1.9\npackage records\n",
		"a_number_of_no_chapter": "//course:mutant 1.0\npackage records\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := open(t, project+"-- chapters/01-records/testdata/mutants/wrong.go --\n"+text)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := b.Chapter(1).Mutants(); err == nil || !strings.Contains(err.Error(), "mutants/wrong.go") {
				t.Errorf("Mutants() = %v, %v, want an error that names the file", got, err)
			}
		})
	}
}

func TestFuncName(t *testing.T) {
	t.Parallel()
	for decl, want := range map[string]string{
		"func F() {}":                 "F",
		"func (t T) F() {}":           "T.F",
		"func (t *T) F() {}":          "T.F",
		"func (*T) F() {}":            "T.F",
		"func (t *(T)) F() {}":        "T.F",
		"func (t *T[K]) F() {}":       "T.F",
		"func (t T[K, V]) F() {}":     "T.F",
		"func F[T any](t T) {}":       "F",
		"func (t struct{}) F() {}":    "F",
		"func () F() {}":              "F",
		"func (a T, b T) Two() {}":    "T.Two",
		"func (t *pkg.T) Foreign(){}": "Foreign",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+decl, parser.SkipObjectResolution)
		if file == nil {
			t.Fatalf("%s: %v", decl, err)
		}
		if got := FuncName(file.Decls[0].(*ast.FuncDecl)); got != want {
			t.Errorf("FuncName(%s) = %q, want %q", decl, got, want)
		}
	}
}

// The declarations of chapter 2, against those of chapter 1.
func TestChanges(t *testing.T) {
	t.Parallel()
	b, err := open(t, `
-- go.mod --
module m
-- chapters/01-a/a.go --
package a

// A is here.
const A, B = 1, 2

type T struct {
	// X counts.
	X int
}

func (t *T) M(a int) int { return a }

var Same = 1
-- chapters/02-b/b.go --
package b

import "io"

const (
	A = 1 // another comment, and another form
	B = 3
)

type T struct {
	// X is called otherwise.
	X int
}

type (
	I interface{ io.Reader }
	N []byte
	G[K comparable] struct{}
)

// M does more.
//
//course:exercise 2.1
func (t *T) M(
	a int,
) int {
	return a + 1
}

var Same, _ = 1, 2

func init() {}
`)
	if err != nil {
		t.Fatal(err)
	}
	changes, before, err := b.Changes(b.Chapter(2))
	if err != nil || before != b.Chapter(1) {
		t.Fatalf("Changes() = %v, %v, want chapter 1 before", before, err)
	}
	at := func(line int) Position { return Position{File: "chapters/02-b/b.go", Line: line} }
	want := []Change{
		{Name: "A", Text: "const A", At: at(6), Changed: true},
		{Name: "B", Text: "const B", At: at(7), Changed: true},
		{Name: "I", Text: "type I interface", At: at(16)},
		{Name: "N", Text: "type N []byte", At: at(17)},
		{Name: "G", Text: "type G[K comparable] struct", At: at(18)},
		{Name: "T.M", Text: "func (t *T) M(a int) int", ID: "2.1", At: at(24), Changed: true},
		{Name: "Same", Text: "var Same", At: at(30), Changed: true},
		{Name: "init", Text: "func init()", At: at(32)},
	}
	if diff := cmp.Diff(want, changes, cmpopts.IgnoreUnexported(Change{})); diff != "" {
		t.Errorf("Changes() mismatch (-want +got):\n%s", diff)
	}
	all, before, err := b.Changes(b.Chapter(1))
	if err != nil || before != nil || len(all) != 5 {
		t.Errorf("Changes() of the first chapter = %v, %v, %v, want all five of its declarations", all, before, err)
	}
}

// What a caller cannot see is no change of a signature.
func TestSameTypes(t *testing.T) {
	t.Parallel()
	const sig = "func (e *Encoder) Encode(typ int64, data []byte) (n int, err error)"
	for other, want := range map[string]bool{
		sig: true,
		"func (x *Encoder) Encode(a int64, b []byte) (int, error)":               true,
		"func (*Encoder) Encode(int64, []byte) (n int, err error)":               true,
		"func (e Encoder) Encode(typ int64, data []byte) (n int, err error)":     false,
		"func (e *Encoder) Encode(typ int, data []byte) (n int, err error)":      false,
		"func (e *Encoder) Encode(typ, data []byte) (n int, err error)":          false,
		"func (e *Encoder) Encode(typ int64, data ...byte) (n int, err error)":   false,
		"func (e *Encoder) Encode(typ int64, data []byte) (err error)":           false,
		"func (e *Encoder) Encode(a, typ int64, data []byte) (n int, err error)": false,
		"func Encode(typ int64, data []byte) (n int, err error)":                 false,
		"what no parser takes": false,
	} {
		if got := sameTypes(sig, other); got != want {
			t.Errorf("sameTypes(%s, %s) = %t, want %t", sig, other, got, want)
		}
	}
	if !sameTypes("func F(a, b int)", "func F(a int, b int)") {
		t.Error("sameTypes() tells (a, b int) from (a int, b int)")
	}
}

// Additions are the learner's own: what the reference does not declare, in the
// files that parse.
func TestAdditions(t *testing.T) {
	t.Parallel()
	b, err := open(t, `
-- go.mod --
module m
-- chapters/01-a/a.go --
package a

func F() {}

type T struct{}
-- chapters/01-a/exercise/a.go --
package a

func F(n int) {}

type T int

func (t T) F() {}
-- chapters/01-a/exercise/broken.go --
package a

func Hidden() {
-- chapters/01-a/exercise/mine.go --
package a

const answer = 42
-- chapters/01-a/exercise/mine_test.go --
package a

func NotThis() {}
`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Additions(b.Chapter(1))
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Name: "T.F", Text: "func (t T) F()", At: Position{File: "chapters/01-a/exercise/a.go", Line: 7}},
		{Name: "answer", Text: "const answer", At: Position{File: "chapters/01-a/exercise/mine.go", Line: 3}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Change{})); diff != "" {
		t.Errorf("Additions() mismatch (-want +got):\n%s", diff)
	}
}
