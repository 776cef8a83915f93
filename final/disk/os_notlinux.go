//go:build !linux

package disk

import "os"

// syncFile uses what Go calls Sync: FlushFileBuffers on Windows, and F_FULLFSYNC on macOS, where fsync alone leaves the
// data in the cache of the disk.
func syncFile(f *os.File) error { return f.Sync() }

// preallocate sets the size alone: no space is reserved, and the disk may still turn out full later.
func preallocate(f *os.File, size int64) error { return grow(f, size) }
