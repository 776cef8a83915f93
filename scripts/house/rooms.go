package house

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// Modules from elsewhere, as patterns: what a module needs itself comes with it.
const (
	raft      = "go.etcd.io/raft/v3/..."
	protobuf  = "google.golang.org/protobuf/..."
	protowire = "google.golang.org/protobuf/encoding/protowire"
	goCmp     = "github.com/google/go-cmp/..."
	scripts   = "github.com/rogpeppe/go-internal/..."
	tools     = "golang.org/x/tools/..."
	txtar     = "golang.org/x/tools/txtar"
)

// suites are the conformance suites of the chapters. Tests of final may put
// final to them: what chapters and final share is proof, not code.
const suites = "chapters/*/*test"

// crashLab is for the tests, suites and demos of the chapters; what they test
// knows nothing of it.
const crashLab = "final/disk/crash"

// A room is a folder of the module, and what its packages may import beside
// the standard library and each other. A pattern is a path of this module,
// relative to it, or of another one; "..." at its end stands for all below.
type room struct {
	folder string   // a pattern
	may    []string // production code, through other packages too
	tests  []string // what its tests may import directly, beside that
	all    bool     // anything that earns its place, but no chapter
}

// rooms is the table; a chapter's rooms depend on its number and are made by
// [chapter]. The first that fits a package is its room.
var rooms = []room{
	{folder: "chapters/course"},
	{folder: "chapters/course/crashlab", may: []string{"final/disk", crashLab}},
	{folder: "chapters/course/suite", may: []string{"final/disk"}},
	{folder: "final/disk/crash", may: []string{"final/disk"}, tests: proofs},
	{folder: "final/disk/...", tests: proofs},
	{folder: "final/layout/...", tests: proofs},
	{folder: "final/internal/torture", may: slices.Concat(node, []string{crashLab}), tests: proofs},
	{folder: "final/internal/...", may: []string{"final/disk", raft, protobuf}, tests: proofs},
	{folder: "final/wal/...", may: []string{"final/disk", "final/internal/...", raft, protobuf}, tests: proofs},
	{folder: "final/snap/...", may: []string{"final/disk", "final/internal/...", raft, protobuf}, tests: proofs},
	{folder: "final/storage/...", may: node, tests: proofs},
	{folder: "final/kv/...", may: node, tests: proofs},
	{folder: "final/raftnode/...", may: slices.Concat(node, []string{"final/storage", "final/kv"}), tests: proofs},
	{folder: "final", may: slices.Concat(node, []string{"final/storage", "final/kv", "final/raftnode"})},
	{folder: "final/cmd/...", all: true, tests: []string{suites}},
	{folder: "scripts/...", all: true, tests: []string{"chapters/..."}},
}

var (
	node   = []string{"final/disk", "final/internal/...", "final/wal", "final/snap", raft, protobuf}
	proofs = []string{"final/...", suites, raft, protobuf, goCmp, scripts, tools}
)

var chapterPath = regexp.MustCompile(`^chapters/(\d\d)-[^/]+(/.*)?$`)

// chapter returns the room of a package in a chapter. Raft comes in with the
// third. What lies below a chapter may import it, as its suite does to make
// inputs; an exercise may not, or it could be solved by a call.
func chapter(rel string) (room, bool) {
	m := chapterPath.FindStringSubmatch(rel)
	if m == nil {
		return room{}, false
	}
	number, below := m[1], m[2]
	own := strings.TrimSuffix(rel, below) + "/..."
	r := room{folder: rel, may: []string{"final/disk", "final/layout", "chapters/course", protowire}}
	if number >= "03" {
		r.may = append(r.may, raft, protobuf)
	}
	r.tests = []string{goCmp, txtar, scripts, crashLab, "chapters/course/crashlab", own}
	if below != "" && below != "/exercise" {
		r.may = append(r.may, own, crashLab)
	}
	if strings.HasSuffix(below, "test") || strings.HasPrefix(below, "/testdata/") {
		r.may = append(r.may, goCmp, txtar, "chapters/course/suite")
	}
	return r, true
}

// roomOf returns the room of the package at a path relative to the module.
func roomOf(rel string) (room, bool) {
	if r, ok := chapter(rel); ok {
		return r, true
	}
	for _, r := range rooms {
		if fits(r.folder, rel) {
			return r, true
		}
	}
	return room{}, false
}

// allows reports whether production code of the package at from, in this
// room, may import to. Both are relative to the module where they belong to it.
func (r room) allows(from, to string) bool {
	switch {
	case standard(to), fits(r.folder, to), earlier(from, to):
		return true
	case r.all:
		return strings.HasPrefix(from, "scripts/") || !strings.HasPrefix(to, "chapters/")
	}
	return fitsOne(r.may, to)
}

// allowsTest is the same for what a test of the package imports directly.
func (r room) allowsTest(from, to string) bool {
	return r.allows(from, to) || fitsOne(r.tests, to)
}

// earlier reports whether to is a chapter, not its suite or exercise, before
// the one of from.
func earlier(from, to string) bool {
	f, t := chapterPath.FindStringSubmatch(from), chapterPath.FindStringSubmatch(to)
	return f != nil && t != nil && t[1] < f[1] && t[2] == ""
}

func fitsOne(patterns []string, importPath string) bool {
	for _, pattern := range patterns {
		if fits(pattern, importPath) {
			return true
		}
	}
	return false
}

func fits(pattern, importPath string) bool {
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return importPath == below || strings.HasPrefix(importPath, below+"/")
	}
	ok, err := path.Match(pattern, importPath)
	return ok && err == nil
}

// standard reports whether an import path belongs to the standard library. A
// path relative to the module begins with one of its rooms' folders.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && first != "chapters" && first != "final" && first != "scripts"
}
