package snap_test

import (
	"bytes"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"example.com/logbook/final/snap"
)

// large is the size of what is measured.
const large = 64 << 20

// BenchmarkSaveSnap saves a snapshot over the last one. The limit is what cannot be avoided: the same bytes, written raw and synced.
func BenchmarkSaveSnap(b *testing.B) {
	s := snapshot(5, 2, string(bytes.Repeat([]byte("snapshot"), large/8)))
	b.Run("ours", func(b *testing.B) {
		n := snap.New(filepath.Join(b.TempDir(), "snap"), nil)
		b.SetBytes(large)
		b.ReportAllocs()
		for b.Loop() {
			if err := n.SaveSnap(s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("limit", func(b *testing.B) {
		raw := filepath.Join(b.TempDir(), "raw")
		whole := mustEncode(s)
		b.SetBytes(large)
		b.ReportAllocs()
		for b.Loop() {
			writeRaw(b, raw, whole)
		}
	})
}

// writeRaw writes and syncs a file beside the last one, and renames it.
func writeRaw(b *testing.B, name string, data []byte) {
	f, err := os.Create(name + ".tmp")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	f.Close()
	if err := os.Rename(name+".tmp", name); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLoad loads it again, from the memory of the operating system. The limit reads the file raw, and sums it up, in pieces of
// 1 KiB, which is the fastest way.
func BenchmarkLoad(b *testing.B) {
	s := snapshot(5, 2, string(bytes.Repeat([]byte("snapshot"), large/8)))
	dir := filepath.Join(b.TempDir(), "snap")
	n := snap.New(dir, nil)
	if err := n.SaveSnap(s); err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(large)
		b.ReportAllocs()
		for b.Loop() {
			if got, err := n.Load(); err != nil || len(got.GetData()) != large {
				b.Fatal(err)
			}
		}
	})
	b.Run("limit", func(b *testing.B) {
		b.SetBytes(large)
		b.ReportAllocs()
		for b.Loop() {
			raw, err := os.ReadFile(filepath.Join(dir, name(5, 2)))
			if err != nil {
				b.Fatal(err)
			}
			for crc := uint32(0); len(raw) > 0; raw = raw[min(1024, len(raw)):] {
				crc = crc32.Update(crc, crc32.MakeTable(crc32.Castagnoli), raw[:min(1024, len(raw))])
			}
		}
	})
}
