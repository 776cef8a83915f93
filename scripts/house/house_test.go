package house_test

import (
	"go/build"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/mod/modfile"

	"example.com/logbook/scripts/house"
)

// root returns the folder of the project: the tests of a package run in its own.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// module returns the path that go.mod gives the project.
func module(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	return modfile.ModulePath(text)
}

// report makes an error of every breach.
func report(t *testing.T, breaches []string) {
	t.Helper()
	for _, breach := range breaches {
		t.Error(breach)
	}
}

// TestImports puts every package to its room, on every platform that the
// project is built for: a file for one of them may import something else.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, platform := range [][2]string{{"linux", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"js", "wasm"}} {
		t.Run(platform[0], func(t *testing.T) {
			t.Parallel()
			packages, err := house.List(root(t), platform[0], platform[1])
			if err != nil {
				t.Fatal(err)
			}
			report(t, house.Imports(packages))
		})
	}
}

func TestRequires(t *testing.T) {
	t.Parallel()
	report(t, house.Requires(root(t)))
}

func TestDocs(t *testing.T) {
	t.Parallel()
	packages, err := house.List(root(t), runtime.GOOS, runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{}
	for _, p := range packages {
		dirs[p.ImportPath] = p.Dir
	}
	report(t, house.Docs(root(t), module(t), func(importPath string) string {
		if dir, ok := dirs[importPath]; ok {
			return dir
		}
		return standard(importPath)
	}))
}

// standard returns the folder of a package of the standard library, or "".
func standard(importPath string) string {
	dir := filepath.Join(build.Default.GOROOT, "src", filepath.FromSlash(importPath))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

func TestLines(t *testing.T) {
	t.Parallel()
	report(t, house.Lines(root(t)))
}

func TestWords(t *testing.T) {
	t.Parallel()
	words, err := house.Machine(root(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(words) == 0 {
		t.Error("Machine() = no words: the rule would judge little")
	}
	report(t, house.Words(root(t), words))
}

func TestLinks(t *testing.T) {
	t.Parallel()
	report(t, house.Links(root(t)))
}
