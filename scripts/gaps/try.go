package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
)

// A mutant is one operator changed, and what became of it.
type mutant struct {
	gap
	at      token.Position
	to      token.Token
	outcome string
}

// What may become of a mutant.
const (
	killed   = "killed"
	survives = "survive"
	stopped  = "stopped by the time limit"
	invalid  = "do not compile"
)

// rounds are the tests that a mutant meets, one after the other: the fast
// ones of its package, those of both packages, and the search.
func rounds(pkg string) [][]string {
	const slow = "-skip=Kill|SystemCalls|EveryBitFlipOfEtcd|OneCopy|Large|SlowSync|SaveMemory|TestMessages|TestBytes|TestCrashes"
	return [][]string{
		{"-timeout=2m", slow, "./" + pkg}, // what loops, does it here
		{"-timeout=10m", "./final/wal", "./final/snap"},
		{"-timeout=10m", "-run=Test(Search|Sweep|Reads|RecoveryFails)$", "./final/internal/torture"},
	}
}

var (
	failed   = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)
	timedOut = regexp.MustCompile(`(?m)^panic: test timed out`)
	noBuild  = regexp.MustCompile(`(?m)\[build failed\]$`)
)

// outcome says what became of a mutant by what go test has printed.
func outcome(out []byte, ok bool) string {
	switch {
	case ok:
		return survives
	case noBuild.Match(out):
		return invalid
	case timedOut.Match(out):
		return stopped
	}
	return killed
}

// try finds out what becomes of a mutant. It writes into a folder of its own.
func (m *mutant) try(dir string) error {
	overlay, err := m.write(dir)
	switch {
	case errors.Is(err, errSyntax):
		m.outcome = invalid
		return nil
	case err != nil:
		return err
	}
	for i, args := range rounds(path.Dir(m.file)) {
		out, ok := test(overlay, args...)
		// The slow tests look at clocks and memory: what fails once has found
		// nothing.
		if name := failed.FindSubmatch(out); name != nil && i > 0 {
			out, ok = test(overlay, append(args, "-run=^"+string(name[1])+"$")...)
		}
		if m.outcome = outcome(out, ok); m.outcome != survives {
			break
		}
	}
	return nil
}

// test runs tests with the mutant in place. A mutant may allocate without
// end, so memory is limited too.
func test(overlay string, args ...string) (out []byte, ok bool) {
	args = append([]string{"-c", `ulimit -v 6000000 && exec go test "$@"`, "sh",
		"-overlay=" + overlay, "-vet=off", "-short", "-failfast", "-count=1"}, args...)
	cmd := exec.Command("sh", args...)
	out, err := cmd.CombinedOutput()
	return out, err == nil
}

// errSyntax is the error of a mutant that is not Go, as |x for &x.
var errSyntax = errors.New("no Go")

// write writes the mutant, and what lays it over the module.
func (m *mutant) write(dir string) (overlay string, err error) {
	s, err := readSource(m.file)
	if err != nil {
		return "", err
	}
	*s.operator(m.at) = m.to
	var text bytes.Buffer
	if err := format.Node(&text, s.fset, s.file); err != nil {
		return "", fmt.Errorf("%s: %w: %w", m.at, errSyntax, err)
	}
	from, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	to, overlay := filepath.Join(dir, path.Base(m.file)), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{from: to}})
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(to, text.Bytes(), 0o600); err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, list, 0o600)
}

// operator returns the operator at a position, or nil. The tree is changed,
// not the text: the operands stay what they are, whatever binds more tightly.
func (s *source) operator(at token.Position) (op *token.Token) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		var pos token.Pos
		var is *token.Token
		switch n := n.(type) {
		case *ast.BinaryExpr:
			pos, is = n.OpPos, &n.Op
		case *ast.UnaryExpr:
			pos, is = n.OpPos, &n.Op
		case *ast.AssignStmt:
			pos, is = n.TokPos, &n.Tok
		case *ast.IncDecStmt:
			pos, is = n.TokPos, &n.Tok
		case *ast.BranchStmt:
			pos, is = n.TokPos, &n.Tok
		}
		if p := s.fset.Position(pos); is != nil && p.Line == at.Line && p.Column == at.Column {
			op = is
		}
		return true
	})
	return op
}
