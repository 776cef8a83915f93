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
		l, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		l.Name = strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
		logs = append(logs, l)
	}
	return logs, nil
}

// parse splits one golden file at its headings.
func parse(text string) (l Log, err error) {
	var rest string
	l.Story, rest, _ = strings.Cut(text, "-- ")
	for part := range strings.SplitSeq(rest, "\n-- ") {
		name, dump, ok := strings.Cut(part, " --\n")
		if !ok {
			return l, fmt.Errorf("no file behind the comment: %.40q", part)
		}
		b, err := layout.Parse(dump)
		if err != nil {
			return l, fmt.Errorf("%s: %w", name, err)
		}
		l.Files = append(l.Files, File{name, b})
	}
	return l, nil
}
