package course

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// survey is what the sources of one package say about who calls whom.
type survey struct {
	fset *token.FileSet
	info *types.Info

	// functions holds every function and method, in the order of file and line.
	functions []*function

	// uses leads from a function or variable of the package to every object
	// that its declaration names.
	uses map[types.Object][]types.Object

	// byObject and byMethod find a function by what it is, and methods by name.
	byObject map[types.Object]*function
	byMethod map[string][]types.Object
}

// function is one declaration of a function or method.
type function struct {
	// name has the receiver's type before it: Encoder.Encode.
	name string
	// exercise is what its directive says, or else the argument of its TODO.
	exercise string
	// position is file:line of the word func.
	position string
	// stub is set while the body calls TODO.
	stub bool

	object types.Object
}

// parse reads the package. The types of other packages are not loaded: what
// depends on them stays unknown, and what is declared here is resolved.
func parse(sources fs.FS) (*survey, error) {
	s := &survey{
		fset:     token.NewFileSet(),
		info:     &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}},
		uses:     map[types.Object][]types.Object{},
		byObject: map[types.Object]*function{},
		byMethod: map[string][]types.Object{},
	}
	names, err := fs.Glob(sources, "*.go")
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(s.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	// Errors are the compiler's to report; here they only leave names unknown.
	conf := types.Config{Importer: noImports{}, Error: func(error) {}}
	_, _ = conf.Check("desk", s.fset, files, s.info)
	s.declare(files)
	return s, nil
}

// noImports finds no package. go/types goes on with an empty one.
type noImports struct{}

// Import implements [types.Importer].
func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not loaded") }

// declare fills in the functions first, so that calls through an interface
// find all methods, and then what each declaration names.
func (s *survey) declare(files []*ast.File) {
	for _, decl := range declarations(files) {
		if f, ok := decl.(*ast.FuncDecl); ok {
			s.addFunction(f)
		}
	}
	for _, decl := range declarations(files) {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			s.addUses(s.info.Defs[d.Name], d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range v.Names {
						s.addUses(s.info.Defs[name], v)
					}
				}
			}
		}
	}
}

func declarations(files []*ast.File) []ast.Decl {
	var decls []ast.Decl
	for _, f := range files {
		decls = append(decls, f.Decls...)
	}
	return decls
}

// addFunction takes note of one declaration.
func (s *survey) addFunction(decl *ast.FuncDecl) {
	at := s.fset.Position(decl.Pos())
	f := &function{
		name:     decl.Name.Name,
		exercise: directive(decl.Doc),
		position: at.Filename + ":" + strconv.Itoa(at.Line),
		object:   s.info.Defs[decl.Name],
	}
	if decl.Recv != nil && len(decl.Recv.List) > 0 {
		f.name = receiver(decl) + "." + f.name
		s.byMethod[decl.Name.Name] = append(s.byMethod[decl.Name.Name], f.object)
	}
	if id, ok := s.todo(decl); ok {
		f.stub = true
		if f.exercise == "" {
			f.exercise = id
		}
	}
	s.functions = append(s.functions, f)
	s.byObject[f.object] = f
}

// addUses takes note of every object of the package that node names.
func (s *survey) addUses(from types.Object, node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch to := s.info.Uses[id].(type) {
		case *types.Var:
			s.uses[from] = append(s.uses[from], to)
		case *types.Func:
			s.uses[from] = append(s.uses[from], to.Origin())
			if recv := to.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
				s.uses[from] = append(s.uses[from], s.byMethod[to.Name()]...)
			}
		}
		return true
	})
}

// reach returns the functions that those in from lead to, themselves included.
func (s *survey) reach(from []*function) []*function {
	seen := map[types.Object]bool{}
	var next []types.Object
	for _, f := range from {
		next = append(next, f.object)
	}
	for len(next) > 0 {
		o := next[0]
		next = next[1:]
		if !seen[o] {
			seen[o] = true
			next = append(next, s.uses[o]...)
		}
	}
	return slices.DeleteFunc(slices.Clone(s.functions), func(f *function) bool { return !seen[f.object] })
}

// todo returns the exercise that a call of [TODO] in decl names, and whether
// there is such a call.
func (s *survey) todo(decl *ast.FuncDecl) (exercise string, found bool) {
	ast.Inspect(decl, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || !s.isTODO(call.Fun) {
			return true
		}
		found = true
		if len(call.Args) == 1 {
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				exercise, _ = strconv.Unquote(lit.Value)
			}
		}
		return true
	})
	return exercise, found
}

// isTODO reports whether fun is TODO of this package, by whatever name it was
// imported. The module's path is left open: it may have been renamed.
func (s *survey) isTODO(fun ast.Expr) bool {
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "TODO" {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return false
	}
	name, ok := s.info.Uses[id].(*types.PkgName)
	return ok && strings.HasSuffix(name.Imported().Path(), "/chapters/course")
}

// directive returns the argument of //course:exercise in doc.
func directive(doc *ast.CommentGroup) string {
	if doc == nil {
		return ""
	}
	for _, c := range doc.List {
		if d, ok := ast.ParseDirective(c.Pos(), c.Text); ok && d.Tool == "course" && d.Name == "exercise" {
			return d.Args
		}
	}
	return ""
}

// receiver returns the name of a method's type, without pointer and type
// parameters.
func receiver(decl *ast.FuncDecl) string {
	name := strings.TrimLeft(types.ExprString(decl.Recv.List[0].Type), "(*")
	if end := strings.IndexAny(name, "[)"); end >= 0 {
		name = name[:end]
	}
	return name
}
