package suite

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Golden is a golden file: what was written by etcd, as text in txtar form.
type Golden struct {
	// Name is the file's name without its ending.
	Name string
	// Story is the comment: who wrote it, and how.
	Story string
	// Parts stand behind it, each under its heading.
	Parts []Part
}

// Part is a heading of a golden file, and what stands below it.
type Part struct {
	// Heading is the text between the dashes.
	Heading string
	// Text goes on to the next heading.
	Text string
}

// ReadGolden reads every golden file of a folder, sorted by name: parse makes of
// each what a chapter wants to know of it.
func ReadGolden[Log any](folder fs.FS, parse func(Golden) (Log, error)) ([]Log, error) {
	names, err := fs.Glob(folder, "*.txtar")
	if err != nil {
		return nil, err
	}
	var logs []Log
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		g, err := split(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		g.Name = strings.TrimSuffix(name, path.Ext(name))
		l, err := parse(g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		logs = append(logs, l)
	}
	return logs, nil
}

// split splits a file at its headings.
func split(text string) (g Golden, err error) {
	var rest string
	g.Story, rest, _ = strings.Cut(text, "-- ")
	for part := range strings.SplitSeq(rest, "\n-- ") {
		heading, body, ok := strings.Cut(part, " --\n")
		if !ok {
			return g, fmt.Errorf("no heading behind the comment: %.40q", part)
		}
		g.Parts = append(g.Parts, Part{heading, body})
	}
	return g, nil
}
