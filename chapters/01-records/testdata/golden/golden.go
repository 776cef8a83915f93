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
	"fmt"
	"strings"

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
func All() ([]Log, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var logs []Log
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		l, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		l.Name = strings.TrimSuffix(e.Name(), ".txtar")
		logs = append(logs, l)
	}
	return logs, nil
}

// parse splits one file at its two headings.
func parse(text string) (l Log, err error) {
	story, rest, ok := strings.Cut(text, "-- log --\n")
	dump, expect, ok2 := strings.Cut(rest, "-- expect --\n")
	if !ok || !ok2 {
		return l, fmt.Errorf("no section log, or no section expect behind it")
	}
	l.Story, l.Expect = story, expect
	l.Bytes, err = layout.Parse(dump)
	return l, err
}
