// Package golden holds logs that real etcd wrote, as text: testdata that the
// suite of chapter 1 reads wherever it runs.
//
// Each file is in txtar form. A comment tells the log's story and the version
// that wrote it. "log" is an annotated hexdump, which [layout.Parse] reads back
// to exactly the bytes. "expect" says what a reader finds in it: one line per
// record, then how it ends.
//
// "expect" is derived and can be written anew (go test ./chapters/01-records
// -run Golden -update). "log" is evidence and is never edited.
package golden

import (
	"embed"
	"errors"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/layout"
)

// files are embedded, so that a suite finds them from any package.
//
//go:embed *.txtar
var files embed.FS

// Log is one file of this folder.
type Log struct {
	// Name is the file's name without its ending.
	Name string
	// Story is the comment: what happened to this log.
	Story string
	// Bytes is the file that etcd wrote, with most of its zeros left out.
	Bytes []byte
	// Expect is what a reader finds.
	Expect string
}

// All returns every log, sorted by name.
func All() ([]Log, error) { return suite.ReadGolden(files, parse) }

// parse reads the two parts of one file.
func parse(g suite.Golden) (l Log, err error) {
	if len(g.Parts) != 2 || g.Parts[0].Heading != "log" || g.Parts[1].Heading != "expect" {
		return l, errors.New("no section log, or no section expect behind it")
	}
	l = Log{Name: g.Name, Story: g.Story, Expect: g.Parts[1].Text}
	l.Bytes, err = layout.Parse(g.Parts[0].Text)
	return l, err
}
