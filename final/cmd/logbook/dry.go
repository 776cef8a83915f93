package main

import (
	"io/fs"
	"os"
	"strings"

	"example.com/logbook/final/disk"
)

// A dryDisk reads a folder and changes nothing in it: what is written to it is dropped,
// and succeeds. A repair on it reads, decides and reports as on the disk itself, as long
// as it does not read again what it has written; and it takes the same locks, so that a
// log in use is refused. The folder has the name that a person gave it, for messages.
type dryDisk struct {
	disk.FS
	name string // as a slash path, and clean
}

// real returns a file's name in the real folder.
func (d dryDisk) real(name string) string {
	if name == d.name {
		return "."
	}
	return strings.TrimPrefix(name, strings.TrimSuffix(d.name, "/")+"/")
}

// List lists the real folder.
func (d dryDisk) List(name string) ([]fs.DirEntry, error) { return d.FS.List(d.real(name)) }

// Stat describes the real file.
func (d dryDisk) Stat(name string) (fs.FileInfo, error) { return d.FS.Stat(d.real(name)) }

// Open opens the real file, or one of nothing in the place of a new one.
func (d dryDisk) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	_, err := d.Stat(name)
	switch {
	case flag&os.O_CREATE == 0:
	case err == nil && flag&os.O_EXCL != 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case err != nil:
		return nothing{name}, nil
	}
	f, err := d.FS.Open(d.real(name), flag&^(os.O_CREATE|os.O_TRUNC), mode)
	if err != nil {
		return nil, err
	}
	return dryFile{f}, nil
}

// Mkdir makes nothing.
func (dryDisk) Mkdir(string, fs.FileMode) error { return nil }

// Rename renames nothing.
func (dryDisk) Rename(string, string) error { return nil }

// Remove removes nothing.
func (dryDisk) Remove(string) error { return nil }

// SyncDir has nothing to make durable.
func (dryDisk) SyncDir(string) error { return nil }

// A dryFile is a real file that keeps what it holds.
type dryFile struct{ disk.File }

// WriteAt drops what is written.
func (dryFile) WriteAt(b []byte, _ int64) (int, error) { return len(b), nil }

// Sync has nothing to make durable.
func (dryFile) Sync() error { return nil }

// Truncate cuts nothing off.
func (dryFile) Truncate(int64) error { return nil }

// Preallocate reserves nothing.
func (dryFile) Preallocate(int64) error { return nil }

// nothing is a new file that takes everything and holds nothing.
type nothing struct{ name string }

// ReadAt finds nothing to read.
func (nothing) ReadAt([]byte, int64) (int, error) { return 0, fs.ErrInvalid }

// WriteAt drops what is written.
func (nothing) WriteAt(b []byte, _ int64) (int, error) { return len(b), nil }

// Sync has nothing to make durable.
func (nothing) Sync() error { return nil }

// Truncate sets no size.
func (nothing) Truncate(int64) error { return nil }

// Preallocate reserves nothing.
func (nothing) Preallocate(int64) error { return nil }

// Size is that of nothing.
func (nothing) Size() (int64, error) { return 0, nil }

// Lock succeeds: nobody else has the file.
func (nothing) Lock() error { return nil }

// Name is what it would be called.
func (n nothing) Name() string { return n.name }

// Close closes nothing.
func (nothing) Close() error { return nil }
