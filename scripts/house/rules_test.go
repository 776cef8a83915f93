package house_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"example.com/logbook/scripts/house"
)

// tree writes the files of an archive to a folder of the test.
func tree(t *testing.T, archive string) string {
	t.Helper()
	files := map[string]string{}
	for _, file := range txtar.Parse([]byte(archive)).Files {
		files[file.Name] = string(file.Data)
	}
	return write(t, files)
}

// expect compares breaches with those wanted, which may be the beginnings of
// lines.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	short := append([]string{}, got...)
	for i := range min(len(short), len(want)) {
		if strings.HasPrefix(short[i], want[i]) {
			short[i] = want[i]
		}
	}
	if diff := cmp.Diff(append([]string{}, want...), short); diff != "" {
		t.Errorf("breaches mismatch (-want +got):\n%s", diff)
	}
}

// pkg is one package of a module m.test/m, as go list would describe it.
func pkg(rel string, imports ...string) house.Package {
	return house.Package{
		ImportPath: "m.test/m/" + rel,
		Module:     &house.Module{Path: "m.test/m", Main: true},
		Imports:    imports,
	}
}

func TestImportsSeesBreaches(t *testing.T) {
	t.Parallel()
	const (
		disk    = "m.test/m/final/disk"
		wal     = "m.test/m/final/wal"
		records = "m.test/m/chapters/01-records"
		raft    = "go.etcd.io/raft/v3/raftpb"
		wire    = "google.golang.org/protobuf/encoding/protowire"
		proto   = "google.golang.org/protobuf/proto"
	)
	good := []house.Package{
		{ImportPath: raft, Imports: []string{"elsewhere.test/x"}, Module: &house.Module{Path: "go.etcd.io/raft/v3"}},
		pkg("final/disk", "io", "log/slog"),
		pkg("final/wal", disk, raft, proto),
		pkg("final/raftnode", wal),
		pkg("chapters/course"),
		pkg("chapters/01-records", wire, disk, "m.test/m/chapters/course"),
		pkg("chapters/01-records/recordstest", records, "github.com/google/go-cmp/cmp"),
		pkg("chapters/03-snapshots", records, raft),
		pkg("scripts/course", "elsewhere.test/y"),
		pkg("final/cmd/logbook", wal, "elsewhere.test/y"),
	}
	tested := pkg("final/snap")
	tested.XTestImports = []string{"m.test/m/final/snap", records + "/recordstest", records}
	broken := pkg("final/layout")
	broken.Error = &struct{ Err string }{"no such file"}
	for _, test := range []struct {
		name string
		add  house.Package
		want []string
	}{
		{name: "nothing"},
		{"disk_takes_more_than_std", pkg("final/disk/os", raft), []string{"final/disk/os: imports " + raft + ", which"}},
		{"wal_through_another", pkg("final/wal/x", "m.test/m/final/internal/y"), []string{
			"final/wal/x: imports final/internal/y, which imports elsewhere.test/x, which its room"}},
		{"chapter_one_takes_raft", pkg("chapters/01-x", raft), []string{"chapters/01-x: imports " + raft}},
		{"chapter_one_takes_more_protobuf", pkg("chapters/01-x", proto), []string{"chapters/01-x: imports " + proto}},
		{"a_later_chapter", pkg("chapters/02-x", "m.test/m/chapters/03-snapshots"), []string{"chapters/02-x: imports chapters/03-snapshots"}},
		{"exercise_takes_the_reference", pkg("chapters/01-records/exercise", records), []string{"chapters/01-records/exercise: imports chapters/01-records"}},
		{"final_takes_a_chapter", pkg("final/wal/x", records), []string{"final/wal/x: imports chapters/01-records"}},
		{"command_takes_a_chapter", pkg("final/cmd/x", "m.test/m/scripts/z"), []string{
			"final/cmd/x: imports scripts/z, which imports chapters/01-records, which its room"}},
		{"no_room", pkg("elsewhere"), []string{"elsewhere: belongs to no room"}},
		{"a_test", tested, []string{"final/snap: a test imports chapters/01-records, which"}},
		{"not_loaded", broken, []string{"final/layout: no such file"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			packages := append(good[:len(good):len(good)], test.add)
			if test.name == "wal_through_another" {
				hidden := pkg("final/internal/y", "elsewhere.test/x")
				hidden.ImportPath = "m.test/m/final/internal/y"
				packages = append(packages, hidden)
				test.want = append(test.want, "final/internal/y: imports elsewhere.test/x")
			}
			if test.name == "command_takes_a_chapter" {
				packages = append(packages, pkg("scripts/z", records))
			}
			if test.name == "nothing" {
				packages = good
			}
			expect(t, house.Imports(packages), test.want...)
		})
	}
	t.Run("empty_list", func(t *testing.T) {
		t.Parallel()
		expect(t, house.Imports(nil), "no package of a main module")
	})
}

func TestListSeesTheTree(t *testing.T) {
	t.Parallel()
	dir := tree(t, `
-- go.mod --
module m.test/m

go 1.26
-- final/disk/disk.go --
package disk

import _ "m.test/m/chapters/01-x"
-- final/disk/disk_windows.go --
package disk

import _ "m.test/m/final/layout"
-- final/layout/layout.go --
package layout
-- chapters/01-x/x.go --
package x
`)
	for goos, want := range map[string][]string{
		"linux":   {"final/disk: imports chapters/01-x"},
		"windows": {"final/disk: imports chapters/01-x", "final/disk: imports final/layout"},
	} {
		packages, err := house.List(dir, goos, "amd64")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, house.Imports(packages), want...)
	}
}

func TestRequiresSeesBreaches(t *testing.T) {
	t.Parallel()
	dir := tree(t, `
-- go.mod --
module m.test/m

require (
	go.etcd.io/raft/v3 v3.7.0
	go.etcd.io/etcd/server/v3 v3.7.3
)
-- scripts/compat/go.mod --
module m.test/m/scripts/compat

require go.etcd.io/etcd/server/v3 v3.7.3
-- scripts/other/go.mod --
module m.test/m/scripts/other

require go.etcd.io/bbolt v1.4.0
`)
	expect(t, house.Requires(dir),
		"go.mod:5: requires go.etcd.io/etcd/server/v3",
		"scripts/other/go.mod:3: requires go.etcd.io/bbolt")
}

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

func TestLinesSeesBreaches(t *testing.T) {
	t.Parallel()
	lines := func(n int) string { return strings.Repeat("//\n", n) }
	dir := tree(t, "-- a.go --\n"+lines(house.MaxLines)+"-- b.go --\n"+lines(house.MaxLines+1)+
		"-- c.go --\n// Code generated by x. DO NOT EDIT.\n"+lines(house.MaxLines)+"-- d.md --\n"+lines(house.MaxLines+1)+
		"-- .git/e.go --\n"+lines(house.MaxLines+1))
	expect(t, house.Lines(dir), "b.go:501: longer than 500 lines")
}

func TestWordsSeesBreaches(t *testing.T) {
	t.Parallel()
	// The words are put together here, or this file would break the rule.
	slash := "/"
	dir := tree(t, "-- a.md --\nsee "+slash+"home/jo/x\nsee /srv/x/y\n"+
		"-- b.go --\n// "+slash+"root/x\n// C:"+`\Users\jo`+"\n-- c.txt --\nhttps://proxy."+"golang.org\nimport path golang.org/x/mod\n"+
		"-- d --\nand "+slash+"here/i/am"+slash+"x\nfinal/root/x\n")
	expect(t, house.Words(dir, []string{"/here/i/am"}),
		`a.md:1: "`+slash+`home/jo/"`, `b.go:1: "`+slash+`root/"`, `b.go:2: `, `c.txt:1: "proxy.`, `d:1: "/here/i/am"`)
}

func TestLinksSeesBreaches(t *testing.T) {
	t.Parallel()
	dir := tree(t, "-- README.md --\n"+`# A title, with `+"`code`"+`
# Twice
# Twice
<a id="here"></a>
[good](docs/x.md) [good](docs/x.md#a-heading--more) [good](#twice-1) [good](#here) [good](#a-title-with-code)
[good](https://elsewhere.test/absent) [good](docs) ![good](docs/p.svg) [good](/docs/x.md) [good](docs/x.go#L2)
`+"`[code](absent)`"+`
[bad](absent.md) [bad](docs/x.md#absent) [bad](#twice-2) [bad](../x.md) [bad](docs/x.go#L3)
![bad](absent.svg) <img src="absent.png">
[bad]: docs/absent.md
`+"```\n[code](absent)\n# Code\n```\n[bad](#code)\n"+"-- docs/x.md --\n## A [heading](y.md) — more\n[bad](#here)\n-- docs/x.go --\npackage x\n//\n-- docs/p.svg --\n<svg/>\n-- docs/y.md --\n")
	expect(t, house.Links(dir),
		"README.md:8: absent.md leads to no file", "README.md:8: docs/x.md#absent: docs/x.md has no such anchor", "README.md:8: #twice-2: ",
		"README.md:8: ../x.md leads out of the project", "README.md:8: docs/x.go#L3: ",
		"README.md:9: absent.svg leads to no file", "README.md:9: absent.png leads to no file",
		"README.md:10: docs/absent.md leads to no file", "README.md:15: #code: ", "docs/x.md:2: #here: ")
}
