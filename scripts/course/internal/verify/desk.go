package verify

import (
	"go/ast"
	"os"
	"path"
	"strings"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/stub"
)

// desk is one state of the exercise folder: the contents of each of its files
// by name.
type desk map[string][]byte

// solution returns the desk on which all is solved: the reference's files, and
// the desk's own conformance test.
func solution(b *book.Book, c *book.Chapter) (desk, error) {
	stubs, err := stub.Files(b, c)
	if err != nil {
		return nil, err
	}
	return mapped(stubs, func(name string, text []byte) ([]byte, error) {
		if name == stub.Conformance {
			return text, nil
		}
		return os.ReadFile(b.Path(path.Join(c.Folder, name)))
	})
}

// mapped returns a desk with the same names, and what change makes of the text.
func mapped(d desk, change func(name string, text []byte) ([]byte, error)) (desk, error) {
	out := desk{}
	for name, text := range d {
		var err error
		if out[name], err = change(name, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// zeroed returns the solved desk with the functions of one exercise returning
// nothing but zero values. Their directives stay, and no course.TODO is left,
// so the exercise does not wait: its tests run.
func zeroed(b *book.Book, c *book.Chapter, solved desk, id string) (desk, error) {
	return mapped(solved, func(name string, text []byte) ([]byte, error) {
		return stub.Bodies(b.Path(path.Join(c.Folder, name)), text, nil, func(f *ast.FuncDecl) string {
			if book.ExerciseID(f.Doc) != id {
				return ""
			}
			return returnZero(f.Type, text)
		})
	})
}

// returnZero returns a statement that returns the zero value of each result.
// Of unnamed results it needs the types, which it takes from src.
func returnZero(t *ast.FuncType, src []byte) string {
	if t.Results == nil || len(t.Results.List) == 0 || len(t.Results.List[0].Names) > 0 {
		return "return"
	}
	var zeros []string
	for _, r := range t.Results.List {
		// A file that is parsed alone has positions from 1 on.
		zeros = append(zeros, "*new("+string(src[r.Type.Pos()-1:r.Type.End()-1])+")")
	}
	return "return " + strings.Join(zeros, ", ")
}
