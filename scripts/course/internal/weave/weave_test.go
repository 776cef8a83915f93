package weave

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"example.com/logbook/final/layout"
)

// project lays out testdata/project.txtar and returns its root and the file
// "woven", which is what docs/01-one.md should become.
func project(t *testing.T) (root, want string) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/project.txtar")
	if err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	for _, f := range archive.Files {
		if f.Name == "woven" {
			want = string(f.Data)
			continue
		}
		put(t, root, f.Name, string(f.Data))
	}
	return root, want
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// run runs the command and checks its exit code. It returns all that was said.
func run(t *testing.T, root string, want int, args ...string) string {
	t.Helper()
	var out strings.Builder
	if got := Run(root, args, &out, &out); got != want {
		t.Fatalf("weave %q: exit code %d, want %d:\n%s", args, got, want, &out)
	}
	return out.String()
}

func TestWeave(t *testing.T) {
	t.Parallel()
	root, want := project(t)
	out := run(t, root, 1, "-check")
	for _, stale := range []string{"chapters/01-one/one.go:3: stale: ruler frame", "docs/01-one.md:3: stale: weave", "stale: table edit", "stale: $ go list -m"} {
		if !strings.Contains(out, stale) {
			t.Errorf("weave -check does not say %q:\n%s", stale, out)
		}
	}
	if diff := cmp.Diff("chapters/01-one/one.go\ndocs/01-one.md\ndocs/01-one.md\n", run(t, root, 0)); diff != "" {
		t.Errorf("weave said (-want +got):\n%s", diff)
	}
	// The ruler moved the function down; the table has the desk's new line.
	source := get(t, root, "chapters/01-one/one.go")
	desk, _, _ := strings.Cut(source, "func Length")
	line := 1 + strings.Count(desk, "\n") + 2 // the desk imports course
	want = strings.ReplaceAll(want, "LINE", strconv.Itoa(line))
	if diff := cmp.Diff(want, get(t, root, "docs/01-one.md")); diff != "" {
		t.Errorf("docs/01-one.md mismatch (-want +got):\n%s", diff)
	}
	if picture := "//\t" + strings.ReplaceAll(strings.TrimSpace(layout.Ruler("frame")), "\n", "\n//\t"); !strings.Contains(source, picture+"\n//\n// And") {
		t.Errorf("one.go has no ruler:\n%s", source)
	}
	if !strings.Contains(source, "//\tframe: this is code\n") {
		t.Errorf("one.go lost a code block:\n%s", source)
	}
	if out := run(t, root, 0); out != "" {
		t.Errorf("weaving twice changed:\n%s", out)
	}
	run(t, root, 0, "-check")
}

func TestWeaveWrongPages(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/wrong.txtar")
	if err != nil {
		t.Fatal(err)
	}
	root, _ := project(t)
	os.Remove(filepath.Join(root, "docs/01-one.md"))
	run(t, root, 0)
	for i := 0; i < len(archive.Files); i += 2 {
		page, want := archive.Files[i], archive.Files[i+1]
		t.Run(page.Name, func(t *testing.T) {
			put(t, root, "docs/page.md", string(page.Data))
			for _, args := range [][]string{{"-check"}, nil} {
				out := run(t, root, 1, args...)
				if diff := cmp.Diff(string(want.Data)+"course: places that are not woven: 1\n", out); diff != "" {
					t.Errorf("weave %q mismatch (-want +got):\n%s", args, diff)
				}
			}
			if diff := cmp.Diff(string(page.Data), get(t, root, "docs/page.md")); diff != "" {
				t.Errorf("the page was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestWeaveWrongUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		arg  string
	}{{2, "what"}, {2, "-what"}, {0, "-h"}} {
		if out := run(t, t.TempDir(), c.code, c.arg); !strings.Contains(out, "usage: course weave") {
			t.Errorf("weave %s shows no usage:\n%s", c.arg, out)
		}
	}
	if out := run(t, t.TempDir(), 1); !strings.Contains(out, "go.mod") {
		t.Errorf("weave outside of a project says:\n%s", out)
	}
}
