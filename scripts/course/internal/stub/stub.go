package stub

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"example.com/logbook/scripts/course/internal/book"
)

// Conformance is the name of the test file that puts a package to the suite of
// its chapter. The desk's is the reference's with another import path.
const Conformance = "conformance_test.go"

// File returns the stub of src, a file of a reference: every function with a
// directive gets a body that panics with the exercise's id. The name is that
// of the reference's file on disk, and course the import path of the package
// that has TODO. A file without an exercise is returned as it is.
func File(name string, src []byte, course string) ([]byte, error) {
	return Bodies(name, src, []string{course}, func(f *ast.FuncDecl) string {
		id := book.ExerciseID(f.Doc)
		if id == "" {
			return ""
		}
		return "panic(course.TODO(" + strconv.Quote(id) + "))"
	})
}

// CoursePath returns the import path of the package that the stubs of b import.
func CoursePath(b *book.Book) string { return b.ImportPath("chapters/course") }

// Files returns the desk of a chapter as the reference makes it: the contents
// of each file of the folder c.Desk by its name. A chapter that has no
// conformance test yet gives a desk without one.
func Files(b *book.Book, c *book.Chapter) (map[string][]byte, error) {
	names, err := book.SourceFiles(b.Path(c.Folder))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range append(names, Conformance) {
		src, err := os.ReadFile(b.Path(path.Join(c.Folder, name)))
		if os.IsNotExist(err) && name == Conformance {
			continue
		}
		if err != nil {
			return nil, err
		}
		if files[name], err = deskFile(b, c, name, src); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// deskFile returns what the desk has for the reference's file name, src.
func deskFile(b *book.Book, c *book.Chapter, name string, src []byte) ([]byte, error) {
	onDisk := b.Path(path.Join(c.Folder, name))
	if name != Conformance {
		return File(onDisk, src, CoursePath(b))
	}
	out, found, err := redirect(onDisk, src, c.ReferencePath(), c.DeskPath())
	if err == nil && !found {
		err = fmt.Errorf("%s: does not import %s, the package it should test", path.Join(c.Folder, name), c.ReferencePath())
	}
	return out, err
}

// deskNames returns the names of the Go files that lie on the desk now.
func deskNames(b *book.Book, c *book.Chapter) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(b.Path(c.Desk), "*.go"))
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return found, err
}

// same reports whether the file exists and holds exactly want.
func same(file string, want []byte) bool {
	got, err := os.ReadFile(file)
	return err == nil && want != nil && string(got) == string(want)
}
