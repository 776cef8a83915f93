package disk

import (
	"errors"
	"os"
	"syscall"
)

// ofdSetLock is F_OFD_SETLK of fcntl(2), the same number on every architecture of Linux.
const ofdSetLock = 0x25

// syncFile uses fdatasync: it writes the data and, of the metadata, what is needed to read them back, so also a changed
// size, but not the times (fdatasync(2)). It is what etcd uses, and saves a journal commit on a file of constant size.
func syncFile(f *os.File) error {
	return control(f, "sync", func(fd uintptr) error { return syscall.Fdatasync(int(fd)) })
}

// syncDir uses fsync: a folder's entries are what there is to write.
func syncDir(d *os.File) error { return d.Sync() }

// preallocate reserves the blocks. A file system without extents refuses it (EOPNOTSUPP; fallocate(2)): then the size
// alone has to do, and the disk may still turn out full later.
func preallocate(f *os.File, size int64) error {
	if size == 0 {
		return nil // fallocate refuses a length of zero
	}
	return orGrow(f, size, control(f, "preallocate", func(fd uintptr) error {
		return syscall.Fallocate(int(fd), 0, 0, size)
	}))
}

// orGrow replaces fallocate where it is refused. That there is no space stays an error.
func orGrow(f *os.File, size int64, err error) error {
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		return grow(f, size)
	}
	return err
}

// lock uses a lock of the open file description (fcntl(2), since Linux 3.15), as etcd does, so that each refuses the
// other's log. Unlike a traditional record lock it also holds between two files of one process, and is not lost when
// some other descriptor of the file is closed.
func lock(f *os.File) error {
	whole := syscall.Flock_t{Type: syscall.F_WRLCK}
	err := control(f, "lock", func(fd uintptr) error { return syscall.FcntlFlock(fd, ofdSetLock, &whole) })
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return lockedError(f)
	}
	return err
}

// unlock gives up what lock took, also for copies of the descriptor.
func unlock(f *os.File) error {
	whole := syscall.Flock_t{Type: syscall.F_UNLCK}
	return control(f, "unlock", func(fd uintptr) error { return syscall.FcntlFlock(fd, ofdSetLock, &whole) })
}
