package suite

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
)

// child is set in the process that runs what is meant to fail.
const child = "SUITE_TEST_CHILD"

// check is a chapter's check.
type check struct {
	Check
	trying string
}

func (c *check) Panicked(p any) Failure {
	return Failure{Tried: c.trying, Got: Panic(p, "suite"), Want: "a result or an error"}
}

// broken is a chapter whose implementation keeps nothing.
var broken = Chapter[*check]{
	Page: "docs/09-broken.md",
	Exercises: []Exercise[*check]{
		{ID: "9.1", Title: "it panics, at once", Invariants: []Invariant[*check]{
			{Slug: "I1_nothing_panics", Try: func(c *check) {
				c.trying = "a nil map"
				m := map[string]map[string]int{}
				m["a"]["b"] = 1
			}},
			{Slug: "I2_a_writers_word", Name: "a writer's word", Try: func(c *check) {
				c.Error(c.Story(Failure{Got: "two\nlines", Means: "the third is missing."}))
			}},
		}},
		{ID: "9.2", Title: "it waits", Needs: []string{"9.1"}, Invariants: []Invariant[*check]{
			{Slug: "I3_others_are_known", Try: func(c *check) { c.Logf("9.3: %q, 9.4: %q", c.Waiting("9.3"), c.Waiting("9.4")) }},
		}},
		{ID: "9.3", Title: "a stub"},
		{ID: "9.4", Title: "on a stub", Needs: []string{"9.2", "9.3"}},
		{ID: "9.5", Title: "on two stubs", Needs: []string{"9.2", "9.3", "9.6"}},
		{ID: "9.6", Title: "another stub"},
	},
}

// A suite's failures can only be seen from outside, or this test would fail too.
func TestRun(t *testing.T) {
	t.Parallel()
	if os.Getenv(child) == "" {
		said(t, `
    FILE I1: nothing panics
          tried: a nil map
          got:
            panic: assignment to entry in nil map
            suite_test.go:LINE suite.init.func1
          want:  a result or an error
          read:  docs/09-broken.md#91-it-panics-at-once
`, `
    FILE I2: a writer's word
          got:
            two
            lines
          means: the third is missing.
          read:  docs/09-broken.md#91-it-panics-at-once
`, `
    FILE 9.3: "not written", 9.4: "9.4 cannot be tried without 9.3: not written"
`, `
    FILE not written
`, `
    FILE 9.4 cannot be tried without 9.3: not written
`, `
    FILE 9.5 cannot be tried without 9.3, 9.6: not written; nor is this
`)
		return
	}
	waits := func(exercise string) string {
		if exercise == "9.3" {
			return "not written"
		}
		if exercise == "9.6" {
			return "nor is this"
		}
		return ""
	}
	broken.Run(t, waits, func(c Check) *check { return &check{Check: c} })
}

// A loop that does not end is told, and what comes behind it is not tried.
func TestNoEnd(t *testing.T) {
	t.Parallel()
	if os.Getenv(child) == "" {
		said(t, `
    FILE I4: it ends
          tried: this invariant's cases, one after the other
          got:   no end within 1m0s
`, `
    FILE ended: false
`)
		return
	}
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		c := Check{T: t, headline: "I4: it ends"}
		t.Logf("ended: %t", ends(c, &check{Check: c}, func(*check) { <-stop }))
		close(stop)
	})
}

var (
	file = regexp.MustCompile(`\b\w+\.go:\d+:`)
	line = regexp.MustCompile(`\.go:\d+ `)
)

// said runs the test in a process of its own, in which it must fail and say this.
func said(t *testing.T, want ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("the tests of what is broken pass:\n%s", out)
	}
	got := line.ReplaceAllString(file.ReplaceAllString(string(out), "FILE"), ".go:LINE ")
	for _, text := range want {
		if !strings.Contains(got, text) {
			t.Errorf("the output is\n%s\nand does not hold\n%s", got, text)
		}
	}
}
