package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestListsFit: every line of the lists still stands where they say, as often
// as they say it; and no entry is there for nothing.
func TestListsFit(t *testing.T) {
	t.Chdir("../..")
	for _, name := range []string{mutantsFile, statementsFile} {
		list, err := readList(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range list {
			s, err := readSource(g.file)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			stands := 0
			for i := range s.lines {
				if s.gap(i+1).key() == (gap{file: g.file, function: g.function, line: g.line}).key() {
					stands++
				}
			}
			listed := 0
			for _, other := range list {
				if other.key() == g.key() {
					listed++
				}
			}
			if stands < 1 || listed > stands && g.becomes == "" {
				t.Errorf("%s is stale: it lists %d times what stands there %d times\n%s", name, listed, stands, g.key())
			}
			if (g.becomes == "") != (name == statementsFile) || g.becomes == g.line {
				t.Errorf("%s: no such gap belongs there\n%s", name, g.key())
			}
		}
	}
}

// module makes a module of one file, with lists, and goes there.
func module(t *testing.T, source string, lists map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	files := map[string]string{"go.mod": "module a.test/b\n\ngo 1.26\n", "final/wal/a.go": source, mutantsFile: "#\n", statementsFile: "#\n"}
	for name, text := range lists {
		files[name] = text
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const text = `package wal

type t struct{}

func (*t) f(a, b, c bool) bool {
	if a && b && c {
		return a
	}
	return b
}
`

// TestStatements: a profile fails for what is not run and not listed, for
// what is listed and run, and for a package that is run too little.
func TestStatements(t *testing.T) {
	const ran, idle = "a.test/b/final/wal/a.go:5.32,6.17 50 1\n", "a.test/b/final/wal/a.go:6.17,8.3 1 0\n"
	const others = "a.test/b/final/snap/a.go:5.32,6.17 1 1\na.test/b/final/disk/a.go:5.32,6.17 1 1\n"
	const entry = "final/wal/a.go: t.f\n- if a && b && c {\nNobody asks.\n"
	for _, c := range []struct {
		name, list, profile, says string
		code                      int
	}{
		{"as_listed", "# all\n\n" + entry, ran + idle, "final/wal: 98.0 % of 51", 0},
		{"not_listed", "#\n", ran + idle, "not listed:\nfinal/wal/a.go: t.f\n- if a && b && c {", 1},
		{"listed_and_run", entry, ran, "not open any more", 1},
		{"by_chance", strings.Replace(entry, "Nobody", "Sometimes nobody", 1), ran, "0 blocks", 0},
		{"listed_twice", entry + "\n" + entry, ran + idle, "not open any more", 1},
		{"too_little", entry, strings.Replace(ran, "50", "10", 1) + idle, "90.9 %", 1},
		{"no_reason", "final/wal/a.go: t.f\n- if a && b && c {\n", ran, "lacks its", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			module(t, text, map[string]string{statementsFile: c.list, "profile": "mode: set\n" + c.profile + others,
				"final/snap/a.go": text, "final/disk/a.go": text})
			var out, errs bytes.Buffer
			if code := run([]string{"statements", "profile"}, &out, &errs); code != c.code || !strings.Contains(out.String()+errs.String(), c.says) {
				t.Errorf("exit code %d, want %d, and says %q, want %q in it", code, c.code, out.String()+errs.String(), c.says)
			}
		})
	}
}

// TestMutant: the operator is changed in the tree, so that its operands stay
// what they are; and what is shown is the line.
func TestMutant(t *testing.T) {
	module(t, text, nil)
	s, err := readSource("final/wal/a.go")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.mutant("INVERT_LOGICAL", 6, 12)
	if err != nil {
		t.Fatal(err)
	}
	if want := "final/wal/a.go: t.f\n- if a && b && c {\n+ if a && b || c {"; m.key() != want {
		t.Errorf("mutant is\n%s\nwant\n%s", m.key(), want)
	}
	m, err = s.mutant("INVERT_LOGICAL", 6, 7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.write("mutant"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("mutant/a.go")
	if err != nil || !bytes.Contains(got, []byte("if (a || b) && c {")) {
		t.Errorf("mutant is %v\n%s", err, got)
	}
	for _, wrong := range []string{"ARITHMETIC_BASE", "UNKNOWN"} {
		if m, err := s.mutant(wrong, 6, 7); err == nil {
			t.Errorf("%s makes %v of &&", wrong, m.to)
		}
	}
	if m, err := s.mutant("INVERT_LOGICAL", 6, 8); err == nil {
		t.Errorf("there is an operator at %v", m.at)
	}
}

// TestMutantIsNoGo: an address becomes something that no compiler is asked about, and the
// search goes on.
func TestMutantIsNoGo(t *testing.T) {
	module(t, "package wal\n\nvar a = &struct{}{}\n", nil)
	s, err := readSource("final/wal/a.go")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.mutant("INVERT_BITWISE", 3, 9)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.try("mutant"); err != nil || m.outcome != invalid {
		t.Errorf("try() error = %v, outcome %q, want %q", err, m.outcome, invalid)
	}
}

// TestOutcome: the compiler, a test and the clock are told from one another.
func TestOutcome(t *testing.T) {
	t.Parallel()
	for want, out := range map[string]string{
		invalid: "# a.test/b\na.go:1: invalid operation\nFAIL\ta.test/b [build failed]\nFAIL\n",
		stopped: "panic: test timed out after 2m0s\n\trunning tests:\nFAIL\ta.test/b\t120s\n",
		killed:  "--- FAIL: TestA (0.00s)\nFAIL\nFAIL\ta.test/b\t1s\n",
	} {
		if got := outcome([]byte(out), false); got != want {
			t.Errorf("outcome(%q) = %s, want %s", out, got, want)
		}
	}
	if got := outcome([]byte("ok \ta.test/b\t1s\n"), true); got != survives {
		t.Errorf("outcome() of tests that pass = %s", got)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	g := func(line, becomes, reason string) gap {
		return gap{"f.go", "f", line, becomes, reason}
	}
	for _, c := range []struct {
		found, listed []gap
		wrong         string
	}{
		{[]gap{g("a", "b", "")}, []gap{g("a", "b", "so")}, ""},
		{[]gap{g("a", "b", "")}, []gap{g("a", "c", "so")}, "2 gaps"},
		{[]gap{g("a", "b", ""), g("a", "b", "")}, []gap{g("a", "b", "so")}, "1 gaps"},
		{nil, []gap{g("a", "b", "Sometimes")}, ""},
	} {
		err := compare(&bytes.Buffer{}, c.found, c.listed)
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("compare(%v, %v) = %v, want %q", c.found, c.listed, err, c.wrong)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"mutants", "more"}, {"statements"}, {"-only", "(", "mutants"}, {"-unknown"}} {
		var out, errs bytes.Buffer
		if code := run(args, &out, &errs); code != 2 || !strings.Contains(errs.String(), "usage: go run ./scripts/gaps") {
			t.Errorf("gaps %q: exit code %d, says %q", args, code, errs.String())
		}
	}
	if !slices.IsSorted(mutated) || !slices.IsSorted(measured) {
		t.Error("packages are not in order")
	}
}
