package snap_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/snap"
)

// failing is a disk of which an operation fails.
type failing struct {
	disk.FS
	open, list, rename, syncDir, stat error
	read                              error
	short                             bool // each read, also without an error
}

func (f *failing) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	if f.open != nil {
		return nil, f.open
	}
	file, err := f.FS.Open(name, flag, mode)
	return &failingFile{file, f.read, f.short}, err
}

func (f *failing) List(name string) ([]fs.DirEntry, error) {
	if f.list != nil {
		return nil, f.list
	}
	return f.FS.List(name)
}

func (f *failing) Rename(from, to string) error {
	if f.rename != nil {
		return f.rename
	}
	return f.FS.Rename(from, to)
}

func (f *failing) SyncDir(name string) error {
	if f.syncDir != nil {
		return f.syncDir
	}
	return f.FS.SyncDir(name)
}

func (f *failing) Stat(name string) (fs.FileInfo, error) {
	if f.stat != nil {
		return nil, f.stat
	}
	return f.FS.Stat(name)
}

type failingFile struct {
	disk.File
	err   error
	short bool
}

func (f *failingFile) ReadAt(p []byte, off int64) (int, error) {
	if f.err != nil || f.short {
		n, _ := f.File.ReadAt(p[:len(p)/2], off)
		return n, f.err
	}
	return f.File.ReadAt(p, off)
}

// TestTransientErrors: what cannot be read now may be good: it is an error, and no reason to take an older file or to rename. S03 F14
func TestTransientErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("input/output error")
	files := map[string][]byte{name(5, 2): encode(t, snapshot(5, 2, "five")), name(9, 2): encode(t, snapshot(9, 2, "nine"))}
	for _, c := range []struct {
		name string
		disk failing
	}{
		{"open", failing{open: fs.ErrPermission}},
		{"read", failing{read: boom}},
		{"read_short", failing{read: nil}},
		{"list", failing{list: boom}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := folder(t, files)
			before := listing(t, sim)
			c.disk.FS = sim
			if c.name == "read_short" {
				c.disk.read = io.EOF
			}
			s := snap.New(".", &snap.Options{FS: &c.disk, RenameBroken: true})
			got, err := s.Load()
			if err == nil || got != nil || errors.Is(err, snap.ErrCorrupt) || errors.Is(err, snap.ErrNoSnapshot) {
				t.Errorf("Load() = %v, %v, want an error that says nothing about the snapshot", got, err)
			}
			if after := listing(t, sim); after != before {
				t.Errorf("Load() changed the folder from %s to %s", before, after)
			}
		})
	}
	for _, d := range []failing{{rename: boom}, {syncDir: boom}, {stat: boom}} {
		d.FS = folder(t, map[string][]byte{name(9, 2): []byte("damaged")})
		if _, err := snap.New(".", &snap.Options{FS: &d, RenameBroken: true}).Load(); !errors.Is(err, boom) {
			t.Errorf("Load() where renaming fails = %v, want its error", err)
		}
	}
	sim := folder(t, map[string][]byte{name(9, 2): []byte("damaged")})
	sim.Inject(disk.Fault{Ops: disk.OpStat, Name: "*.broken", Err: boom})
	if _, err := snap.New(".", &snap.Options{FS: sim, RenameBroken: true}).Load(); !errors.Is(err, boom) {
		t.Errorf("Load() where nobody knows whether another was renamed before = %v, want its error", err)
	}
	for _, err := range []error{nil, io.EOF} {
		short := failing{FS: folder(t, files), short: true, read: err}
		if _, err := snap.New(".", &snap.Options{FS: &short}).Load(); err == nil || errors.Is(err, snap.ErrCorrupt) || !strings.Contains(err.Error(), "shorter than it said") {
			t.Errorf("Load() of a file that ends too early = %v, want an error that says so", err)
		}
	}
	d := failing{FS: folder(t, files), open: fs.ErrNotExist}
	if _, err := snap.New(".", &snap.Options{FS: &d}).Load(); err == nil || errors.Is(err, snap.ErrNoSnapshot) || !strings.Contains(err.Error(), "cannot be found") {
		t.Errorf("Load() of files that are listed and never there = %v, want an error that says so", err)
	}
}

// TestUnreadableFile: the same on a real disk, by permissions. S03
func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, name(9, 2))
	if err := os.WriteFile(file, encode(t, snapshot(9, 2, "nine")), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := snap.New(dir, &snap.Options{RenameBroken: true}).Load(); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Load() = %v, want fs.ErrPermission", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("file is gone: %v", err)
	}
}
