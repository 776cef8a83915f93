package verify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// required are the ids of what final must do: what etcd's write-ahead log (W), its snapshotter (S) and their bytes (B) have taught, and the faults
// (F) that a log must survive. docs/05-final.md says what the first are, the comment of package torture the last.
var required = []struct {
	letter string
	last   int
}{{"W", 46}, {"S", 10}, {"B", 2}, {"F", 21}}

// idPattern is an id in a comment of a test, or on the page of the format.
var idPattern = regexp.MustCompile(`\b[WSBF]\d\d?\b`)

// missingIDs returns the ids that stand beside no test of final, and not on the page that says what the format forbids. A project without
// final has none.
func missingIDs(root string) ([]string, error) {
	final := filepath.Join(root, "final")
	if _, err := os.Stat(final); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	seen := map[string]bool{}
	err := filepath.WalkDir(final, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		return seeIDs(seen, name, "//")
	})
	if err == nil {
		err = seeIDs(seen, filepath.Join(root, "docs", "format.md"), "")
	}
	var missing []string
	for _, kind := range required {
		for n := 1; n <= kind.last; n++ {
			id := fmt.Sprintf("%s%02d", kind.letter, n)
			if short := fmt.Sprintf("%s%d", kind.letter, n); !seen[id] && !seen[short] {
				missing = append(missing, id+": no test of final names it in a comment, and docs/format.md does not say why it cannot be had")
			}
		}
	}
	return missing, err
}

// seeIDs notes the ids in a file, in what stands behind a mark on its line.
func seeIDs(seen map[string]bool, name, mark string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(b)) {
		if _, comment, ok := strings.Cut(line, mark); ok {
			for _, id := range idPattern.FindAllString(comment, -1) {
				seen[id] = true
			}
		}
	}
	return nil
}
