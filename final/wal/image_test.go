package wal_test

import (
	"io"
	"io/fs"
	"path"
	"time"

	"example.com/logbook/final/disk"
)

// An image is a disk that can only be read, fast enough for hundreds of thousands of logs in a test.

func (m image) Open(name string, _ int, _ fs.FileMode) (disk.File, error) {
	data, ok := m[path.Base(name)]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &imageFile{name: name, data: data}, nil
}

func (m image) List(string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	for _, name := range m.names() {
		all = append(all, fs.FileInfoToDirEntry(imageInfo{name, int64(len(m[name]))}))
	}
	return all, nil
}

func (m image) Stat(name string) (fs.FileInfo, error) {
	data, ok := m[path.Base(name)]
	if !ok {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return imageInfo{name, int64(len(data))}, nil
}

func (m image) Mkdir(string, fs.FileMode) error { return fs.ErrPermission }
func (m image) Rename(string, string) error     { return fs.ErrPermission }
func (m image) Remove(string) error             { return fs.ErrPermission }
func (m image) SyncDir(string) error            { return fs.ErrPermission }
func (m image) Close() error                    { return nil }

type imageFile struct {
	name string
	data []byte
}

func (f *imageFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *imageFile) WriteAt([]byte, int64) (int, error) { return 0, fs.ErrPermission }
func (f *imageFile) Sync() error                        { return fs.ErrPermission }
func (f *imageFile) Truncate(int64) error               { return fs.ErrPermission }
func (f *imageFile) Preallocate(int64) error            { return fs.ErrPermission }
func (f *imageFile) Lock() error                        { return fs.ErrPermission }
func (f *imageFile) Size() (int64, error)               { return int64(len(f.data)), nil }
func (f *imageFile) Name() string                       { return f.name }
func (f *imageFile) Close() error                       { return nil }

type imageInfo struct {
	name string
	size int64
}

func (i imageInfo) Name() string       { return i.name }
func (i imageInfo) Size() int64        { return i.size }
func (i imageInfo) Mode() fs.FileMode  { return 0o600 }
func (i imageInfo) ModTime() time.Time { return time.Time{} }
func (i imageInfo) IsDir() bool        { return false }
func (i imageInfo) Sys() any           { return nil }
