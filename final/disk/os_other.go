//go:build !(linux || windows || darwin || dragonfly || freebsd || netbsd || openbsd)

package disk

import (
	"errors"
	"io/fs"
	"os"
)

// lock is not there: a log cannot be opened for writing here, but on a simulated disk it can.
func lock(f *os.File) error {
	return &fs.PathError{Op: "lock", Path: f.Name(), Err: errors.ErrUnsupported}
}

// unlock has nothing to do.
func unlock(*os.File) error { return nil }

// syncDir is not there, and promising it would lose names.
func syncDir(d *os.File) error {
	return &fs.PathError{Op: "syncdir", Path: d.Name(), Err: errors.ErrUnsupported}
}
