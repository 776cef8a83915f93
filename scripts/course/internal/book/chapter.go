package book

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Chapter is one folder chapters/NN-name and what belongs to it.
type Chapter struct {
	// Number is the NN of the folder: 1 for 01-records.
	Number int
	// Name is the rest of the folder's name, and the package's name: records.
	Name string
	// Folder holds the reference: chapters/01-records.
	Folder string
	// Page is the chapter's text: docs/01-records.md.
	Page string
	// Hints is the file with titles and hints: chapters/01-records/hints.md.
	Hints string
	// Suite is the folder of the conformance suite: chapters/01-records/recordstest.
	Suite string
	// Desk is the folder in which the learner writes: chapters/01-records/exercise.
	Desk string
	// MutantFolder is the folder of the wrong implementations: chapters/01-records/testdata/mutants.
	MutantFolder string
	// Exercises are in the order of their ids.
	Exercises []*Exercise
	// Strays are the functions whose directive names an id of another
	// chapter or none: mistakes of the author, which verify reports.
	Strays []Function

	book *Book
}

// Exercise is one exercise of a chapter.
type Exercise struct {
	// ID is the chapter's number, a dot, and the exercise's own: 1.3.
	ID string
	// Title is the rest of its heading in hints.md, or "" if it has none.
	Title string
	// Functions are those to be written, in the order of file and line. It is
	// empty when only hints.md knows the id.
	Functions []Function
	// Hints are the tiers in hints.md, from a question to a sketch.
	Hints []string
}

// Function is a function or method that belongs to an exercise.
type Function struct {
	// Name is EncodeLength, or Encoder.Encode for a method, whether its
	// receiver is a pointer or not.
	Name string
	// ID is what its directive states.
	ID string
	// Reference is where the reference declares it.
	Reference Position
	// Desk is where the learner's desk declares it. Its File is "" when no
	// file there does, or none that could be parsed so far.
	Desk Position
	// Stub is set while the body on the desk calls course.TODO.
	Stub bool
	// Signature is the reference's declaration in one line, without the body.
	Signature string
	// DeskSignature is the desk's, or "" if the desk does not declare it.
	DeskSignature string
	// Changed is set if the two differ in more than the names of parameters and
	// results.
	Changed bool
}

// Position is a line of a file. It prints as file:line, or as the file alone
// if the line is not known.
type Position struct {
	// File is relative to the project's root.
	File string
	// Line counts from 1. Of a function it is the line of the word func.
	Line int
}

// String returns file:line.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// ReferencePath returns the import path of the reference package.
func (c *Chapter) ReferencePath() string { return c.book.ImportPath(c.Folder) }

// DeskPath returns the import path of the learner's package.
func (c *Chapter) DeskPath() string { return c.book.ImportPath(c.Desk) }

// SuitePath returns the import path of the conformance suite.
func (c *Chapter) SuitePath() string { return c.book.ImportPath(c.Suite) }

// TestName returns the name of the test function, in reference and desk, that
// runs the suite: TestRecords. Below it, each exercise's id is a subtest.
func (c *Chapter) TestName() string { return "Test" + strings.ToUpper(c.Name[:1]) + c.Name[1:] }

// read fills in the exercises: functions from the reference, positions from
// the desk, titles and hints from hints.md, which may be missing.
func (c *Chapter) read() error {
	reference, err := Functions(c.book.Root, c.Folder)
	if err != nil {
		return err
	}
	// A desk that is missing or does not parse leaves positions empty.
	desk, _ := Functions(c.book.Root, c.Desk)
	for _, f := range reference {
		if f.ID == "" {
			continue
		}
		if at := slices.IndexFunc(desk, func(d Function) bool { return d.Name == f.Name }); at >= 0 {
			d := desk[at]
			f.Desk, f.Stub = d.Reference, d.Stub
			f.DeskSignature, f.Changed = d.Signature, !sameTypes(d.Signature, f.Signature)
		}
		if !c.owns(f.ID) {
			c.Strays = append(c.Strays, f)
			continue
		}
		e := c.exercise(f.ID)
		e.Functions = append(e.Functions, f)
	}
	if err := c.readHints(); err != nil {
		return err
	}
	slices.SortFunc(c.Exercises, func(x, y *Exercise) int { return cmp.Compare(x.number(), y.number()) })
	return nil
}

// readHints takes titles and hints from hints.md.
func (c *Chapter) readHints() error {
	text, err := os.ReadFile(c.book.Path(c.Hints))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	hints, err := parseHints(string(text))
	if err != nil {
		return fmt.Errorf("%s:%w", c.Hints, err)
	}
	for _, h := range hints {
		if !c.owns(h.id) {
			return fmt.Errorf("%s:%d: exercise %s is not of chapter %d", c.Hints, h.line, h.id, c.Number)
		}
		e := c.exercise(h.id)
		e.Title, e.Hints = h.title, h.tiers
	}
	return nil
}

// exercise returns the exercise with that id, which is made if new.
func (c *Chapter) exercise(id string) *Exercise {
	for _, e := range c.Exercises {
		if e.ID == id {
			return e
		}
	}
	e := &Exercise{ID: id}
	c.Exercises = append(c.Exercises, e)
	return e
}

// owns reports whether id is the chapter's number, a dot, and a number.
func (c *Chapter) owns(id string) bool {
	chapter, exercise, _ := strings.Cut(id, ".")
	n, err := strconv.Atoi(exercise)
	return err == nil && n > 0 && chapter == strconv.Itoa(c.Number) && exercise == strconv.Itoa(n)
}

// number returns what stands behind the dot of the id.
func (e *Exercise) number() int {
	_, after, _ := strings.Cut(e.ID, ".")
	n, _ := strconv.Atoi(after)
	return n
}
