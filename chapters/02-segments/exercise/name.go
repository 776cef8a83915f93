package segments

import (
	"errors"
	"fmt"
	"io/fs"

	"example.com/logbook/chapters/course"
	"example.com/logbook/final/disk"
)

// Part of the format: a name is two numbers of 16 digits, a hyphen between
// them, and the suffix.
const (
	digits     = 16
	suffix     = ".wal"
	nameLength = digits + 1 + digits + len(suffix)
)

// FormatName returns the name of the segment with the given number in the log,
// which holds the records from the given index on: both as 16 lower-case
// hexadecimal digits, with leading zeros, so that names sort as numbers do.
//
//course:exercise 2.1
func FormatName(seq, index uint64) string {
	panic(course.TODO("2.1"))
}

// ParseName reads what [FormatName] writes, to the letter: ok is false for any
// other name, also for one that a person would take for the same, such as one
// with upper-case digits, with fewer of them, or with something behind it.
//
//course:exercise 2.1
func ParseName(name string) (seq, index uint64, ok bool) {
	panic(course.TODO("2.1"))
}

// Sequence returns the segments among names, oldest first. Names that are no
// segment's are left out. The first may have any number, since old segments are
// given up in order; each of the others must have the number behind the one
// before it, and an index that is not lower.
//
// Where numbers are missing, the error is a [*GapError]. Where two names have
// one number, or an index goes back, it is a [*CorruptError] that names the
// later of the two. Both match [ErrCorrupt], and nothing is returned with them.
// No segments is no error.
//
//course:exercise 2.1
func Sequence(names []string) ([]string, error) {
	panic(course.TODO("2.1"))
}

// List returns the names of the segments in a folder, oldest first, as
// [Sequence] orders them. Folders are no segments, whatever they are called. A
// folder without any, or no folder at all, gives [ErrNoLog].
func List(fsys disk.FS, dir string) ([]string, error) {
	entries, err := fsys.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoLog, err)
	}
	if err != nil {
		return nil, fmt.Errorf("segments: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	names, err = Sequence(names)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("%s: %w", dir, ErrNoLog)
	}
	return names, err
}
