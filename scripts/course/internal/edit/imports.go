package edit

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/imports"
)

// fixImports returns now, which was made of was, with the imports that it
// needs. What was used before and is not any more goes (if was does not parse:
// what is not used now); what stubs imports and now uses comes. Only the text up to the last import is formatted.
func fixImports(was, now, stubs []byte) []byte {
	before, after, from := selectors(was), selectors(now), header(stubs)
	head := header(now)
	if after == nil || from == nil || head == nil {
		return withoutParsing(now, from)
	}
	changed := false
	// Deleting shortens the list.
	for _, spec := range slices.Clone(head.file.Imports) {
		if name, at := localName(spec), importPath(spec); (before == nil || before[name]) && !after[name] {
			changed = astutil.DeleteNamedImport(head.fset, head.file, explicitName(spec), at) || changed
		}
	}
	for _, spec := range from.file.Imports {
		if after[localName(spec)] {
			changed = astutil.AddNamedImport(head.fset, head.file, explicitName(spec), importPath(spec)) || changed
		}
	}
	if !changed {
		return now
	}
	var out bytes.Buffer
	if err := format.Node(&out, head.fset, head.file); err != nil {
		return now
	}
	// The imports are only sorted into their groups here, not looked for.
	grouped, err := imports.Process("", out.Bytes(), &imports.Options{FormatOnly: true, Comments: true, TabIndent: true, TabWidth: 8})
	if err != nil {
		return now
	}
	return append(bytes.TrimRight(grouped, "\n"), now[head.end:]...)
}

// withoutParsing adds the import of the stubs that now does not have, below
// its package clause. It is for a file that does not parse, of which nothing
// is known.
func withoutParsing(now []byte, stubs *head) []byte {
	if stubs == nil {
		return now
	}
	clause := regexp.MustCompile(`(?m)^package \w+.*$`).FindIndex(now)
	for _, spec := range stubs.file.Imports {
		at := importPath(spec)
		if clause == nil || !strings.HasSuffix(at, "/chapters/course") || bytes.Contains(now, []byte(strconv.Quote(at))) {
			continue
		}
		now = []byte(string(now[:clause[1]]) + "\n\nimport " + strconv.Quote(at) + string(now[clause[1]:]))
	}
	return now
}

// head is a file up to its last import.
type head struct {
	fset *token.FileSet
	file *ast.File
	// end is the offset behind the last import, or the package clause.
	end int
}

// header parses src up to its last import. It returns nil if that fails.
func header(src []byte) *head {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	end := file.Name.End()
	for _, d := range file.Decls {
		end = d.End()
	}
	h := &head{fset: token.NewFileSet(), end: fset.Position(end).Offset}
	// A comment at the end of the line belongs to it.
	if eol := bytes.IndexByte(src[h.end:], '\n'); eol >= 0 {
		h.end += eol
	}
	h.file, err = parser.ParseFile(h.fset, "", src[:h.end], parser.ParseComments)
	if err != nil {
		return nil
	}
	return h
}

// selectors returns every name that stands in front of a dot in src, and may
// thus be that of a package. It returns nil if src does not parse.
func selectors(src []byte) map[string]bool {
	file, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				names[x.Name] = true
			}
		}
		return true
	})
	return names
}

func importPath(spec *ast.ImportSpec) string {
	at, _ := strconv.Unquote(spec.Path.Value)
	return at
}

// explicitName returns the name that the import is given, or "".
func explicitName(spec *ast.ImportSpec) string {
	if spec.Name == nil {
		return ""
	}
	return spec.Name.Name
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// localName returns the name of an import in its file: the one it is given, or
// the last element of its path that is no version.
func localName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	at := importPath(spec)
	if version.MatchString(path.Base(at)) {
		at = path.Dir(at)
	}
	return path.Base(at)
}
