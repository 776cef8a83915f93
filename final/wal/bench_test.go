package wal_test

import (
	"fmt"
	"testing"

	"example.com/logbook/final/wal"
)

// BenchmarkRead reads 16 MiB of entries from memory: what is left is decoding and checking.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{100, 1024, 16 << 10} {
		log := newBuild([]byte("md"))
		for i := uint64(1); log.size() < 16<<20; i++ {
			log.save(nil, ent(i, 1, size))
		}
		m := log.files()
		opts := &wal.Options{FS: m}
		for _, c := range []struct {
			name string
			run  func() error
		}{
			{"Verify", func() error { _, err := wal.Verify(".", nil, opts); return err }},
			{"ValidSnapshotEntries", func() error { _, err := wal.ValidSnapshotEntries(".", opts); return err }},
			{"ReadAll", func() error { return read(b, m, nil).err }},
			{"Records", func() error {
				w, err := wal.OpenForRead(".", nil, opts)
				for _, err := range w.Records() {
					if err != nil {
						return err
					}
				}
				return err
			}},
		} {
			b.Run(fmt.Sprintf("%s/%dB", c.name, size), func(b *testing.B) {
				b.SetBytes(int64(log.size()))
				b.ReportAllocs()
				for b.Loop() {
					if err := c.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
