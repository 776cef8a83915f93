package wal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

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

// renaming is a disk that has something done before each change of a name.
type renaming struct {
	disk.FS
	before func()
}

// Rename does it.
func (r *renaming) Rename(from, to string) error {
	r.before()
	return r.FS.Rename(from, to)
}

// TestSpareIsLent: while a cut has the spare and it is still called so, the background leaves that name alone: to make the next one
// would empty the head that the cut has just made durable.
func TestSpareIsLent(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	r := &renaming{FS: sim, before: func() {}}
	w, err := wal.Create(folderName, nil, &wal.Options{FS: r, SegmentSize: 1000, NoBackground: true})
	must(t, err)
	cuts := 0
	r.before = func() {
		cuts++
		before := content(t, sim, folderName+"/0.tmp")
		if more, err := wal.StepSpare(w); more || err != nil {
			t.Errorf("step() = %v, %v while the spare is lent", more, err)
		}
		if after := content(t, sim, folderName+"/0.tmp"); !bytes.Equal(before, after) {
			t.Errorf("the lent spare changed: %d bytes, then %d", len(before), len(after))
		}
	}
	for i := uint64(1); len(w.Segments()) < 3; i++ {
		must(t, w.Save(hs(1, 1, 0), []*raftpb.Entry{ent(i, 1, 700)}))
	}
	if cuts != 2 {
		t.Errorf("%d cuts, want 2", cuts)
	}
	r.before = func() {}
	must(t, w.Close())
	if _, err := wal.Verify(folderName, nil, &wal.Options{FS: sim}); err != nil {
		t.Error(err)
	}
}
