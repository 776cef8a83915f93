package wal

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"example.com/logbook/final/disk"
)

// windowSize is how much is read at once: enough to make a system call cheap, little enough to stay in the processor's cache
// between reading and checking.
const windowSize = 256 << 10

// zeros is what was never written.
var zeros [4096]byte

// window is a part of a file in memory, moved forward over it.
type window struct {
	file io.ReaderAt
	size int64 // of the file, as it was when opened
	off  int64 // of buf in the file
	buf  []byte
	lent *[windowSize]byte // what buf was made of at first, if it is to be given back
}

// idle is the memory of windows that are not used any more. A log that is opened and read costs no page faults then, and a search that opens
// thousands of small ones a second no zeroing.
var idle = sync.Pool{New: func() any { return new([windowSize]byte) }}

// borrow gives a new window memory that free gives back.
func (w *window) borrow() {
	w.lent = idle.Get().(*[windowSize]byte)
	w.buf = w.lent[:0]
}

// free gives back what was borrowed, and ends the window: nothing that it has shown may be used behind that.
func (w *window) free() {
	if w.lent != nil {
		idle.Put(w.lent)
	}
	*w = window{}
}

// reset moves the window to another file and keeps its memory.
func (w *window) reset(file io.ReaderAt, size int64) {
	w.file, w.size, w.off, w.buf = file, size, 0, w.buf[:0]
}

// at returns the n bytes at off, which must lie inside the file. They are valid until the next call. The window grows for
// them: never beyond the file, as the caller has checked their end.
func (w *window) at(off, n int64) ([]byte, error) {
	if off < w.off || off+n > w.off+int64(len(w.buf)) {
		if err := w.load(off, n); err != nil {
			return nil, err
		}
	}
	i := off - w.off
	return w.buf[i : i+n : i+n], nil
}

// load reads the window anew from off on, and n bytes at least. What it already holds of them is not read again.
func (w *window) load(off, n int64) error {
	var have []byte
	if end := w.off + int64(len(w.buf)); w.off <= off && off < end {
		have = w.buf[off-w.off:]
	}
	buf := w.buf[:cap(w.buf)]
	if want := max(n, min(windowSize, w.size)); int64(len(buf)) < want {
		buf = make([]byte, max(want, min(2*int64(len(buf)), w.size)))
	}
	kept := copy(buf, have)
	w.off, w.buf = off, buf[:0]
	buf = buf[:min(int64(len(buf)), w.size-off)]
	if err := readFull(w.file, buf[kept:], off+int64(kept)); err != nil {
		return err
	}
	w.buf = buf
	return nil
}

// errShort is a read that ends before the file's size. The file shrank while it was read, or the disk lies; the log does
// not end there.
var errShort = errors.New("file is shorter than it said")

// readFull fills p. A file that ends too early is an error like any other.
func readFull(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	switch {
	case n == len(p):
		return nil
	case err == nil || err == io.EOF:
		return errShort
	}
	return err
}

// firstNonZero returns the offset of the first byte from off on that is not zero, or -1 if there is none.
func (w *window) firstNonZero(off int64) (int64, error) {
	for off < w.size {
		n := min(windowSize, w.size-off)
		if have := w.off + int64(len(w.buf)) - off; off >= w.off && have > 0 {
			n = min(n, have)
		}
		b, err := w.at(off, n)
		if err != nil {
			return 0, err
		}
		if i := nonZero(b); i >= 0 {
			return off + int64(i), nil
		}
		off += n
	}
	return -1, nil
}

// nonZero returns the position of the first byte of b that is not zero, or -1.
func nonZero(b []byte) int {
	for i := 0; i < len(b); i += len(zeros) {
		piece := b[i:min(i+len(zeros), len(b))]
		if bytes.Equal(piece, zeros[:len(piece)]) {
			continue
		}
		for j, c := range piece {
			if c != 0 {
				return i + j
			}
		}
	}
	return -1
}

// allZero tells whether b holds nothing but zeros.
func allZero(b []byte) bool { return nonZero(b) < 0 }

// alignDown returns the multiple of the unit at or before off.
func alignDown(off, unit int64) int64 { return off - off%unit }

// alignUp returns the multiple of the unit at or behind off.
func alignUp(off, unit int64) int64 { return alignDown(off+unit-1, unit) }

// sectorSize is what a disk writes at once.
const sectorSize = disk.SectorSize
