package book

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Functions returns every function and method that the package in folder, a
// path relative to root, declares in its non-test files, in the order of file
// and line. ID is set where a directive stands; Reference is the position.
//
// A file that does not parse does not hide the others, nor what was parsed of
// it: what was found is returned along with the first error.
func Functions(root, folder string) ([]Function, error) {
	names, err := SourceFiles(filepath.Join(root, filepath.FromSlash(folder)))
	if err != nil {
		return nil, err
	}
	var found []Function
	var first error
	for _, name := range names {
		file := path.Join(folder, name)
		list, err := functionsOf(filepath.Join(root, filepath.FromSlash(file)), file)
		if err != nil && first == nil {
			first = err
		}
		found = append(found, list...)
	}
	return found, first
}

// functionsOf returns the functions of one file, which is called name in
// positions and errors.
func functionsOf(file, name string) ([]Function, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if parsed == nil {
		return nil, err
	}
	var found []Function
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			at := Position{File: name, Line: fset.Position(f.Pos()).Line}
			found = append(found, Function{Name: FuncName(f), ID: ExerciseID(f.Doc), Reference: at, Stub: callsTODO(f), Signature: signature(f)})
		}
	}
	return found, err
}

// signature returns the declaration in one line, without the body.
func signature(f *ast.FuncDecl) string {
	return oneLine(printed(&ast.FuncDecl{Recv: f.Recv, Name: f.Name, Type: f.Type}))
}

// sameTypes reports whether two signatures differ in nothing but the names of
// receiver, parameters and results.
func sameTypes(x, y string) bool { return nameless(x) == nameless(y) }

// nameless returns a signature with one type for each parameter and no names:
// (a, b int) becomes (int, int).
func nameless(text string) string {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+text, parser.SkipObjectResolution)
	if err != nil {
		return text
	}
	f, ok := file.Decls[0].(*ast.FuncDecl)
	if !ok {
		return text
	}
	for _, list := range []*ast.FieldList{f.Recv, f.Type.Params, f.Type.Results} {
		if list != nil {
			list.List = unnamed(list.List)
		}
	}
	return signature(f)
}

func unnamed(fields []*ast.Field) []*ast.Field {
	var bare []*ast.Field
	for _, field := range fields {
		for range max(1, len(field.Names)) {
			bare = append(bare, &ast.Field{Type: field.Type})
		}
	}
	return bare
}

// callsTODO reports whether the body calls course.TODO, as a stub's does.
func callsTODO(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "TODO" {
				x, ok := sel.X.(*ast.Ident)
				found = found || ok && x.Name == "course"
			}
		}
		return true
	})
	return found
}

// SourceFiles returns the names, sorted, of the Go files in dir that are not
// tests.
func SourceFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			continue
		}
		names = append(names, name)
	}
	return names, nil
}

// FuncName returns the name by which the model knows a declaration: its own,
// with its receiver's type and a dot before it if it is a method. Pointers
// and type parameters of the receiver are left out.
func FuncName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.ParenExpr:
			t = x.X
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

// ExerciseID returns the argument of the //course:exercise directive in doc,
// or "" if there is none.
func ExerciseID(doc *ast.CommentGroup) string { return directive(doc, "exercise") }

// directive returns the argument of the line //course:name in doc.
func directive(doc *ast.CommentGroup, name string) string {
	if doc == nil {
		return ""
	}
	for _, c := range doc.List {
		if d, ok := ast.ParseDirective(c.Pos(), c.Text); ok && d.Tool == "course" && d.Name == name {
			return strings.TrimSpace(d.Args)
		}
	}
	return ""
}

// Mutant is a wrong implementation that a suite must fail.
type Mutant struct {
	// Name is that of its file, without .go.
	Name string
	// File holds the declarations that replace the reference's.
	File string
	// ID is the exercise whose tests must fail.
	ID string
	// Doc is the header comment: what is wrong, and which invariant sees it.
	Doc string
}

// Mutants returns the chapter's mutants, sorted by name. That there are none
// is not an error; a mutant that does not parse or names no exercise of the
// chapter is.
func (c *Chapter) Mutants() ([]Mutant, error) {
	names, err := SourceFiles(c.book.Path(c.MutantFolder))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var mutants []Mutant
	for _, name := range names {
		m, err := c.mutant(name)
		if err != nil {
			return nil, err
		}
		mutants = append(mutants, m)
	}
	return mutants, nil
}

// mutant reads one file. The header is every comment in front of the first
// declaration.
func (c *Chapter) mutant(name string) (Mutant, error) {
	m := Mutant{Name: strings.TrimSuffix(name, ".go"), File: path.Join(c.MutantFolder, name)}
	text, err := os.ReadFile(c.book.Path(m.File))
	if err != nil {
		return m, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), m.File, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return m, err
	}
	for _, group := range parsed.Comments {
		if id := directive(group, "mutant"); id != "" {
			m.ID, m.Doc = id, group.Text()
			break
		}
	}
	if !c.owns(m.ID) {
		return m, fmt.Errorf("%s: the header needs a line //course:mutant with an exercise of chapter %d, not %q", m.File, c.Number, m.ID)
	}
	return m, nil
}
