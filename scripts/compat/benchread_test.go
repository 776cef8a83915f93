package compat

import (
	"bytes"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"

	finalsnap "example.com/logbook/final/snap"
	finalwal "example.com/logbook/final/wal"
)

var (
	logSize  = flag.Int64("logsize", 64, "how many `MiB` the log has that benchmarks read")
	snapSize = flag.Int64("snapsize", 64, "how many `MiB` the snapshots of benchmarks have")
)

// benchDir writes a log of entries of a size, with a snapshot near its beginning.
func benchDir(b *testing.B, size int) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "wal")
	w, err := finalwal.Create(dir, []byte("md"), &finalwal.Options{UnsafeNoSync: true, NoFill: true})
	if err != nil {
		b.Fatal(err)
	}
	next := uint64(1)
	for written := int64(0); written < *logSize<<20; {
		ents := sized(1, next, next+99, size)
		next += 100
		if err := w.Save(hs(1, 1, next-100), ents); err != nil {
			b.Fatal(err)
		}
		if next == 101 {
			if err := w.SaveSnapshot(meta(1, 1)); err != nil {
				b.Fatal(err)
			}
		}
		written += 100 * int64(size+frameSize)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return dir
}

// readAndSum is the limit of reading: every byte, and its checksum.
func readAndSum(dir string) error {
	names, err := namesOf(dir)
	if err != nil {
		return err
	}
	buf := make([]byte, 256<<10)
	for _, name := range names {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		for err == nil {
			var n int
			n, err = f.Read(buf)
			crc32.Checksum(buf[:n], castagnoli)
		}
		if err != io.EOF {
			return err
		}
		f.Close()
	}
	return nil
}

// readers are what can be asked of a log, by etcd and by us.
var benchReaders = []struct {
	name      string
	etcd, our func(dir string) error
}{
	{"Verify", func(dir string) error {
		_, err := wal.Verify(nil, dir, &walpb.Snapshot{})
		return err
	}, func(dir string) error {
		_, err := finalwal.Verify(dir, nil, nil)
		return err
	}},
	{"ValidSnapshotEntries", func(dir string) error {
		_, err := wal.ValidSnapshotEntries(zap.NewNop(), dir)
		return err
	}, func(dir string) error {
		_, err := finalwal.ValidSnapshotEntries(dir, nil)
		return err
	}},
	{"ReadAll", func(dir string) error {
		w, err := wal.OpenForRead(nil, dir, &walpb.Snapshot{})
		if err != nil {
			return err
		}
		_, _, _, err = w.ReadAll()
		w.Close() // fails always
		return err
	}, func(dir string) error {
		w, err := finalwal.OpenForRead(dir, nil, nil)
		if err != nil {
			return err
		}
		defer w.Close()
		_, _, _, err = w.ReadAll()
		return err
	}},
	{"Records", nil, func(dir string) error {
		w, err := finalwal.OpenForRead(dir, nil, nil)
		if err != nil {
			return err
		}
		defer w.Close()
		for _, err := range w.Records() {
			if err != nil {
				return err
			}
		}
		return nil
	}},
}

// BenchmarkRead reads a log of the size that -logsize says. The limit is to read and
// to checksum the same files.
func BenchmarkRead(b *testing.B) {
	for _, size := range []int{100, 1 << 10} {
		dir := benchDir(b, size)
		for _, r := range benchReaders {
			each(b, fmt.Sprintf("size=%s/call=%s", sizeName(size), r.name), func(b *testing.B, by string) {
				run := map[string]func(string) error{byEtcd: r.etcd, byUs: r.our, byLimit: readAndSum}[by]
				if run == nil {
					b.Skip("etcd has no such call")
				}
				b.SetBytes(*logSize << 20)
				b.ReportAllocs()
				for b.Loop() {
					if err := run(dir); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSnapshot saves and loads a snapshot of the size that -snapsize says. The
// limits are to checksum the data, write and sync it; and to read and checksum it.
func BenchmarkSnapshot(b *testing.B) {
	s := snapshotOf(5, bytes.Repeat([]byte("abcdefgh"), int(*snapSize<<20)/8))
	name := fmt.Sprintf("size=%dMiB", *snapSize)
	each(b, name+"/call=save", func(b *testing.B, by string) {
		dir := b.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(*snapSize << 20)
		b.ReportAllocs()
		for b.Loop() {
			if err := saveBy(by, dir, s); err != nil {
				b.Fatal(err)
			}
		}
	})
	dir := b.TempDir()
	if err := snap.New(zap.NewNop(), dir).SaveSnap(s); err != nil {
		b.Fatal(err)
	}
	each(b, name+"/call=load", func(b *testing.B, by string) {
		b.SetBytes(*snapSize << 20)
		b.ReportAllocs()
		for b.Loop() {
			if err := loadBy(by, dir); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func saveBy(by, dir string, s *raftpb.Snapshot) error {
	switch by {
	case byEtcd:
		return snap.New(zap.NewNop(), dir).SaveSnap(s)
	case byUs:
		return finalsnap.New(dir, nil).SaveSnap(s)
	}
	f, err := os.Create(filepath.Join(dir, "limit"))
	if err != nil {
		return err
	}
	defer f.Close()
	for b := s.Data; len(b) > 0 && err == nil; {
		n := min(len(b), 128<<10)
		crc32.Checksum(b[:n], castagnoli)
		_, err = f.Write(b[:n])
		b = b[n:]
	}
	if err != nil {
		return err
	}
	return f.Sync()
}

func loadBy(by, dir string) error {
	switch by {
	case byEtcd:
		_, err := snap.New(zap.NewNop(), dir).Load()
		return err
	case byUs:
		_, err := finalsnap.New(dir, nil).Load()
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(dir, entries[0].Name()))
	crc32.Checksum(b, castagnoli)
	return err
}
