package disk

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

// Flags and errors of LockFileEx, which package syscall does not name.
const (
	lockExclusive        = 2
	lockFailImmediately  = 1
	errLockViolation     = syscall.Errno(33)
	errIOPending         = syscall.Errno(997)
	lockedBytes          = 1
	lockReserved         = 0
	lockedBytesHighOrder = 0
)

// procLockFileEx is what package syscall does not offer.
var procLockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

// lock takes the first byte of the file, as etcd does, so that each refuses the other's log.
func lock(f *os.File) error {
	err := control(f, "lock", func(fd uintptr) error {
		overlapped := new(syscall.Overlapped)
		ok, _, err := procLockFileEx.Call(fd, lockExclusive|lockFailImmediately, lockReserved,
			lockedBytes, lockedBytesHighOrder, uintptr(unsafe.Pointer(overlapped)))
		if ok == 0 {
			return err
		}
		return nil
	})
	if errors.Is(err, errLockViolation) || errors.Is(err, errIOPending) {
		return lockedError(f)
	}
	return err
}

// unlock does nothing: the lock ends with the handle, and no child is given a copy of it.
func unlock(*os.File) error { return nil }

// syncDir does nothing: Windows has no call for it. NTFS keeps names in its journal, in order.
func syncDir(*os.File) error { return nil }
