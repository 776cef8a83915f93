package snap

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNoSnapshot is returned when a folder holds no snapshot that can be loaded, or is not there: the node is new, no file is of a
	// snapshot that the log has recorded, or every file was rejected, which the error then lists. Start from the log's beginning if the log reaches back to it; do not, if it does not.
	ErrNoSnapshot = errors.New("no snapshot")

	// ErrCorrupt matches every [CorruptError]. The file can never be loaded; an older one may.
	ErrCorrupt = errors.New("snapshot is corrupt")

	// ErrName matches the rejection of a file whose name and content are of two snapshots: somebody has renamed or copied it.
	// Give it its own name again, or move it away.
	ErrName = errors.New("snapshot file has another snapshot's name")
)

// CorruptError says which file is corrupt, and why. It matches [ErrCorrupt].
type CorruptError struct {
	// File is the file's name.
	File string

	// Reason says what is wrong with it.
	Reason string
}

// Error names the file, what is wrong, and what to do.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("snap: %s is corrupt: %s; restore it from a backup, or load an older one", e.File, e.Reason)
}

// Unwrap returns [ErrCorrupt].
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// Rejected is a file that was passed over.
type Rejected struct {
	// File is the file's name.
	File string

	// Err says why: a [*CorruptError], or an error that matches [ErrName].
	Err error
}

// noSnapshot returns the error for a folder in which only rejected files were found, and others that were not looked at, or none.
func noSnapshot(dir string, rejected []Rejected, others int) error {
	switch {
	case len(rejected) == 0 && others == 1:
		return fmt.Errorf("snap: %s: %w: 1 file, not recorded in the log", dir, ErrNoSnapshot)
	case len(rejected) == 0 && others > 0:
		return fmt.Errorf("snap: %s: %w: %d files, none of them recorded in the log", dir, ErrNoSnapshot, others)
	case len(rejected) == 0:
		return fmt.Errorf("snap: %s: %w: the folder holds no file of one", dir, ErrNoSnapshot)
	}
	errs := []error{fmt.Errorf("snap: %s: %w can be loaded: %s", dir, ErrNoSnapshot, names(rejected))}
	for _, r := range rejected {
		errs = append(errs, r.Err)
	}
	return errors.Join(errs...)
}

// names lists the files.
func names(rejected []Rejected) string {
	var all []string
	for _, r := range rejected {
		all = append(all, r.File)
	}
	return strings.Join(all, ", ") + " rejected"
}
