package stub

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/imports"
)

// Edit says that the bytes of a source from From up to To become Text.
type Edit struct {
	// From and To are offsets, 0 <= From <= To <= len(source).
	From, To int
	// Text is what stands there afterwards.
	Text string
}

// Apply returns a copy of src with the edits made. All offsets are those of
// src. The edits may come in any order but must not overlap.
func Apply(src []byte, edits []Edit) []byte {
	edits = slices.SortedStableFunc(slices.Values(edits), func(a, b Edit) int { return cmp.Compare(a.From, b.From) })
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(out, src[at:e.From]...)
		out = append(out, e.Text...)
		at = e.To
	}
	return append(out, src[at:]...)
}

// Bodies returns src, a Go file, with new bodies for some functions: body
// returns the statements that replace those of a function, or "" for a
// function that keeps its own. Its imports are fixed: the packages in add are
// imported if they are used afterwards, and unused imports are removed.
//
// The name is that of the file on disk. Its folder is looked at to tell a
// package-level name of another file from a missing import.
func Bodies(name string, src []byte, add []string, body func(*ast.FuncDecl) string) ([]byte, error) {
	fset, file, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	var edits []Edit
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		if text := body(f); text != "" {
			from, to := fset.Position(f.Body.Lbrace).Offset, fset.Position(f.Body.Rbrace).Offset
			edits = append(edits, Edit{from, to + 1, "{\n\t" + text + "\n}"})
		}
	}
	if len(edits) == 0 {
		return src, nil
	}
	for _, path := range add {
		if !imported(file, path) {
			edits = append(edits, importOf(fset, file, path))
		}
	}
	return Tidy(name, Apply(src, edits))
}

// Tidy returns src, a Go file, formatted and without unused imports. The name
// is as in [Bodies].
func Tidy(name string, src []byte) ([]byte, error) {
	out, err := imports.Process(name, src, &imports.Options{Comments: true, TabIndent: true, TabWidth: 8})
	if err != nil {
		return nil, fmt.Errorf("%s: fix imports: %w", name, err)
	}
	return out, nil
}

// importOf returns the edit that imports path. It is placed where the merging
// and sorting of [Tidy] bring it into its group: at the end of the first
// import block, or in a declaration of its own.
func importOf(fset *token.FileSet, file *ast.File, path string) Edit {
	quoted := strconv.Quote(path)
	at := fset.Position(file.Name.End()).Offset
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.IMPORT {
			continue
		}
		if d.Rparen.IsValid() {
			at = fset.Position(d.Rparen).Offset
			return Edit{at, at, "\t" + quoted + "\n"}
		}
		at = fset.Position(d.End()).Offset
	}
	return Edit{at, at, "\nimport " + quoted + "\n"}
}

// redirect returns src, a Go file, with its import of the package from made an
// import of the package to. It reports whether there was one.
func redirect(name string, src []byte, from, to string) ([]byte, bool, error) {
	fset, file, err := parse(name, src)
	if err != nil {
		return nil, false, err
	}
	var edits []Edit
	for _, spec := range file.Imports {
		if pathOf(spec) == from {
			at := fset.Position(spec.Path.Pos()).Offset
			edits = append(edits, Edit{at, at + len(spec.Path.Value), strconv.Quote(to)})
		}
	}
	return Apply(src, edits), len(edits) > 0, nil
}

func imported(file *ast.File, path string) bool {
	return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool { return pathOf(spec) == path })
}

func pathOf(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "`\"") }

func parse(name string, src []byte) (*token.FileSet, *ast.File, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	return fset, file, err
}
