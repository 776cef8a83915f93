package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"strings"
)

// A gap is what the tests leave open at a line: a mutant that survives, or a
// statement that is not run.
type gap struct {
	file, function string
	line           string // without the space around it
	becomes        string // the line of a mutant; empty for a statement
	reason         string
}

// key is what makes two gaps the same. Lines may move.
func (g gap) key() string {
	key := g.file + ": " + g.function + "\n- " + g.line
	if g.becomes != "" {
		key += "\n+ " + g.becomes
	}
	return key
}

// sometimes tells whether chance closes the gap now and then.
func (g gap) sometimes() bool { return strings.HasPrefix(g.reason, "Sometimes") }

// readList reads a list: paragraphs, of which those that begin with # are
// comments. An entry has the place, then "- " and the line, then what becomes
// of it, each behind "+ ", then the reason.
func readList(name string) ([]gap, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []gap
	for paragraph := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		if strings.HasPrefix(paragraph, "#") {
			continue
		}
		var g gap
		var mutants []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			switch mark, rest, _ := strings.Cut(line, " "); {
			case g.file == "":
				g.file, g.function, _ = strings.Cut(line, ": ")
			case mark == "-" && g.line == "":
				g.line = rest
			case mark == "+" && g.reason == "":
				mutants = append(mutants, rest)
			default:
				g.reason = strings.TrimSpace(g.reason + " " + line)
			}
		}
		if g.function == "" || g.line == "" || g.reason == "" {
			return nil, fmt.Errorf("%s: an entry lacks its place, line or reason:\n%s", name, paragraph)
		}
		if mutants == nil { // a statement
			list = append(list, g)
		}
		for _, g.becomes = range mutants {
			list = append(list, g)
		}
	}
	return list, nil
}

// compare prints each gap that is not listed, and each listed one that is
// none, or not as often as it is listed. It fails if there is any.
func compare(w io.Writer, found, listed []gap) error {
	open, wrong := map[string]int{}, 0
	for _, g := range listed {
		open[g.key()]++
	}
	for _, g := range found {
		if open[g.key()]--; open[g.key()] < 0 {
			fmt.Fprintf(w, "\nnot listed:\n%s\n", g.key())
			wrong++
		}
	}
	for _, g := range listed {
		if open[g.key()] > 0 && !g.sometimes() {
			open[g.key()]--
			fmt.Fprintf(w, "\nlisted, and not open any more:\n%s\n", g.key())
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d gaps differ from the list: write a test, simplify the code, or mend the list", wrong)
	}
	return nil
}

// A source is a parsed file of the module.
type source struct {
	name  string
	fset  *token.FileSet
	file  *ast.File
	lines []string
}

// readSource parses a file, given by its path from the module's folder.
func readSource(name string) (*source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &source{name: name, fset: token.NewFileSet(), lines: strings.Split(string(text), "\n")}
	s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments)
	return s, err
}

// gap returns the gap at a line, counted from 1.
func (s *source) gap(line int) gap {
	return gap{file: s.name, function: s.function(line), line: strings.TrimSpace(s.lines[line-1])}
}

// function names the declaration that a line belongs to, a method by
// Receiver.Name, and what is no function by its kind.
func (s *source) function(line int) string {
	for _, decl := range s.file.Decls {
		if line < s.fset.Position(decl.Pos()).Line || line > s.fset.Position(decl.End()).Line {
			continue
		}
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			return decl.(*ast.GenDecl).Tok.String()
		}
		if f.Recv == nil {
			return f.Name.Name
		}
		receiver := f.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		return fmt.Sprintf("%s.%s", receiver, f.Name.Name)
	}
	return "file"
}
