//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package disk

import (
	"errors"
	"os"
	"syscall"
)

// lock uses flock(2): such a lock belongs to the open file and ends with it.
func lock(f *os.File) error {
	err := control(f, "lock", func(fd uintptr) error {
		return syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
	})
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return lockedError(f)
	}
	return err
}

// unlock gives up what lock took, also for copies of the descriptor.
func unlock(f *os.File) error {
	return control(f, "unlock", func(fd uintptr) error { return syscall.Flock(int(fd), syscall.LOCK_UN) })
}

// syncDir uses fsync: a folder's entries are what there is to write.
func syncDir(d *os.File) error { return d.Sync() }
