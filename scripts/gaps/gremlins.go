package main

import (
	"encoding/json"
	"fmt"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

const gremlins = "github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0"

// mutators are those that gremlins does not use unless it is told to.
var mutators = []string{"--invert-assignments", "--invert-bitwise", "--invert-bwassign", "--invert-logical",
	"--invert-loopctrl", "--remove-self-assignments"}

// swaps says what each mutator makes of an operator, as gremlins documents
// it. REMOVE_SELF_ASSIGNMENTS makes = of all.
var swaps = map[string]map[token.Token]token.Token{
	"ARITHMETIC_BASE":       {token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL},
	"CONDITIONALS_BOUNDARY": {token.GEQ: token.GTR, token.GTR: token.GEQ, token.LEQ: token.LSS, token.LSS: token.LEQ},
	"CONDITIONALS_NEGATION": {token.EQL: token.NEQ, token.NEQ: token.EQL, token.GEQ: token.LSS, token.LSS: token.GEQ, token.GTR: token.LEQ, token.LEQ: token.GTR},
	"INCREMENT_DECREMENT":   {token.DEC: token.INC, token.INC: token.DEC},
	"INVERT_ASSIGNMENTS":    {token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN, token.MUL_ASSIGN: token.QUO_ASSIGN, token.QUO_ASSIGN: token.MUL_ASSIGN},
	"INVERT_BITWISE":        {token.AND: token.OR, token.OR: token.AND, token.XOR: token.AND, token.AND_NOT: token.AND, token.SHL: token.SHR, token.SHR: token.SHL},
	"INVERT_BWASSIGN": {token.AND_ASSIGN: token.OR_ASSIGN, token.OR_ASSIGN: token.AND_ASSIGN, token.XOR_ASSIGN: token.AND_ASSIGN,
		token.AND_NOT_ASSIGN: token.AND_ASSIGN, token.SHL_ASSIGN: token.SHR_ASSIGN, token.SHR_ASSIGN: token.SHL_ASSIGN},
	"INVERT_LOGICAL":   {token.LAND: token.LOR, token.LOR: token.LAND},
	"INVERT_LOOPCTRL":  {token.BREAK: token.CONTINUE, token.CONTINUE: token.BREAK},
	"INVERT_NEGATIVES": {token.SUB: token.ADD},
}

// report is gremlins' output, as far as it is needed.
type report struct {
	Files []struct {
		Name      string `json:"file_name"`
		Mutations []struct {
			Type         string
			Line, Column int
		}
	}
}

// find asks gremlins for the mutants of the packages, and keeps one of those
// that are the same.
func find(which *regexp.Regexp) (all []*mutant, err error) {
	for _, pkg := range mutated {
		r, err := ask(pkg)
		if err != nil {
			return nil, err
		}
		for _, f := range r.Files {
			name := pkg + "/" + f.Name
			s, err := readSource(name)
			if err != nil {
				return nil, err
			}
			seen := map[string]bool{}
			for _, found := range f.Mutations {
				m, err := s.mutant(found.Type, found.Line, found.Column)
				if err != nil {
					return nil, err
				}
				id := fmt.Sprint(m.at, m.to)
				if which.MatchString(fmt.Sprintf("%s:%d", name, found.Line)) && !seen[id] {
					all = append(all, m)
				}
				seen[id] = true
			}
		}
	}
	return all, nil
}

// ask runs gremlins without tests; it measures the coverage all the same,
// but what it takes for covered is not asked here.
func ask(pkg string) (r report, err error) {
	dir, err := os.MkdirTemp("", "gaps")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "gremlins.json")
	cmd := exec.Command("go", append([]string{"run", gremlins, "unleash", "--dry-run", "--output", file, "./" + pkg}, mutators...)...)
	cmd.Env = append(cmd.Environ(), "GOFLAGS=-short=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		return r, fmt.Errorf("gremlins: %w\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// mutant returns what a mutator makes of the operator at a place.
func (s *source) mutant(mutator string, line, column int) (*mutant, error) {
	m := &mutant{gap: s.gap(line), at: token.Position{Filename: s.name, Line: line, Column: column}}
	op := s.operator(m.at)
	if op == nil {
		return nil, fmt.Errorf("%s: no operator for %s", m.at, mutator)
	}
	to, ok := swaps[mutator][*op]
	if mutator == "REMOVE_SELF_ASSIGNMENTS" {
		to, ok = token.ASSIGN, true
	}
	if !ok {
		return nil, fmt.Errorf("%s: %s makes nothing of %s", m.at, mutator, *op)
	}
	text := s.lines[line-1]
	m.to, m.becomes = to, strings.TrimSpace(text[:column-1]+to.String()+text[column-1+len(op.String()):])
	return m, nil
}
