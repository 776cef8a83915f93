package verify

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/stub"
	"example.com/logbook/scripts/course/internal/weave"
)

// The courses of these tests lie in other folders each time. Without -trimpath
// their packages would be compiled anew for each.
func TestMain(m *testing.M) {
	os.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -trimpath"))
	os.Exit(m.Run())
}

// healthy returns the files of testdata/mini.txtar, stubs made and page woven.
var healthy = sync.OnceValues(func() (map[string]string, error) {
	dir, err := os.MkdirTemp("", "mini")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files, err := mini()
	if err == nil {
		err = lay(dir, files)
	}
	if err != nil {
		return nil, err
	}
	var said strings.Builder
	if weave.Run(dir, nil, io.Discard, &said) != 0 || stub.Run(dir, nil, io.Discard, &said) != 0 {
		return nil, errorString(said.String())
	}
	return readAll(dir)
})

type errorString string

func (e errorString) Error() string { return string(e) }

// mini returns the files of the archive with what it lacks: the project's own
// package course, and words.
func mini() (map[string]string, error) {
	archive, err := txtar.ParseFile("testdata/mini.txtar")
	if err != nil {
		return nil, err
	}
	root, err := book.Find(".")
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	course := filepath.Join(root, "chapters", "course")
	names, err := book.SourceFiles(course)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(course, name))
		if err != nil {
			return nil, err
		}
		files["chapters/course/"+name] = string(text)
	}
	for _, f := range archive.Files {
		files[f.Name] = strings.Replace(string(f.Data), "FILLER", strings.Repeat("word ", leastWords-1)+"word", 1)
	}
	return files, nil
}

func lay(dir string, files map[string]string) error {
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

func readAll(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		rel, _ := filepath.Rel(dir, file)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	return files, err
}

// course lays out the healthy course and breaks it: name, old text, new text.
// An empty old text stands for the whole file, whether it exists or not; with
// an empty new text the file is removed.
func course(t *testing.T, broken ...[3]string) (root string) {
	t.Helper()
	files, err := healthy()
	if err != nil {
		t.Fatal(err)
	}
	files = maps.Clone(files)
	for _, b := range broken {
		name, was, is := b[0], b[1], b[2]
		if was == "" {
			files[name] = is
			if is == "" {
				delete(files, name)
			}
			continue
		}
		if !strings.Contains(files[name], was) {
			t.Fatalf("%s has no %q", name, was)
		}
		files[name] = strings.Replace(files[name], was, is, 1)
	}
	root = t.TempDir()
	if err := lay(root, files); err != nil {
		t.Fatal(err)
	}
	return root
}

// run runs the command and checks its exit code. It returns all that was said.
func run(t *testing.T, root string, want int, args ...string) string {
	t.Helper()
	var out strings.Builder
	if got := Run(root, args, &out, &out); got != want {
		t.Fatalf("verify %q: exit code %d, want %d:\n%s", args, got, want, &out)
	}
	return out.String()
}

func TestVerifyHealthy(t *testing.T) {
	t.Parallel()
	if got, want := run(t, course(t), 0), "01-mini: 2 exercises, 2 of 2 mutants killed\n"; got != want {
		t.Errorf("verify says %q, want %q", got, want)
	}
}

const (
	reference = "chapters/01-mini/mini.go"
	onDesk    = "chapters/01-mini/exercise/mini.go"
	suite     = "chapters/01-mini/minitest/minitest.go"
	mutants   = "chapters/01-mini/testdata/mutants/"
	hints     = "chapters/01-mini/hints.md"
	prose     = "docs/01-mini.md"
)

// What verify must fail for. Each want is a part of one problem, and there are
// no other problems: what is broken in one place is not reported in another,
// and does not hide what else is wrong.
func TestVerifyFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		broken [][3]string
		want   []string
	}{{
		name: "desk_hints_and_page",
		broken: [][3]string{
			{onDesk, `panic(course.TODO("1.1"))`, "return n"},
			{hints, "### 3\nAtoi.\n", ""},
			{prose, "### 1.2 the parser", ""},
			{prose, "case n < 0:", "case n <= 0:"},
			{prose, "example.com/mini\n```", "example.com/maxi\n```"},
		},
		want: []string{
			onDesk + ": not the stub of the reference",
			"1.2: hints: 2 in " + hints + ", want 3",
			"1.2: no task: no heading ### 1.2 in the section Exercises of " + prose,
			": stale: weave chapters/01-mini Sign",
			": stale: $ go list -m (-page +command)",
		},
	}, {
		name: "mutants",
		broken: [][3]string{
			{mutants + "passes.go", "", mutantOf("1.1", "const Plus = 2 - 1")},
			{mutants + "does_not_compile.go", "", mutantOf("1.1", "const Plus = nought")},
			{mutants + "is_the_reference.go", "", mutantOf("1.2", "func (c *Counter) Count() (n int) { return c.n }")},
			{mutants + "has_another_name.go", "", mutantOf("1.1", "const Positive = 0")},
			{mutants + "is_of_another_exercise.go", "", mutantOf("1.2", "const Plus = 0")},
		},
		want: []string{
			mutants + "passes.go: passes the tests of 1.1",
			mutants + "does_not_compile.go: does not compile",
			mutants + "is_the_reference.go: its Counter.Count is the reference's",
			mutants + "has_another_name.go: it replaces nothing: none of its declarations is in the reference",
			mutants + "is_of_another_exercise.go: passes the tests of 1.2",
		},
	}, {
		name: "weakened_suite",
		broken: [][3]string{
			{suite, "impl.Sign(-7) != -1 || impl.Sign(0) != 0 || impl.Sign(7) != 1", "impl.Sign(0) != 0"},
			{suite, "I2_a_numbers_parsed_once", "a_number_is_parsed_once"},
		},
		want: []string{
			"1.1: returning zero values passes its tests",
			mutants + "plus_forgotten.go: passes the tests of 1.1",
			": no subtest is called I2_a_numbers_parsed_once",
		},
	}, {
		name:   "stub_that_is_not_skipped",
		broken: [][3]string{{suite, `why := impl.Waits("1.1"); why != ""`, `why := ""; why != ""`}},
		want:   []string{"the tests of the stubs fail", "1.1: its stub is not skipped by TestMini/1.1/I1_signs_are_three"},
	}, {
		name: "solution_that_fails_or_is_skipped",
		broken: [][3]string{
			{suite, "impl.Sign(7) != 1", "impl.Sign(7) != 2"},
			{reference, "c.n++\n", "c.n++\n\tif c.n < 0 {\n\t\tpanic(course.TODO(\"1.2\"))\n\t}\n"},
			{reference, "import (", "import (\n\t\"example.com/mini/chapters/course\""},
		},
		want: []string{
			"chapters/01-mini: the solution fails",
			"chapters/01-mini: the solution is skipped by TestMini/1.2",
			"1.2: no subtest TestMini/1.2/...",
			": no subtest is called I2_a_numbers_parsed_once",
			": no subtest is called I3_nothing_is_refused",
		},
	}, {
		name:   "no_conformance_test",
		broken: [][3]string{{"chapters/01-mini/" + stub.Conformance, "", ""}},
		want: []string{
			"chapters/01-mini: no conformance_test.go, so nothing can be proven",
			"chapters/01-mini/exercise/conformance_test.go: not generated from the reference",
			"1.1: no subtest TestMini/1.1/...",
			"1.2: no subtest TestMini/1.2/...",
			": no subtest is called I1_signs_are_three",
			": no subtest is called I2_a_numbers_parsed_once",
			": no subtest is called I3_nothing_is_refused",
		},
	}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := run(t, course(t, c.broken...), 1)
			if got := problems(out); got != len(c.want) {
				t.Errorf("%d problems, want %d", got, len(c.want))
			}
			for _, want := range c.want {
				if !strings.Contains(out, want+"\n") {
					t.Errorf("verify does not say %q", want)
				}
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// mutantOf returns a mutant's file.
func mutantOf(exercise, text string) string {
	return "//course:mutant " + exercise + "\npackage mini\n\n" + text + "\n"
}

// problems counts the problems in what verify said: not the score in front,
// the sum at the end, and the details that follow a problem.
func problems(out string) int {
	n := -2
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "- ") && !strings.HasPrefix(line, "+ ") {
			n++
		}
	}
	return n
}

func TestVerifyWrongUse(t *testing.T) {
	t.Parallel()
	root := course(t)
	for _, c := range []struct {
		code int
		arg  string
		want string
	}{{2, "-what", "usage: course verify"}, {0, "-h", "usage: course verify"}, {2, "7", `no chapter "7"`}} {
		if out := run(t, root, c.code, c.arg); !strings.Contains(out, c.want) {
			t.Errorf("verify %s does not say %q:\n%s", c.arg, c.want, out)
		}
	}
	if out := run(t, t.TempDir(), 1); !strings.Contains(out, "go.mod") {
		t.Errorf("verify outside of a project says:\n%s", out)
	}
}
