// Package golden holds logs and snapshot files that real etcd wrote, as text:
// testdata that the suite of chapter 3 reads wherever it runs.
//
// Each file is in txtar form. A comment tells the story. "calls" are the calls
// that etcd's wal and snap packages were given, one a line:
//
//	create METADATA SEGMENT-SIZE
//	save TERM/VOTE/COMMIT TERM:INDEX:SIZE …     "-" is no hard state
//	snapshot INDEX/TERM                         with the voters 1, 2 and 3
//	file INDEX/TERM                             a snapshot's file
//	reopen INDEX/TERM                           0/0 is the beginning
//	close
//
// The data of an entry says "INDEX of term TERM", with dots up to its size; a
// snapshot's says "all up to INDEX of term TERM". Then comes each file that etcd
// left: a segment as a dump, which [layout.Parse] reads back to exactly the bytes,
// and a snapshot file in hexadecimal digits. "reads" is what etcd's own ReadAll
// returned, a line for each start: INDEX/TERM, hard state, entries.
//
// All of it is evidence and is never edited.
package golden

import (
	"embed"
	"encoding/hex"
	"fmt"
	"strings"

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
	// Calls are the calls that etcd was given.
	Calls []string
	// Files are what it wrote, sorted by name, most zeros at their ends left out.
	Files []File
	// Reads are what it read from them.
	Reads []string
}

// File is a file that etcd wrote.
type File struct {
	// Name is its name.
	Name string
	// Bytes is its content.
	Bytes []byte
}

// All returns every log, sorted by name.
func All() ([]Log, error) { return suite.ReadGolden(files, parse) }

// parse reads the sections of one log.
func parse(g suite.Golden) (Log, error) {
	l := Log{Name: g.Name, Story: g.Story}
	for _, part := range g.Parts {
		if err := l.section(part.Heading, part.Text); err != nil {
			return l, fmt.Errorf("%s: %w", part.Heading, err)
		}
	}
	return l, nil
}

// section reads one section.
func (l *Log) section(name, body string) error {
	lines := strings.Split(strings.TrimSpace(body), "\n")
	switch {
	case name == "calls":
		l.Calls = lines
		return nil
	case name == "reads":
		l.Reads = lines
		return nil
	}
	read := layout.Parse
	if strings.HasSuffix(name, ".snap") {
		read = func(string) ([]byte, error) { return hex.DecodeString(strings.Join(lines, "")) }
	}
	b, err := read(body)
	l.Files = append(l.Files, File{name, b})
	return err
}
