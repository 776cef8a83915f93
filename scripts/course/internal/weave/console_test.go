package weave

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want, got string
		matches         bool
	}{
		{"equal", "a b", "a b", true},
		{"other", "a b", "a c", false},
		{"nothing", "", "", true},
		{"missing", "a", "", false},
		{"more", "a", "a b", false},
		{"any_first", "... c", "a b c", true},
		{"any_last", "a ...", "a b c", true},
		{"any_nothing", "a ... b", "a b", true},
		{"any_too_far", "a ... b", "a b c", false},
		{"any_twice", "... b ... d ...", "a b c d", true},
		{"time", "ok:0.10s", "ok:12s", true},
		{"cached", "ok:0.10s", "ok:(cached)", true},
		{"number", "ok:10", "ok:12", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := matches(normalized(strings.Fields(c.want)), normalized(strings.Fields(c.got))); got != c.matches {
				t.Errorf("matches(%q, %q) = %v, want %v", c.want, c.got, got, c.matches)
			}
		})
	}
}

// The page's script brings a file of its own, which replaces the project's,
// and another one. The desk is an untouched one, whatever lies on the real:
// cat complains, in its own words, that it has no own.txt.
const consolePage = `# Console

<!-- script
mkdir made
cp docs/extra.txt made/copy.txt
-- docs/extra.txt --
extra
-- go.mod --
module example.com/other
-->

` + "```console" + `
$ go list -m
example.com/mini
$ cat made/copy.txt 'chapters/01-one/exercise/own.txt'
extra
...
` + "```" + `

- in a list

  ` + "```console" + `
  $ grep -c TODO chapters/01-one/exercise/one.go
  ` + "```" + `
`

func TestConsole(t *testing.T) {
	t.Parallel()
	root, _ := project(t)
	run(t, root, 0)
	put(t, root, "docs/page.md", consolePage)
	put(t, root, "chapters/01-one/exercise/own.txt", "a learner's file\n")
	put(t, root, ".hidden/file", "")

	out := run(t, root, 1, "-check")
	want := []string{
		"docs/page.md:13: stale: $ go list -m (-page +command)\n- example.com/mini\n+ example.com/other\n",
		"docs/page.md:23: stale: $ grep -c TODO",
		"course: places that are not woven: 2",
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("weave -check does not say %q:\n%s", w, out)
		}
	}
	run(t, root, 0)
	woven := strings.Replace(consolePage, "$ go list -m\nexample.com/mini", "$ go list -m\nexample.com/other", 1)
	woven = strings.Replace(woven, "one.go\n  ```", "one.go\n  1\n  ```", 1)
	if diff := cmp.Diff(woven, get(t, root, "docs/page.md")); diff != "" {
		t.Errorf("page mismatch (-want +got):\n%s", diff)
	}
	run(t, root, 0, "-check")
}

func TestConsoleScriptFails(t *testing.T) {
	t.Parallel()
	root, _ := project(t)
	put(t, root, "docs/page.md", "<!-- script cp nothing nowhere -->\n```console\n$ go list -m\nexample.com/mini\n```\n")
	out := run(t, root, 1, "-check")
	for _, w := range []string{"docs/page.md: the page's script fails", "nothing", "docs/page.md:3: not run: $ go list -m"} {
		if !strings.Contains(out, w) {
			t.Errorf("weave -check does not say %q:\n%s", w, out)
		}
	}
	put(t, root, "docs/page.md", "```console\n$ no-such-program\n```\n")
	if out := run(t, root, 1, "-check"); !strings.Contains(out, "docs/page.md:2: ") {
		t.Errorf("weave -check does not name the command's line:\n%s", out)
	}
}
