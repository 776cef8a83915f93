package house

import (
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// Files yields the path, relative to root and with slashes, of every regular
// file of the project: all but what git and build tools keep in folders whose
// name begins with a dot, .ci excepted.
func Files(root string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if hidden(entry.Name()) && path != root {
					return fs.SkipDir
				}
				return nil
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if entry.Type().IsRegular() && !yield(filepath.ToSlash(rel), nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", err)
		}
	}
}

func hidden(name string) bool {
	return strings.HasPrefix(name, ".") && name != ".ci"
}

// inspect calls check with every file whose path has one of the suffixes, and
// gathers what it reports. An unreadable tree is a breach like any other: a
// rule that saw nothing must not pass.
func inspect(root string, check func(path string, text []byte) []string, suffixes ...string) []string {
	var found []string
	for path, err := range Files(root) {
		if err != nil {
			return append(found, err.Error())
		}
		if !hasSuffix(path, suffixes) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			found = append(found, err.Error())
			continue
		}
		found = append(found, check(path, text)...)
	}
	return found
}

// hasSuffix reports whether one of the suffixes fits; no suffixes fit all.
func hasSuffix(path string, suffixes []string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	return len(suffixes) == 0
}

// breach formats one report. Line 0 speaks of the whole file.
func breach(path string, line int, format string, args ...any) string {
	if line > 0 {
		path = fmt.Sprintf("%s:%d", path, line)
	}
	return path + ": " + fmt.Sprintf(format, args...)
}
