package weave

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
)

// goPackage is the Go files of one folder, those of tests too.
type goPackage struct {
	fset  *token.FileSet
	files []goFile
}

type goFile struct {
	name string // relative to the root
	text string
	ast  *ast.File
}

// load returns the package in that folder. It is read once; rulers are woven
// before any page asks for one.
func (w *weaver) load(folder string) (*goPackage, error) {
	if p := w.packages[folder]; p != nil {
		return p, nil
	}
	names, err := glob(w.book, path.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no Go files", folder)
	}
	p := &goPackage{fset: token.NewFileSet()}
	for _, name := range names {
		text, err := os.ReadFile(w.book.Path(name))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(p.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, goFile{name: name, text: string(text), ast: f})
	}
	w.packages[folder] = p
	return p, nil
}

// snippetArgs are PKGDIR Symbol [/from/[,/to/]] [doc].
var snippetArgs = regexp.MustCompile(`^(\S+) +(\S+)(?: +/((?:[^/\\]|\\.)+)/(?:,/((?:[^/\\]|\\.)+)/)?)?( +doc)?$`)

// snippet returns the source that a weave directive with these args names.
func (w *weaver) snippet(args string) (string, error) {
	m := snippetArgs.FindStringSubmatch(args)
	if m == nil {
		return "", fmt.Errorf("want: weave FOLDER Symbol [/from/[,/to/]] [doc]")
	}
	p, err := w.load(path.Clean(m[1]))
	if err != nil {
		return "", err
	}
	text, err := p.source(m[1], m[2], m[5] != "")
	if err != nil || m[3] == "" {
		return text, err
	}
	return between(text, m[3], m[4])
}

// source returns the text of the declaration of symbol.
func (p *goPackage) source(folder, symbol string, doc bool) (string, error) {
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			if slices.Contains(declared(d), symbol) {
				return cut(f.text, p.fset, d, doc), nil
			}
		}
	}
	return "", fmt.Errorf("%s declares no %s", folder, symbol)
}

// declared returns the names that a declaration introduces, as a directive
// calls them.
func declared(d ast.Decl) []string {
	if f, ok := d.(*ast.FuncDecl); ok {
		return []string{book.FuncName(f)}
	}
	var names []string
	for _, spec := range d.(*ast.GenDecl).Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
		case *ast.ValueSpec:
			for _, n := range s.Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// directives matches the lines at a doc comment's end that are not for readers.
var directives = regexp.MustCompile(`(?m)(^//\n)?^//course:.*\n`)

// cut returns the text of d, up to the end of a comment on its last line. The
// text is the file's own: printing the syntax tree would lose comments and
// blank lines, which are half of what a reader learns from.
func cut(text string, fset *token.FileSet, d ast.Decl, doc bool) string {
	from, to := fset.Position(d.Pos()).Offset, fset.Position(d.End()).Offset
	rest, _, _ := strings.Cut(text[to:], "\n")
	if strings.HasPrefix(strings.TrimSpace(rest), "//") {
		to += len(rest)
	}
	comment := docOf(d)
	if !doc || comment == nil {
		return text[from:to]
	}
	above := text[fset.Position(comment.Pos()).Offset:from]
	return directives.ReplaceAllString(above, "") + text[from:to]
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

// between returns the lines of text from the first that matches from to the
// next that matches to, or that first line alone if to is empty.
func between(text, from, to string) (string, error) {
	lines := strings.Split(text, "\n")
	first, err := matching(lines, 0, from)
	if err != nil {
		return "", err
	}
	last := first
	if to != "" {
		if last, err = matching(lines, first+1, to); err != nil {
			return "", err
		}
	}
	return strings.Join(dedented(lines[first:last+1]), "\n"), nil
}

// matching returns the first line, from lines[at] on, that matches pattern.
func matching(lines []string, at int, pattern string) (int, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return 0, err
	}
	for i := at; i < len(lines); i++ {
		if re.MatchString(lines[i]) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no line of the declaration matches /%s/", pattern)
}

// dedented returns the lines without the tabs that all of them begin with.
func dedented(lines []string) []string {
	shared := -1
	for _, l := range lines {
		if tabs := len(l) - len(strings.TrimLeft(l, "\t")); l != "" && (shared < 0 || tabs < shared) {
			shared = tabs
		}
	}
	out := slices.Clone(lines)
	for i, l := range out {
		out[i] = l[min(len(l), max(shared, 0)):]
	}
	return out
}
