package wal_test

import (
	"fmt"
	"io/fs"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// deaf is a disk whose files take everything and keep nothing.
type deaf struct{ disk.FS }

// Open opens a file, or seems to.
func (d deaf) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	f, err := d.FS.Open(name, flag, mode)
	return deafFile{f}, err
}

type deafFile struct{ disk.File }

// WriteAt keeps nothing.
func (deafFile) WriteAt(b []byte, _ int64) (int, error) { return len(b), nil }

// Preallocate reserves nothing.
func (deafFile) Preallocate(int64) error { return nil }

// BenchmarkSave saves to a disk that keeps nothing: what is left is checking, encoding and checksums. It is the part of a Save that is this package's;
// scripts/compat measures the whole.
func BenchmarkSave(b *testing.B) {
	for _, size := range []int{16, 100, 1 << 10, 16 << 10, 1 << 20} {
		for _, per := range []int{1, 100} {
			b.Run(fmt.Sprintf("size=%d/per=%d", size, per), func(b *testing.B) {
				w, err := wal.Create("log", nil, &wal.Options{FS: deaf{disk.NewSim()}, NoBackground: true, UnsafeNoSync: true, SegmentSize: 1 << 50})
				if err != nil {
					b.Fatal(err)
				}
				batch := ents(1, uint64(per), 1)
				for _, e := range batch {
					e.Data = make([]byte, size)
				}
				b.SetBytes(int64(size * per))
				b.ReportAllocs()
				for b.Loop() {
					saveBatch(b, w, batch)
				}
			})
		}
	}
}

func saveBatch(b *testing.B, w *wal.WAL, batch []*raftpb.Entry) {
	if err := w.Save(nil, batch); err != nil {
		b.Fatal(err)
	}
	for _, e := range batch {
		*e.Index += uint64(len(batch))
	}
}
