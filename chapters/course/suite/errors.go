package suite

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"example.com/logbook/final/disk"
)

// ErrDisk is what the suites' disks say when they fail: an error that no
// implementation can know beforehand.
var ErrDisk = errors.New("the disk does not answer (made up by the suite)")

// Named is an error that a failure calls by its name.
type Named struct {
	// Name is the one in the contracts.
	Name string
	// Err is what [errors.Is] is asked for.
	Err error
}

// Errors are those of a chapter's contracts, the more specific ones first.
type Errors []Named

// Kind names what an error matches, as the contracts name it: an error of the
// disk, of the chapter, or of the file system. It is what is compared and shown
// of an error.
func (own Errors) Kind(err error) string {
	if err == nil {
		return "nil"
	}
	for _, list := range []Errors{disks, own, systems} {
		for _, n := range list {
			if n.Err != nil && errors.Is(err, n.Err) {
				return n.Name
			}
		}
	}
	return "another error"
}

// Told is an error as a failure shows it: what it matches, and its text.
func (own Errors) Told(err error) string {
	if err == nil {
		return "nil"
	}
	return own.Kind(err) + ": " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// Errors of a disk, and of the file system around it.
var (
	disks   = Errors{{"the disk's error", ErrDisk}, {"EIO, the disk's error", syscall.EIO}, {"ENOSPC, the disk's error", syscall.ENOSPC}}
	systems = Errors{{"disk.ErrLocked", disk.ErrLocked}, {"fs.ErrExist", fs.ErrExist}, {"fs.ErrNotExist", fs.ErrNotExist}}
)
