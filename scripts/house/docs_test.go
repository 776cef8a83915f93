package house_test

import (
	"path/filepath"
	"testing"

	"example.com/logbook/scripts/house"
)

func TestDocsSeesBreaches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{"good", `// Package p does. See [T], [T.M], [I.N], [io.EOF], [m.test/m/q.Q] and [m.test/m/q].
// An index, as in entries[i], or a range [0,1), is no link.
package p

import "io"

// T is one.
type T struct {
	// A and B are two.
	A int
	B int

	C int // is another
	d int
}

// An I is one.
type I interface {
	// N does nothing.
	N()
}

// M does nothing.
func (t *T) M(io.Reader) {}

// Numbers.
const (
	X = 1
	Y = 2
)
`, nil},
		{"no_package_comment", "package p\n", []string{"p/p.go:1: package p has no package comment"}},
		{"blank_line", "// Package p does.\n\npackage p\n", []string{
			"p/p.go:1: a blank line below the package comment", "p/p.go:3: package p has no package comment"}},
		{"other_beginning", "// The package p does.\npackage p\n", []string{`p/p.go:1: the package comment must begin "Package p"`}},
		{"command", "// Package p does.\npackage main\n", []string{`p/p.go:1: the package comment must begin "Command p"`}},
		{"undocumented", `// Package p does.
package p

type T struct {
	A int
}

func (T) M() {}

func (t) M() {}

func F() {}

var V = 1

const (
	X = 1
	Y = 2 // is said
)

type t struct{ A int }

// Named is something else.
type I interface{ N() }

//go:noinline
func G() {}
`, []string{
			"p/p.go:4: T has no doc comment", "p/p.go:5: T.A has no comment", "p/p.go:8: M has no doc comment",
			"p/p.go:12: F has no doc comment", "p/p.go:14: V has no doc comment", "p/p.go:17: X has no comment, nor has its group",
			"p/p.go:23: the doc comment of I must begin with its name", "p/p.go:24: I.N has no comment", "p/p.go:27: G has no doc comment"}},
		{"prefix_of_a_longer_word", "// Package p does.\npackage p\n\n// Fit does.\nfunc F() {}\n", []string{"p/p.go:4: the doc comment of F must begin"}},
		{"a_comment_that_names_another", "// Package p does.\npackage p\n\n// T is.\ntype T struct {\n\t// A is.\n\tA int\n\tB int\n}\n", []string{"p/p.go:8: T.B has no comment"}},
		{"links", `// Package p does. See [Absent], [io.EOF], [m.test/m/q.Absent], [m.test/m/absent.Q].
//
//	a code block may say [Anything]
//
// [unused]: https://example.org
package p

// F is like [T.M].
func F() {}
`, []string{
			"p/p.go:1: [Absent] leads nowhere", "p/p.go:1: /m.test/m/q#Absent leads nowhere", "p/p.go:1: /m.test/m/absent#Q leads nowhere",
			"p/p.go:1: nothing in this comment links to [unused]", "p/p.go:8: [T.M] leads nowhere"}},
		{"not_go", "package\n", []string{"ERR"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, "-- q/q.go --\n// Package q is another.\npackage q\n\n// Q is there.\nconst Q = 1\n"+
				"-- p/testdata/x.go --\npackage x\n-- p/p_test.go --\npackage p\n\nfunc F() {}\n-- p/p.go --\n"+test.file)
			got := house.Docs(dir, "m.test/m", func(importPath string) string {
				if importPath == "m.test/m/q" {
					return filepath.Join(dir, "q")
				}
				return standard(importPath)
			})
			if test.name == "not_go" && len(got) > 0 {
				return
			}
			expect(t, got, test.want...)
		})
	}
	t.Run("two_comments", func(t *testing.T) {
		t.Parallel()
		dir := tree(t, "-- p/a.go --\n// Package p does.\npackage p\n-- p/b.go --\n// Package p does too.\npackage p\n")
		expect(t, house.Docs(dir, "m.test/m", standard), "p/b.go:1: package p has a second package comment")
	})
}
