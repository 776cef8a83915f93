package house

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Docs reports what go doc would not show, or would show wrong, of the
// packages below root, tests and testdata left aside:
//
//   - a package has one package comment, which stands directly above the
//     package clause and begins "Package name", or "Command name"
//   - every exported name has a doc comment that begins with it; in a group
//     of constants or variables one comment may speak for all
//   - every exported field and every method of an exported interface has a
//     comment, or is named by the one above it
//   - every link in these comments leads to a package or a symbol that
//     exists; find returns the folder of an import path, or ""
func Docs(root, module string, find func(importPath string) (dir string)) []string {
	d := documents{root: root, fset: token.NewFileSet(), find: find, symbols: map[string]map[string]bool{}}
	folders := map[string]bool{}
	for file, err := range Files(root) {
		if err != nil {
			return append(d.found, err.Error())
		}
		if documented(file) {
			folders[path.Dir(file)] = true
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		for name, files := range d.parse(filepath.Join(root, folder)) {
			d.pkg(path.Join(module, folder), folder, name, files)
		}
	}
	return d.found
}

// documented reports whether a file of the tree is one that go doc reads.
func documented(file string) bool {
	return strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") &&
		!strings.Contains("/"+file, "/testdata/")
}

// documents goes through packages and keeps what it learned of others.
type documents struct {
	root    string
	fset    *token.FileSet
	find    func(string) string
	symbols map[string]map[string]bool // by import path; nil when there is no such package
	found   []string
}

// report notes a breach at a position.
func (d *documents) report(pos token.Pos, format string, args ...any) {
	at := d.fset.Position(pos)
	file, err := filepath.Rel(d.root, at.Filename)
	if err != nil {
		file = at.Filename
	}
	d.found = append(d.found, breach(filepath.ToSlash(file), at.Line, format, args...))
}

// parse returns the files of a folder by package name: beside a package there
// may be a generator, which a build constraint keeps out of it.
func (d *documents) parse(dir string) map[string][]*ast.File {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		d.found = append(d.found, err.Error())
	}
	packages := map[string][]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(d.fset, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			d.found = append(d.found, err.Error())
			continue
		}
		packages[file.Name.Name] = append(packages[file.Name.Name], file)
	}
	return packages
}

// pkg judges one package: its comment, its names, and their links.
func (d *documents) pkg(importPath, folder, name string, files []*ast.File) {
	d.packageComment(folder, name, files)
	p, err := doc.NewFromFiles(d.fset, files, importPath, doc.PreserveAST)
	if err != nil {
		d.found = append(d.found, breach(folder, 0, "%v", err))
		return
	}
	for _, file := range files {
		if file.Doc != nil {
			d.links(p, file.Doc)
		}
		for _, decl := range file.Decls {
			for _, text := range d.decl(decl) {
				d.links(p, text)
			}
		}
	}
}

// packageComment judges the package comment among all files of a package.
func (d *documents) packageComment(folder, name string, files []*ast.File) {
	begin := []string{"Package " + name}
	if name == "main" {
		base := path.Base(folder)
		begin = []string{"Command " + base, strings.ToUpper(base[:1]) + base[1:]}
	}
	have := 0
	for _, file := range files {
		text := file.Doc.Text()
		if text == "" {
			d.detached(file, begin)
			continue
		}
		have++
		if have > 1 {
			d.report(file.Doc.Pos(), "package %s has a second package comment: keep one", name)
		}
		if !slices.ContainsFunc(begin, func(words string) bool { return beginsWith(text, words) }) {
			d.report(file.Doc.Pos(), "the package comment must begin %q", begin[0])
		}
	}
	if have == 0 {
		d.report(files[0].Package, "package %s has no package comment", name)
	}
}

// detached reports a package comment that a blank line keeps from go doc.
func (d *documents) detached(file *ast.File, begin []string) {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			return
		}
		for _, words := range begin {
			if beginsWith(group.Text(), words) {
				d.report(group.End(), "a blank line below the package comment hides it from go doc")
			}
		}
	}
}

// beginsWith reports whether the text begins with these words, not with a
// longer one.
func beginsWith(text, words string) bool {
	rest, ok := strings.CutPrefix(text, words)
	next, _ := utf8.DecodeRuneInString(rest)
	return ok && next != '_' && !unicode.IsLetter(next) && !unicode.IsDigit(next)
}

// links judges the doc links of one comment.
func (d *documents) links(p *doc.Package, group *ast.CommentGroup) {
	parsed := p.Parser().Parse(group.Text())
	for text := range texts(parsed.Content) {
		switch text := text.(type) {
		case comment.Plain:
			for _, m := range unresolved.FindAllStringSubmatch(string(text), -1) {
				d.report(group.Pos(), "%s leads nowhere: no such package is imported, or no such symbol is declared", m[1])
			}
		case *comment.DocLink:
			if !d.resolves(text) {
				d.report(group.Pos(), "%s leads nowhere", text.DefaultURL(""))
			}
		}
	}
	for _, link := range parsed.Links {
		if !link.Used {
			d.report(group.Pos(), "nothing in this comment links to [%s]", link.Text)
		}
	}
}

// unresolved fits what was meant as a doc link and stayed text: an identifier
// in brackets, dotted or not, which no word touches. An index expression
// touches its operand.
var unresolved = regexp.MustCompile(`(?:^|[\s(,;'"])(\[\*?[\pL_][\w/-]*(?:\.\w[\w/-]*)*\])(?:$|[\s).,;:'"!?])`)

// resolves looks up a link that go doc takes on trust: it checks a symbol of
// its own package only.
func (d *documents) resolves(link *comment.DocLink) bool {
	if link.ImportPath == "" {
		return true
	}
	symbols := d.symbolsOf(link.ImportPath)
	name := link.Name
	if link.Recv != "" {
		name = link.Recv + "." + name
	}
	return symbols != nil && (name == "" || symbols[name])
}

// symbolsOf returns the package-level names of a package, and its methods as
// "Type.Method".
func (d *documents) symbolsOf(importPath string) map[string]bool {
	if symbols, ok := d.symbols[importPath]; ok {
		return symbols
	}
	d.symbols[importPath] = nil
	dir := d.find(importPath)
	if dir == "" {
		return nil
	}
	symbols := map[string]bool{}
	for _, files := range d.parse(dir) {
		for _, file := range files {
			for _, decl := range file.Decls {
				declare(symbols, decl)
			}
		}
	}
	d.symbols[importPath] = symbols
	return symbols
}

// declare adds the names that a declaration declares.
func declare(symbols map[string]bool, decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		name := decl.Name.Name
		if decl.Recv != nil {
			name = receiver(decl) + "." + name
		}
		symbols[name] = true
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					symbols[name.Name] = true
				}
			case *ast.TypeSpec:
				symbols[spec.Name.Name] = true
				if face, ok := spec.Type.(*ast.InterfaceType); ok {
					for _, method := range face.Methods.List {
						for _, name := range method.Names {
							symbols[spec.Name.Name+"."+name.Name] = true
						}
					}
				}
			}
		}
	}
}
