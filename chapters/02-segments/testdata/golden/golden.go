// Package golden holds whole logs that real etcd wrote, as text: testdata that
// the suite of chapter 2 reads wherever it runs.
//
// Each file is in txtar form. A comment tells the log's story and the version
// that wrote it. Each other part is one file of the folder, under its name: an
// annotated hexdump, which [layout.Parse] reads back to exactly the bytes. They
// are evidence and are never edited.
package golden

import (
	"embed"
	"fmt"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/layout"
)

// texts are embedded, so that a suite finds them from any package.
//
//go:embed *.txtar
var texts embed.FS

// Log is one log.
type Log struct {
	// Name is that of the golden file, without its ending.
	Name string
	// Story is the comment: who wrote it, and how.
	Story string
	// Files are the files of the log's folder, in the order of their names.
	Files []File
}

// File is one file of a log.
type File struct {
	// Name is what etcd called it.
	Name string
	// Bytes is all that it holds.
	Bytes []byte
}

// All returns every log, sorted by name.
func All() ([]Log, error) { return suite.ReadGolden(texts, parse) }

// parse reads the files of one log.
func parse(g suite.Golden) (Log, error) {
	l := Log{Name: g.Name, Story: g.Story}
	for _, part := range g.Parts {
		b, err := layout.Parse(part.Text)
		if err != nil {
			return l, fmt.Errorf("%s: %w", part.Heading, err)
		}
		l.Files = append(l.Files, File{part.Heading, b})
	}
	return l, nil
}
