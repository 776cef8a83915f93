package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRenameProject renames a copy of this project, twice. The new paths sort
// before and behind its dependencies'. Renamed, it builds, and the old path
// stands nowhere; renamed back, it is what it was, byte by byte.
func TestRenameProject(t *testing.T) {
	t.Parallel()
	project, old, err := find(".")
	if err != nil {
		t.Fatal(err)
	}
	// Put together, or the way back would rename them in this file too.
	first, second := "a.test"+"/a-log", "z.test"+"/some/log/v3"
	before := read(t, project)
	dir := write(t, before)
	do(t, filepath.Join(dir, "scripts"), 0, "-force", first)
	absent(t, dir, old)
	build(t, dir)
	do(t, dir, 0, "-force", second)
	absent(t, dir, first)
	do(t, dir, 0, "-force", old)
	if diff := cmp.Diff(before, read(t, dir)); diff != "" {
		t.Errorf("renamed there and back, the project differs (-before +after):\n%s", diff)
	}
}

// absent looks for a path everywhere, also in what is no text and in names.
func absent(t *testing.T, dir, path string) {
	t.Helper()
	for name, text := range read(t, dir) {
		if at := strings.Index(text, path); at >= 0 {
			t.Errorf("%s:%d still says %s", name, 1+strings.Count(text[:at], "\n"), path)
		}
		if strings.Contains(name, path) {
			t.Errorf("%s is still called so", name)
		}
	}
}

// build compiles what has the most to do with paths: packages that import one
// another, and the tests of this command.
func build(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{
		{"build", "./chapters/...", "./final/disk", "./scripts/rename"},
		{"vet", "./chapters/course", "./scripts/rename"},
	} {
		command := exec.Command("go", args...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", command, err, out)
		}
	}
}
