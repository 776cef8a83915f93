package book_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"golang.org/x/tools/txtar"

	"example.com/logbook/scripts/course/internal/book"
)

// tiny writes a book of one chapter, with a desk on which nothing is written.
func tiny() (root string, remove func()) {
	root, err := os.MkdirTemp("", "book")
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(`
-- go.mod --
module example.com/tiny
-- chapters/01-one/one.go --
package one

// Double returns twice n.
//
//course:exercise 1.1
func Double(n int) int { return 2 * n }
-- chapters/01-one/exercise/one.go --
package one

import "example.com/tiny/chapters/course"

//course:exercise 1.1
func Double(n int) int { panic(course.TODO("1.1")) }
-- chapters/01-one/hints.md --
## 1.1 double a number
### 1
What is twice two?
-- chapters/01-one/testdata/mutants/square.go --
// It squares, which is the same for 2.
//
//course:mutant 1.1
package one

func Double(n int) int { return n * n }
`)).Files {
		name := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			log.Fatal(err)
		}
	}
	return root, func() { os.RemoveAll(root) }
}

// From a folder to an exercise and its functions, on both sides.
func Example() {
	root, remove := tiny()
	defer remove()

	found, err := book.Find(filepath.Join(root, "chapters", "01-one"))
	if err != nil {
		log.Fatal(err)
	}
	b, err := book.Open(found)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range b.Chapters {
		fmt.Println(c.Number, c.Name, c.Page)
		for _, e := range c.Exercises {
			fmt.Println(e.ID, e.Title)
			for _, f := range e.Functions {
				fmt.Println(f.Name, f.Reference, f.Desk, "stub:", f.Stub)
			}
			fmt.Println(e.Hints)
		}
	}
	// Output:
	// 1 one docs/01-one.md
	// 1.1 double a number
	// Double chapters/01-one/one.go:6 chapters/01-one/exercise/one.go:6 stub: true
	// [What is twice two?]
}

func ExampleMutant() {
	root, remove := tiny()
	defer remove()
	b, err := book.Open(root)
	if err != nil {
		log.Fatal(err)
	}
	mutants, err := b.Chapter(1).Mutants()
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range mutants {
		fmt.Print(m.Name, " must fail ", m.ID, ": ", m.Doc)
	}
	// Output:
	// square must fail 1.1: It squares, which is the same for 2.
}

func ExampleChange() {
	root, remove := tiny()
	defer remove()
	b, err := book.Open(root)
	if err != nil {
		log.Fatal(err)
	}
	changes, _, err := b.Changes(b.Chapter(1))
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range changes {
		fmt.Println(c.At, c.Text, c.ID)
	}
	// Output:
	// chapters/01-one/one.go:6 func Double(n int) int 1.1
}
