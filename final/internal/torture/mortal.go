package torture

import (
	"errors"
	"io/fs"

	"example.com/logbook/final/disk"
)

// mortal is a disk as a process sees it that can die: from then on nothing that it does changes the disk. Its files are closed, as a dead process's
// are; a log's own Close would sync what it had read, and hide that it should have done so before it was acted on.
type mortal struct {
	disk.FS
	dead bool
}

// errDead is what a dead process gets.
var errDead = errors.New("the process is dead")

// Open opens a file of the process.
func (m *mortal) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	if m.dead {
		return nil, errDead
	}
	f, err := m.FS.Open(name, flag, mode)
	if err != nil {
		return nil, err
	}
	return &mortalFile{f, m}, nil
}

// Rename renames, as long as the process lives.
func (m *mortal) Rename(from, to string) error {
	if m.dead {
		return errDead
	}
	return m.FS.Rename(from, to)
}

// Remove removes, as long as the process lives.
func (m *mortal) Remove(name string) error {
	if m.dead {
		return errDead
	}
	return m.FS.Remove(name)
}

// SyncDir syncs, as long as the process lives.
func (m *mortal) SyncDir(name string) error {
	if m.dead {
		return errDead
	}
	return m.FS.SyncDir(name)
}

// mortalFile is an open file of the process.
type mortalFile struct {
	disk.File
	m *mortal
}

// WriteAt writes, as long as the process lives.
func (f *mortalFile) WriteAt(p []byte, off int64) (int, error) {
	if f.m.dead {
		return 0, errDead
	}
	return f.File.WriteAt(p, off)
}

// Sync syncs, as long as the process lives.
func (f *mortalFile) Sync() error {
	if f.m.dead {
		return errDead
	}
	return f.File.Sync()
}
