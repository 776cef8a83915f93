package verify

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/stub"
)

// mutantFile is the name under which a mutant's own file lies on its desk. It
// must not end as a build constraint does.
const mutantFile = "zz_mutant.go"

// mutated returns the solved desk with the declarations of a mutant in the
// place of those of the same names. What the mutant replaces is cut out of the
// reference's files, and its own file is added as it is, so that the
// compiler's positions in it are right. A mutant may have helpers of its own,
// but one that replaces nothing, or replaces a declaration by its like, is an
// error: its author meant another name, or the reference has caught up with it.
func mutated(b *book.Book, c *book.Chapter, solved desk, m book.Mutant) (desk, error) {
	src, err := os.ReadFile(b.Path(m.File))
	if err != nil {
		return nil, err
	}
	own, err := declarations(m.File, src)
	if err != nil {
		return nil, err
	}
	replaced := 0
	var problems []error
	out, err := mapped(solved, func(name string, text []byte) ([]byte, error) {
		if name == stub.Conformance {
			return text, nil
		}
		theirs, err := declarations(name, text)
		if err != nil {
			return nil, err
		}
		maps.DeleteFunc(theirs, func(name string, _ declaration) bool { return own[name].text == "" })
		replaced += len(theirs)
		problems = append(problems, alike(own, theirs))
		return without(b.Path(path.Join(c.Folder, name)), text, theirs)
	})
	if err == nil && replaced == 0 {
		err = errors.New("it replaces nothing: none of its declarations is in the reference")
	}
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	out[mutantFile] = src
	return out, nil
}

// alike returns an error for each declaration that a mutant repeats.
func alike(own, theirs map[string]declaration) error {
	var same []error
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if own[name].text == theirs[name].text {
			same = append(same, fmt.Errorf("its %s is the reference's", name))
		}
	}
	return errors.Join(same...)
}

// declaration is one name that a file declares.
type declaration struct {
	// text is its source without comments, for comparing.
	text string
	// gone says what to do with a source that shall no longer declare it.
	gone stub.Edit
}

// declarations returns what a Go file declares: functions, types, constants
// and variables by their names, methods as Type.Method.
func declarations(name string, src []byte) (map[string]declaration, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	found := map[string]declaration{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			found[book.FuncName(d)] = declaration{bare(fset, d), cutOf(fset, d, d.Doc)}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				addSpec(found, fset, d, spec)
			}
		}
	}
	return found, nil
}

// addSpec adds the names of a type, constant or variable. Of the latter two
// only the name is taken away, by writing _ for it: the lines of a block may
// count on each other by iota.
func addSpec(found map[string]declaration, fset *token.FileSet, d *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		gone := cutOf(fset, s, s.Doc)
		if !d.Lparen.IsValid() {
			gone = cutOf(fset, d, d.Doc)
		}
		found[s.Name.Name] = declaration{bare(fset, s), gone}
	case *ast.ValueSpec:
		for _, n := range s.Names {
			gone := cutOf(fset, n, nil)
			gone.Text = "_"
			found[n.Name] = declaration{bare(fset, s), gone}
		}
	}
	delete(found, "_")
}

// cutOf returns the edit that removes a node and its doc comment.
func cutOf(fset *token.FileSet, n ast.Node, doc *ast.CommentGroup) stub.Edit {
	from := n.Pos()
	if doc != nil {
		from = doc.Pos()
	}
	return stub.Edit{From: fset.Position(from).Offset, To: fset.Position(n.End()).Offset}
}

// without returns the source without these of its declarations. The imports
// that only they used go too: an unused one would not compile, and a mutant
// that does not compile proves nothing.
func without(file string, src []byte, gone map[string]declaration) ([]byte, error) {
	if len(gone) == 0 {
		return src, nil
	}
	var edits []stub.Edit
	for _, d := range gone {
		edits = append(edits, d.gone)
	}
	return stub.Tidy(file, stub.Apply(src, edits))
}

// bare prints a node without any comment, which makes sources comparable: a
// mutant that only comments differently is none. The printer leaves out what
// is inside of bodies, as it has no file to look comments up in, and prints
// those of declarations and fields, which are taken out as lines.
func bare(fset *token.FileSet, n ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, fset, n); err != nil {
		return err.Error()
	}
	lines := strings.Split(b.String(), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool {
		return strings.HasPrefix(strings.TrimSpace(l), "//") || strings.TrimSpace(l) == ""
	})
	return strings.Join(lines, "\n")
}
