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
	"path"
	"strings"

	"golang.org/x/tools/txtar"

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
func All() ([]Log, error) {
	entries, err := texts.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var logs []Log
	for _, e := range entries {
		text, err := texts.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		archive := txtar.Parse(text)
		l := Log{Name: strings.TrimSuffix(e.Name(), path.Ext(e.Name())), Story: string(archive.Comment)}
		for _, f := range archive.Files {
			b, err := layout.Parse(string(f.Data))
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", e.Name(), f.Name, err)
			}
			l.Files = append(l.Files, File{f.Name, b})
		}
		logs = append(logs, l)
	}
	return logs, nil
}
