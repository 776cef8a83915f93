package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// read returns the files below a folder by name, without git's.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == ".git" && entry.IsDir() {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() || entry.Name() == ".git" {
			return nil
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// write puts files into a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// archive reads the files of a txtar archive.
func archive(text string) map[string]string {
	files := map[string]string{}
	for _, file := range txtar.Parse([]byte(text)).Files {
		files[file.Name] = string(file.Data)
	}
	return files
}

// do runs the command in dir and wants an exit code.
func do(t *testing.T, dir string, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(dir, args, &out, &errs); got != want {
		t.Fatalf("rename %q = exit code %d, want %d:\n%s%s", args, got, want, &out, &errs)
	}
	return out.String(), errs.String()
}

func TestRename(t *testing.T) {
	t.Parallel()
	dir := write(t, archive(`
-- go.mod --
module old.test/log

require old.test/logger v1.0.0
-- nested/go.mod --
module old.test/log/nested

require old.test/log v0.0.0

replace old.test/log => ..
-- a.go --
// Package a imports [old.test/log/b].
package a

import (
	"go.test/x"
	alias "old.test/log/b"
	"old.test/logger"
)

// Not ours: older.old.test/log, old.test/log-x, old.test/logs, me@old.test/log.
var mod = "module old.test/log\n\nreplace old.test/log/b => ./b" + `+"`old.test/log` + `old\\.test/log/.*` + \"old\\\\.test/log\""+`
-- unsorted.go --
package a

import ("old.test/log/b"; "a.test/x")
-- broken.go --
package a (
import "old.test/log/b"
-- page.md --
See https://docs.test/old.test/log, old.test/log/b and old.test/log.
`))
	if err := os.WriteFile(filepath.Join(dir, "image"), []byte("old.test/log\x00"), 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ := do(t, dir, 0, "-force", "a.test/new/log")
	got := read(t, dir)
	want := archive(`
-- go.mod --
module a.test/new/log

require old.test/logger v1.0.0
-- nested/go.mod --
module a.test/new/log/nested

require a.test/new/log v0.0.0

replace a.test/new/log => ..
-- a.go --
// Package a imports [a.test/new/log/b].
package a

import (
	alias "a.test/new/log/b"
	"go.test/x"
	"old.test/logger"
)

// Not ours: older.old.test/log, old.test/log-x, old.test/logs, me@old.test/log.
var mod = "module a.test/new/log\n\nreplace a.test/new/log/b => ./b" + ` + "`a.test/new/log` + `a\\.test/new/log/.*` + \"a\\\\.test/new/log\"" + `
-- unsorted.go --
package a

import ("a.test/new/log/b"; "a.test/x")
-- broken.go --
package a (
import "a.test/new/log/b"
-- page.md --
See https://docs.test/a.test/new/log, a.test/new/log/b and a.test/new/log.
`)
	want["image"] = "old.test/log\x00"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree mismatch (-want +got):\n%s", diff)
	}
	const report = "a.go: 7\nbroken.go: 1\ngo.mod: 1\nnested/go.mod: 3\npage.md: 3\nunsorted.go: 1\n" +
		"old.test/log is now a.test/new/log: 16 mentions in 6 files\n"
	if diff := cmp.Diff(report, out); diff != "" {
		t.Errorf("output mismatch (-want +got):\n%s", diff)
	}
}

func TestRenameRefuses(t *testing.T) {
	t.Parallel()
	module := map[string]string{"go.mod": "module old.test/log\n"}
	for _, test := range []struct {
		name, arg, want string
		files           map[string]string
	}{
		{"no_host", "log", "missing dot in first path element", module},
		{"upper_case_host", "A.test/log", "invalid char", module},
		{"address", "https://a.test/log", "malformed module path", module},
		{"slash_at_the_end", "a.test/log/", "trailing slash", module},
		{"same", "old.test/log", "is called old.test/log already", module},
		{"no_module_line", "a.test/log", "has no module line", map[string]string{"go.mod": "go 1.26\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := write(t, test.files)
			if _, errs := do(t, dir, 1, "-force", test.arg); !strings.Contains(errs, test.want) {
				t.Errorf("rename %s says %q, want %q in it", test.arg, errs, test.want)
			}
			if diff := cmp.Diff(test.files, read(t, dir)); diff != "" {
				t.Errorf("refused, and changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestRenameUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"a.test/b", "a.test/c"}, {"-unknown"}} {
		if _, errs := do(t, ".", 2, args...); !strings.Contains(errs, "usage: go run ./scripts/rename") {
			t.Errorf("rename %q says %q, want the usage", args, errs)
		}
	}
	do(t, ".", 0, "-help")
}

// TestRenameDirty renames a clean tree of git, and refuses one with a change,
// of a file that git knows or of another.
func TestRenameDirty(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := write(t, map[string]string{"go.mod": "module old.test/log\n"})
	if _, errs := do(t, dir, 1, "a.test/log"); !strings.Contains(errs, "use -force to rename without git") {
		t.Errorf("outside of git rename says %q", errs)
	}
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "go.mod"},
		{"-c", "user.name=a", "-c", "user.email=a@b.test", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "x"},
	} {
		git := exec.Command("git", args...)
		git.Dir = dir
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", git, err, out)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, errs := do(t, dir, 1, "a.test/log"); !strings.Contains(errs, "the tree has changes (?? new)") {
		t.Errorf("with a new file rename says %q", errs)
	}
	if err := os.Remove(filepath.Join(dir, "new")); err != nil {
		t.Fatal(err)
	}
	do(t, dir, 0, "a.test/log")
	if _, errs := do(t, dir, 1, "a.test/other"); !strings.Contains(errs, "the tree has changes (M go.mod)") {
		t.Errorf("with a changed file rename says %q", errs)
	}
	do(t, dir, 0, "-force", "a.test/other")
}
