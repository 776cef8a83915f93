package wal_test

import (
	"errors"
	"io/fs"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// light is a disk whose files have Writeback, as those of Linux do, and that notes what brings the spare to the disk.
type light struct {
	disk.FS
	calls  []string
	refuse bool
}

// Open opens a file.
func (l *light) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	f, err := l.FS.Open(name, flag, mode)
	if err != nil || path.Base(name) != "0.tmp" {
		return f, err
	}
	return &lightFile{f, l}, nil
}

type lightFile struct {
	disk.File
	disk *light
}

// Writeback notes the call; it makes nothing durable.
func (f *lightFile) Writeback(int64, int64) error {
	f.disk.calls = append(f.disk.calls, "writeback")
	if f.disk.refuse {
		return errors.ErrUnsupported
	}
	return nil
}

// Sync notes the call.
func (f *lightFile) Sync() error {
	f.disk.calls = append(f.disk.calls, "sync")
	return f.File.Sync()
}

// TestFilling: zeros are brought to the disk step by step by the lightest means there are, and are durable when all are written: a cut must not wait
// for them. Unsynced logs leave them to the kernel.
func TestFilling(t *testing.T) {
	t.Parallel()
	const steps = 4
	for name, c := range map[string]struct {
		refuse bool
		opts   wal.Options
		want   []string
	}{
		"light":   {want: []string{"writeback", "writeback", "writeback", "sync"}},
		"refused": {refuse: true, want: []string{"writeback", "sync", "writeback", "sync", "writeback", "sync", "sync"}},
		"unsafe":  {opts: wal.Options{UnsafeNoSync: true}},
		"no_fill": {opts: wal.Options{NoFill: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &light{FS: disk.NewSim(), refuse: c.refuse}
			c.opts.FS, c.opts.SegmentSize, c.opts.NoBackground = l, steps*256<<10, true
			w, err := wal.Create(folderName, nil, &c.opts)
			must(t, err)
			l.calls = nil
			must(t, w.Prepare())
			if diff := cmp.Diff(c.want, l.calls); diff != "" {
				t.Errorf("Prepare() mismatch (-want +got):\n%s", diff)
			}
			must(t, w.Close())
		})
	}
}
