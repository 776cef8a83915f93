package course

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Waiting reads the Go files at the top of sources, one package, and returns a
// function that says why an exercise cannot be tested yet. Its answer is empty
// when nothing is in the way, and else names the file and line to edit.
//
// An exercise waits as long as one of its functions still calls [TODO]:
//
//	frame.go:34: EncodeLength is still a stub
//
// or as long as a function of the package that one of them reaches does,
// through any number of calls:
//
//	1.4 uses EncodeLength (1.1), still a stub: frame.go:34
//
// Where it waits for several exercises, each is named, the earliest first:
//
//	1.6 uses DecodeLength (1.1), still a stub: frame.go:58; and Decoder.Next (1.5): decoder.go:80
//
// Its functions are those whose doc comment holds //course:exercise with its
// id, and those that call TODO with its id. A function of no exercise that is
// built on exercises counts with the last of them: a Judge that calls 1.5 and
// 1.6 is what the tests of 1.6 run, so 1.6 waits for 1.5 too.
//
// A name is followed to what it means, so a method is told from another of
// the same name; a call through an interface of the package reaches every
// method of that name. A call through an interface declared elsewhere, such as
// an io.Writer, is not seen.
//
// Test files are not read, and comments do not count. When a file does not
// parse, every exercise waits, and the answer names the file and the error.
func Waiting(sources fs.FS) func(exercise string) string {
	s, err := parse(sources)
	if err != nil {
		reason := "does not parse: " + err.Error()
		return func(string) string { return reason }
	}
	return s.why
}

// why is the answer of [Waiting] for one exercise.
func (s *survey) why(exercise string) string {
	roots := s.roots(exercise)
	for _, f := range roots {
		if f.stub {
			return fmt.Sprintf("%s: %s is still a stub", f.position, f.name)
		}
	}
	var stubs []*function
	for _, f := range s.reach(roots) {
		if f.stub {
			stubs = append(stubs, f)
		}
	}
	if len(stubs) == 0 {
		return ""
	}
	// The earliest exercise is the one to write first.
	slices.SortStableFunc(stubs, func(x, y *function) int { return compareIDs(x.exercise, y.exercise) })
	stubs = slices.CompactFunc(stubs, func(x, y *function) bool { return x.exercise == y.exercise })
	text := fmt.Sprintf("%s uses %s (%s), still a stub: %s", exercise, stubs[0].name, stubs[0].exercise, stubs[0].position)
	for _, f := range stubs[1:] {
		text += fmt.Sprintf("; and %s (%s): %s", f.name, f.exercise, f.position)
	}
	return text
}

// roots returns the functions that stand for an exercise: its own, and those
// of no exercise for which it is the last exercise that they reach.
func (s *survey) roots(exercise string) []*function {
	var roots []*function
	for _, f := range s.functions {
		id := f.exercise
		for _, reached := range s.reach([]*function{f}) {
			if f.exercise == "" && compareIDs(reached.exercise, id) > 0 {
				id = reached.exercise
			}
		}
		if id == exercise {
			roots = append(roots, f)
		}
	}
	return roots
}

// compareIDs orders 1.9 before 1.10, and no id before any.
func compareIDs(x, y string) int {
	chapterX, exerciseX, _ := strings.Cut(x, ".")
	chapterY, exerciseY, _ := strings.Cut(y, ".")
	return cmp.Or(compareNumbers(chapterX, chapterY), compareNumbers(exerciseX, exerciseY), strings.Compare(x, y))
}

func compareNumbers(x, y string) int {
	// What is no number counts as 0; the ids as such are compared then.
	m, _ := strconv.Atoi(x)
	n, _ := strconv.Atoi(y)
	return m - n
}
