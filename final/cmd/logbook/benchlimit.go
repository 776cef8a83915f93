package main

import (
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"example.com/logbook/final/disk"
)

// A rawFile is what a log is measured against: a file that is filled with zeros, and
// nothing but the calls.
type rawFile struct {
	disk.File
	fsys disk.FS
	size int64
	zero []byte
}

// newRawFile fills a file as large as a segment.
func newRawFile(dir string, size int64) (r *rawFile, err error) {
	r = &rawFile{size: max(size, 1<<20), zero: make([]byte, 64<<10)}
	if r.fsys, err = disk.OS(dir); err != nil {
		return nil, err
	}
	r.File, err = r.fsys.Open("raw", os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err != nil {
		return nil, errors.Join(err, r.fsys.Close())
	}
	for off := int64(0); off < r.size && err == nil; off += int64(len(r.zero)) {
		_, err = r.WriteAt(r.zero, off)
	}
	if err = errors.Join(err, r.Sync()); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// close gives up the file.
func (r *rawFile) close() error { return errors.Join(r.Close(), r.fsys.Close()) }

// run makes the calls that Saves of that shape have made, on average.
func (r *rawFile) run(b *bench, s shape, synced bool) (*series, error) {
	writes := max(1, (s.writes+s.saves/2)/max(1, s.saves))
	chunk := make([]byte, max(1, s.bytes/int64(max(1, s.saves)*writes)))
	for i := range chunk {
		chunk[i] = byte(i)
	}
	limit, off := &series{}, int64(0)
	err := b.repeat(limit, func() (bool, error) {
		for range writes {
			if off+int64(len(chunk)) > r.size {
				off = 0
			}
			if _, err := r.WriteAt(chunk, off); err != nil {
				return true, err
			}
			off += int64(len(chunk))
		}
		if synced {
			return false, r.Sync()
		}
		return int64(len(limit.took)*writes*len(chunk)) > 4*b.segment, nil
	})
	return limit, err
}

// readAndSum reads all segments of a log through a buffer and checksums the bytes, and
// returns how many there are and how long it takes.
func (b *bench) readAndSum(dir string) (bytes int64, took time.Duration, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.wal"))
	if err != nil {
		return 0, 0, err
	}
	buf := make([]byte, 256<<10)
	took, err = b.median(func() error {
		bytes = 0
		for _, name := range names {
			n, err := sumFile(name, buf)
			if err != nil {
				return err
			}
			bytes += n
		}
		return nil
	})
	return bytes, took, err
}

// sumFile reads one file.
func sumFile(name string, buf []byte) (bytes int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	table, sum := crc32.MakeTable(crc32.Castagnoli), uint32(0)
	for {
		n, err := f.Read(buf)
		sum = crc32.Update(sum, table, buf[:n])
		bytes += int64(n)
		if err == io.EOF {
			return bytes, nil
		}
		if err != nil {
			return bytes, err
		}
	}
}

// median runs something three times, unless interrupted.
func (b *bench) median(do func() error) (time.Duration, error) {
	var took []time.Duration
	for range 3 {
		if err := b.ctx.Err(); err != nil {
			return 0, err
		}
		begun := time.Now()
		if err := do(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[1], nil
}
