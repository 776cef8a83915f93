package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/scripts/house"
)

// fenced fits one fenced block: its language, its text.
var fenced = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// section returns the blocks by language of one section of the README. Of a
// language that stands there twice the test would not know which is meant.
func section(t *testing.T, heading string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("README.md has no section %q", heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	blocks := map[string]string{}
	for _, m := range fenced.FindAllStringSubmatch(rest, -1) {
		if blocks[m[1]] != "" {
			t.Fatalf("the section %q of README.md has two blocks of %s", heading, m[1])
		}
		blocks[m[1]] = m[2]
	}
	return blocks
}

// TestReadmeImport does what the README tells an importer to do: the program
// saved in a folder beside the clone, the commands run there, and the output
// compared. The program is to work on real directories, so it is run on two more,
// of which one holds a log that does not begin at entry 1.
func TestReadmeImport(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"sh", "tar"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the commands of the README are for a system with %s", tool)
		}
	}
	blocks := section(t, "Import it")
	for _, language := range []string{"go", "sh", "text"} {
		if blocks[language] == "" {
			t.Fatalf("the section has no block of %s", language)
		}
	}
	dir := write(t, map[string]string{"app/main.go": blocks["go"]})
	if err := os.Symlink(root(t), filepath.Join(dir, "logbook")); err != nil {
		t.Fatal(err)
	}
	env := append(offline(t), "GOFLAGS=-modcacherw -trimpath")
	got := command(t, filepath.Join(dir, "app"), env, "sh", "-e", "-c", blocks["sh"])
	if diff := cmp.Diff(blocks["text"], got); diff != "" {
		t.Errorf("output mismatch (-README +got):\n%s", diff)
	}
	for name, want := range map[string]string{
		"etcd-v3.7.3-cluster-n4-learner-promoted": "snapshot 193, term 2, commit 213, 21 entries; entry 215 is durable\n",
		"etcd-v3.7.3-old-leader-overwritten":      "snapshot 107, term 3, commit 107, 0 entries; entry 108 is durable\n",
	} {
		other := strings.ReplaceAll("tar xzf ../logbook/final/testdata/fixtures/NAME.tar.gz; go run . NAME", "NAME", name)
		if got := command(t, filepath.Join(dir, "app"), env, "sh", "-e", "-c", other); got != want {
			t.Errorf("on %s the program prints %q, want %q", name, got, want)
		}
	}
}

// TestReadmeStart holds the README to its promise of two commands, of which
// the second is what .ci/run takes from it.
func TestReadmeStart(t *testing.T) {
	t.Parallel()
	var commands []string
	for line := range strings.Lines(section(t, "Start")["sh"]) {
		line, _, _ = strings.Cut(line, "#")
		commands = append(commands, strings.TrimSpace(line))
	}
	if diff := cmp.Diff([]string{"go run ./scripts/course", "go test ./..."}, commands); diff != "" {
		t.Errorf("commands mismatch (-want +got):\n%s", diff)
	}
}

// TestReadmeMap wants every room on the README's map: each folder of chapters,
// final and scripts that holds a package.
func TestReadmeMap(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for file, err := range house.Files(root(t)) {
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(file, "/")
		if !strings.HasSuffix(file, ".go") || len(parts) < 3 || parts[1] == "internal" || parts[1] == "testdata" {
			continue
		}
		place := strings.Join(parts[:2], "/")
		if parts[1] == "cmd" {
			place += "/" + parts[2]
		}
		if !strings.Contains(string(text), "| ["+place+"]("+place+") |") {
			t.Fatalf("%s is not on the map of README.md", place)
		}
	}
}
