package stub_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/logbook/scripts/course/internal/stub"
)

const desk = "chapters/01-one/exercise/one.go"

// run runs the command and checks its exit code. It returns all that was said.
func run(t *testing.T, root string, want int, args ...string) string {
	t.Helper()
	var out strings.Builder
	if got := stub.Run(root, args, &out, &out); got != want {
		t.Fatalf("stubs %q: exit code %d, want %d:\n%s", args, got, want, &out)
	}
	return out.String()
}

func contains(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
}

func TestStubsWritesTheDeskOnce(t *testing.T) {
	t.Parallel()
	root := project(t).Root
	contains(t, run(t, root, 1, "-check"), desk+": missing")
	contains(t, run(t, root, 0), desk)
	if out := run(t, root, 0); out != "" {
		t.Errorf("the second run wrote again:\n%s", out)
	}
	run(t, root, 0, "-check")
}

func TestStubsKeepsWork(t *testing.T) {
	t.Parallel()
	root := project(t).Root
	run(t, root, 0)
	solved := get(t, root, "chapters/01-one/one.go")
	put(t, root, desk, solved)
	put(t, root, "chapters/01-one/exercise/mine.go", "package one\n")
	os.Remove(filepath.Join(root, "chapters/01-one/exercise/two.go"))

	contains(t, run(t, root, 1, "-check"), desk+": not the stub", "mine.go: not generated", "two.go: missing")
	contains(t, run(t, root, 1), desk+": holds work", "nothing was written")
	if get(t, root, desk) != solved {
		t.Error("the work is gone")
	}
	if _, err := os.Stat(filepath.Join(root, "chapters/01-one/exercise/two.go")); err == nil {
		t.Error("another file was written although the command refused")
	}
	run(t, root, 0, "-force")
	contains(t, get(t, root, desk), "TODO")
	if get(t, root, "chapters/01-one/exercise/mine.go") == "" {
		t.Error("a file of the learner's own is gone")
	}
}

// A maintainer changes a reference and renames a file. The desk still is the
// one of the last commit, so there is no work to lose.
func TestStubsReplacesTheStubsOfHead(t *testing.T) {
	t.Parallel()
	root := project(t).Root
	run(t, root, 0)
	git(t, root, "init", "-q")
	commit(t, root)

	reference := get(t, root, "chapters/01-one/one.go")
	put(t, root, "chapters/01-one/one.go", strings.Replace(reference, "returns 1", "returns one", 1))
	os.Rename(filepath.Join(root, "chapters/01-one/two.go"), filepath.Join(root, "chapters/01-one/zwei.go"))
	contains(t, run(t, root, 0), desk, "exercise/two.go", "exercise/zwei.go")
	contains(t, get(t, root, desk), "returns one", "TODO")
	run(t, root, 0, "-check")
}

// A reference was committed without its desk. What is on the desk is what was
// committed there, and nothing in it is solved; or something is.
func TestStubsReplacesWhatIsCommittedAndUnsolved(t *testing.T) {
	t.Parallel()
	root := project(t).Root
	run(t, root, 0)
	reference := get(t, root, "chapters/01-one/one.go")
	put(t, root, "chapters/01-one/one.go", strings.Replace(reference, "returns 1", "returns one", 1))
	git(t, root, "init", "-q")
	commit(t, root)
	contains(t, run(t, root, 0), desk)

	put(t, root, desk, reference)
	commit(t, root)
	contains(t, run(t, root, 1), desk+": holds work")
}

func commit(t *testing.T, root string) {
	t.Helper()
	git(t, root, "add", ".")
	git(t, root, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a")
}

func git(t *testing.T, root string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	if out, err := exec.Command("git", append([]string{"-C", root}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func TestStubsWrongUse(t *testing.T) {
	t.Parallel()
	contains(t, run(t, t.TempDir(), 2, "-check", "-force"), "usage: course stubs")
	contains(t, run(t, t.TempDir(), 2, "what"), "usage: course stubs")
	contains(t, run(t, t.TempDir(), 0, "-h"), "usage: course stubs")
	contains(t, run(t, t.TempDir(), 1), "go.mod")
}
