// Package edit finds single functions in a file of the learner's desk and puts
// stubs in their place. Everything else in the file stays as it is, byte for
// byte, but for imports that come or go with the functions.
//
// The file may be broken: a function whose braces do not match is a good
// reason to start it again. Where the parser gives up, lines are counted
// instead: a function is its line "func" if that closes all its braces, and
// else reaches to the next line that is a closing brace alone, as gofmt leaves
// it, or to the next declaration.
package edit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
)

// Span is where a function stands in a file, as offsets of bytes.
type Span struct {
	// Doc is where its doc comment begins, and Func if it has none.
	Doc int
	// Func is where the word func stands.
	Func int
	// End is behind its last byte.
	End int
}

// Find returns where src declares the function or method of that name, in the
// form of [book.FuncName], and whether it does.
func Find(src []byte, name string) (Span, bool) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return findLines(string(src), name)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || book.FuncName(f) != name {
			continue
		}
		s := Span{Func: fset.Position(f.Pos()).Offset, End: fset.Position(f.End()).Offset}
		s.Doc = s.Func
		if f.Doc != nil {
			s.Doc = fset.Position(f.Doc.Pos()).Offset
		}
		return s, true
	}
	return Span{}, false
}

// findLines is [Find] for a file that does not parse.
func findLines(src, name string) (Span, bool) {
	pattern := `(?m)^func ` + regexp.QuoteMeta(name) + `\b`
	if typ, method, ok := strings.Cut(name, "."); ok {
		pattern = `(?m)^func \([^()]*\b` + typ + `(\[[^()]*\])?\) ` + method + `\b`
	}
	at := regexp.MustCompile(pattern).FindStringIndex(src)
	if at == nil {
		return Span{}, false
	}
	s := Span{Func: at[0], End: len(src)}
	s.Doc = docStart(src, s.Func)

	line := strings.IndexByte(src[s.Func:], '\n')
	if line < 0 {
		return s, true
	}
	line += s.Func
	if first := src[s.Func:line]; strings.Contains(first, "{") && strings.Count(first, "{") == strings.Count(first, "}") {
		s.End = line
		return s, true
	}
	if next := nextDeclaration.FindStringIndex(src[line:]); next != nil {
		before := src[:docStart(src, line+next[0])]
		s.End = max(line, len(strings.TrimRight(before, "\n")))
	}
	if brace := closingBrace.FindStringIndex(src[line:s.End]); brace != nil {
		s.End = line + brace[1]
	}
	return s, true
}

var (
	closingBrace    = regexp.MustCompile(`(?m)^\}[ \t]*$`)
	nextDeclaration = regexp.MustCompile(`(?m)^(func|type|var|const)\b`)
)

// docStart returns where the lines of comment directly above offset begin.
func docStart(src string, offset int) int {
	for offset > 0 {
		above := strings.LastIndexByte(src[:offset-1], '\n') + 1
		if !strings.HasPrefix(src[above:offset], "//") {
			break
		}
		offset = above
	}
	return offset
}

// Replace returns src with the functions of those names as stubs has them, doc
// comment included. A function that src lacks is added at its end; one that
// stubs lacks is left alone.
func Replace(src, stubs []byte, names []string) []byte {
	was := src
	for _, name := range names {
		from, ok := Find(stubs, name)
		if !ok {
			continue
		}
		text := string(stubs[from.Doc:from.End])
		if to, ok := Find(src, name); ok {
			src = []byte(string(src[:to.Doc]) + text + string(src[to.End:]))
		} else {
			src = []byte(strings.TrimRight(string(src), "\n") + "\n\n" + text + "\n")
		}
	}
	return fixImports(was, src, stubs)
}
