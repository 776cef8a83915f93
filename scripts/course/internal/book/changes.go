package book

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path"
	"slices"
	"strings"
)

// Change is a declaration of a chapter's reference that the chapter before
// does not have, or has otherwise.
type Change struct {
	// Name is that of the constant, variable, type or function; a method's has
	// its type and a dot before it.
	Name string
	// Text is the declaration in one line, without body and value:
	// "func Judge(r io.ReaderAt, size int64) (Finding, error)".
	Text string
	// ID is the exercise that it belongs to, or "".
	ID string
	// At is where it stands.
	At Position
	// Changed is set if the chapter before declares the name, but otherwise.
	// Comments make no difference.
	Changed bool

	full string
}

// Changes returns what the reference of c declares and that of the chapter
// before it does not, in the order of file and line, and that chapter. For the
// first chapter, which has none before it, that is everything.
func (b *Book) Changes(c *Chapter) ([]Change, *Chapter, error) {
	var before *Chapter
	for _, x := range b.Chapters {
		if x.Number < c.Number {
			before = x
		}
	}
	now, err := b.declarations(c.Folder)
	if err != nil || before == nil {
		return now, nil, err
	}
	old, err := b.declarations(before.Folder)
	if err != nil {
		return nil, nil, err
	}
	was := map[string]string{}
	for _, d := range old {
		was[d.Name] = d.full
	}
	var changes []Change
	for _, d := range now {
		full, ok := was[d.Name]
		if d.Changed = ok; !ok || full != d.full {
			changes = append(changes, d)
		}
	}
	return changes, before, nil
}

// Additions returns what the desk of c declares and its reference does not:
// the learner's own. Files that do not parse are passed over.
func (b *Book) Additions(c *Chapter) ([]Change, error) {
	reference, err := b.declarations(c.Folder)
	if err != nil {
		return nil, err
	}
	theirs := map[string]bool{}
	for _, d := range reference {
		theirs[d.Name] = true
	}
	names, err := SourceFiles(b.Path(c.Desk))
	if err != nil {
		return nil, err
	}
	var own []Change
	for _, name := range names {
		found, err := b.declarationsOf(path.Join(c.Desk, name))
		if err != nil {
			continue
		}
		own = append(own, slices.DeleteFunc(found, func(d Change) bool { return theirs[d.Name] })...)
	}
	return own, nil
}

// declarations returns all that the files in folder declare, but for tests.
func (b *Book) declarations(folder string) ([]Change, error) {
	names, err := SourceFiles(b.Path(folder))
	if err != nil {
		return nil, err
	}
	var found []Change
	for _, name := range names {
		more, err := b.declarationsOf(path.Join(folder, name))
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// declarationsOf returns what one file declares.
func (b *Book) declarationsOf(file string) ([]Change, error) {
	text, err := os.ReadFile(b.Path(file))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	// Once with comments, for directives, and once without, for texts.
	parsed, err := parser.ParseFile(fset, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	bare, err := parser.ParseFile(fset, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []Change
	for i, decl := range bare.Decls {
		for _, d := range declared(decl) {
			if f, ok := parsed.Decls[i].(*ast.FuncDecl); ok {
				d.ID = ExerciseID(f.Doc)
			}
			d.At = Position{File: file, Line: fset.Position(d.pos).Line}
			found = append(found, d.Change)
		}
	}
	return found, nil
}

type declaredName struct {
	Change
	pos token.Pos
}

// declared returns the names that one declaration declares, but for imports.
func declared(decl ast.Decl) []declaredName {
	if f, ok := decl.(*ast.FuncDecl); ok {
		d := declaredName{Change{Name: FuncName(f)}, f.Pos()}
		d.Text = signature(f)
		d.full = printed(&ast.FuncDecl{Recv: f.Recv, Name: f.Name, Type: f.Type, Body: f.Body})
		return []declaredName{d}
	}
	g, ok := decl.(*ast.GenDecl)
	if !ok {
		return nil
	}
	var found []declaredName
	for _, spec := range g.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			found = append(found, declaredName{Change{Name: s.Name.Name, Text: typeLine(s), full: printed(s)}, s.Pos()})
		case *ast.ValueSpec:
			for _, name := range s.Names {
				d := declaredName{Change{Name: name.Name, Text: g.Tok.String() + " " + name.Name, full: printed(s)}, name.Pos()}
				if name.Name != "_" {
					found = append(found, d)
				}
			}
		}
	}
	return found
}

// typeLine is a type's declaration in one line: of a struct or an interface,
// only that it is one.
func typeLine(s *ast.TypeSpec) string {
	short := &ast.TypeSpec{Name: s.Name, TypeParams: s.TypeParams, Assign: s.Assign, Type: s.Type}
	switch s.Type.(type) {
	case *ast.StructType:
		short.Type = ast.NewIdent("struct")
	case *ast.InterfaceType:
		short.Type = ast.NewIdent("interface")
	}
	return oneLine(printed(short))
}

// printed returns a node in the form of gofmt.
func printed(node any) string {
	if f, ok := node.(*ast.TypeSpec); ok {
		node = &ast.GenDecl{Tok: token.TYPE, Specs: []ast.Spec{f}}
	}
	if f, ok := node.(*ast.ValueSpec); ok {
		node = &ast.GenDecl{Tok: token.VAR, Specs: []ast.Spec{f}}
	}
	var out bytes.Buffer
	if err := format.Node(&out, token.NewFileSet(), node); err != nil {
		return ""
	}
	return out.String()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
