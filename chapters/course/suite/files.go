package suite

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"example.com/logbook/final/disk"
)

// Files returns what a folder holds, by name; folders with "/" behind theirs. A
// folder that is not there gives nil.
func Files(fsys disk.FS, folder string) []string {
	entries, err := fsys.List(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	names := []string{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		names = append(names, name)
	}
	return names
}

// Content returns the bytes of a file, or nil if it cannot be read.
func Content(fsys disk.FS, name string) []byte {
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, size))
	if err != nil {
		return nil
	}
	return b
}

// Put makes a file that holds b, or makes the one of this name hold it. It syncs
// the bytes if it is told to, and never the name.
func Put(fsys disk.FS, name string, b []byte, sync bool) error {
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	if sync {
		err = errors.Join(err, f.Sync())
	}
	return errors.Join(err, f.Close())
}

// Locked reports whether somebody holds a file.
func Locked(fsys disk.FS, name string) bool {
	f, err := fsys.Open(name, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(f.Lock(), disk.ErrLocked)
}
