//go:build !arm

package disk

import "syscall"

// Writeback is described at [File]. Package syscall does not have the call on 32-bit ARM.
func (f *osFile) Writeback(off, n int64) error {
	const waitBeforeWriteWaitAfter = 1 | 2 | 4 // SYNC_FILE_RANGE_*
	return control(f.File, "write back", func(fd uintptr) error {
		return syscall.SyncFileRange(int(fd), off, n, waitBeforeWriteWaitAfter)
	})
}
