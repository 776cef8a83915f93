package torture_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

var (
	planted     = flag.String("planted", "", "a pattern: which of the bugs in wal/testdata/planted TestPlanted plants; . is all")
	plantStates = flag.Int64("planted-states", 12_000, "how many disks the search for a planted bug recovers from")
)

// root is the module's folder.
const root = "../../.."

// bug is a file of wal/testdata/planted: a txtar archive. Its comment says what is wrong; then, once or several times, a file's name with lines that stand in it
// once, and "becomes" with those that replace them.
type bug struct {
	name    string
	sources map[string]string // by name, with the bug in them
}

// bugs reads all planted bugs. One whose lines are not there any more, or not only once, is stale: somebody must look whether it still is a bug.
func bugs(t *testing.T) (list []bug) {
	t.Helper()
	files, err := filepath.Glob("../../wal/testdata/planted/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no planted bugs: %v", err)
	}
	for _, file := range files {
		b := bug{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		if err := b.read(file); err != nil {
			t.Errorf("%s is stale: %v", file, err)
		}
		list = append(list, b)
	}
	return list
}

// read reads one.
func (b *bug) read(file string) error {
	a, err := txtar.ParseFile(file)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(a.Comment))) == 0 || len(a.Files) == 0 || len(a.Files)%2 != 0 {
		return fmt.Errorf("it needs a comment, and pairs of a file and what it becomes")
	}
	b.sources = map[string]string{}
	for i := 0; i < len(a.Files); i += 2 {
		if err := b.change(a.Files[i], a.Files[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// change makes one change.
func (b *bug) change(was, becomes txtar.File) error {
	source, ok := b.sources[was.Name]
	if !ok {
		data, err := os.ReadFile(filepath.Join(root, was.Name))
		if err != nil {
			return err
		}
		source = string(data)
	}
	old, now := string(was.Data), string(becomes.Data)
	if n := strings.Count(source, old); n != 1 || becomes.Name != "becomes" {
		// A part of a line is given without the end of its line.
		old, now = strings.TrimSuffix(old, "\n"), strings.TrimSuffix(now, "\n")
	}
	if n := strings.Count(source, old); n != 1 || becomes.Name != "becomes" {
		return fmt.Errorf("%s holds the lines that are to change %d times", was.Name, n)
	}
	source = strings.Replace(source, old, now, 1)
	if _, err := format.Source([]byte(source)); err != nil {
		return fmt.Errorf("%s with the bug in it: %w", was.Name, err)
	}
	b.sources[was.Name] = source
	return nil
}

// overlay writes what go test lays over the module, and returns its file.
func (b *bug) overlay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for name, source := range b.sources {
		from, err := filepath.Abs(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(to, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[from] = to
	}
	b2, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, b2, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestPlantedFit: every planted bug can still be planted.
func TestPlantedFit(t *testing.T) {
	t.Parallel()
	if n := len(bugs(t)); n < 25 {
		t.Errorf("%d planted bugs, want 25 at least", n)
	}
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// TestPlanted plants one bug after the other, and demands that the search or the suites of wal, snap and disk find it within a minute:
//
//	go test ./final/internal/torture -run 'Planted$' -planted . -v -timeout 30m
func TestPlanted(t *testing.T) {
	if *planted == "" {
		t.Skip("-planted . plants all bugs")
	}
	which := regexp.MustCompile(*planted)
	for _, b := range bugs(t) {
		if !which.MatchString(b.name) {
			continue
		}
		t.Run(b.name, func(t *testing.T) { b.found(t) })
	}
}

// slow are tests of the suites that take longer than all others together, and see what these see.
const slow = "^(TestKill|TestLargeEntry|TestEveryBitFlipOfEtcd)$"

// found puts the search and the suites to it, and counts what fails twice: a test that fails now and then has found nothing.
func (b *bug) found(t *testing.T) {
	overlay, begin := b.overlay(t), time.Now()
	states := fmt.Sprint("-states=", *plantStates)
	for _, args := range [][]string{
		{"./final/internal/torture", "-run=TestSearch|TestReads|TestDamage|TestTwo|TestSlow|TestKilled|TestLetters|TestChosen", states},
		{"-short", "./final/wal", "./final/snap", "./final/disk"},
		{"./final/internal/torture", "-run=TestSweep|TestRecoveryFails", "-thorough"},
	} {
		for skip := slow; ; {
			by := b.test(t, overlay, append(args, "-skip="+skip)...)
			took := time.Since(begin).Round(100 * time.Millisecond)
			if by == "" {
				break
			}
			name, _, _ := strings.Cut(by, "/")
			if b.test(t, overlay, append(args, "-run=^"+name+"$")...) == "" {
				skip += "|^" + name + "$"
				continue
			}
			t.Logf("found by %s in %v", by, took)
			if took > time.Minute {
				t.Errorf("that is more than a minute")
			}
			return
		}
	}
	t.Errorf("nobody has found it in %v", time.Since(begin))
}

// test runs tests with the bug in place, and returns the first that fails.
func (b *bug) test(t *testing.T, overlay string, args ...string) (failedTest string) {
	t.Helper()
	args = append([]string{"test", "-overlay=" + overlay, "-vet=off", "-failfast", "-count=1", "-timeout=2m"}, args...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	by := failed.FindStringSubmatch(string(out))
	if by == nil {
		t.Fatalf("no test has failed:\n%s", out)
	}
	return by[1]
}
