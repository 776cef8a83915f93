package layout

import (
	"fmt"
	"io"
)

// A dump reads through two windows, and their sizes bound its memory. One goes
// through the file; the other looks at single frames further ahead, without
// costing the first one its place.
const (
	windowSize = 64 << 10
	peekSize   = wordSize + maxHead
)

// A window is a piece of a file held in memory. The first read error is sticky:
// from then on nothing more is found behind the offset where it happened.
type window struct {
	r     io.ReaderAt
	size  int64  // of the file
	start int64  // offset of buf[0]
	buf   []byte // the bytes of the file from start; its capacity is the window's size
	err   error
}

func newWindow(r io.ReaderAt, size int64, held int) *window {
	return &window{r: r, size: size, buf: make([]byte, 0, held)}
}

// at returns n bytes from off, fewer where the file ends or cannot be read. The
// slice is valid until the next call.
func (w *window) at(off int64, n int) []byte {
	n = int(min(int64(n), w.size-off, int64(cap(w.buf))))
	if n <= 0 {
		return nil
	}
	if off < w.start || off+int64(n) > w.start+int64(len(w.buf)) {
		w.fill(off)
	}
	if off < w.start || off > w.start+int64(len(w.buf)) {
		return nil
	}
	b := w.buf[off-w.start:]
	return b[:min(n, len(b))]
}

// more returns all that is held from off on, at least one byte before the end.
func (w *window) more(off int64) []byte {
	if b := w.at(off, 1); len(b) == 0 {
		return nil
	}
	return w.buf[off-w.start:]
}

// fill makes off the start of the window and reads as much as it holds.
func (w *window) fill(off int64) {
	if w.err != nil {
		return
	}
	n := min(w.size-off, int64(cap(w.buf)))
	w.start, w.buf = off, w.buf[:n]
	got, err := w.r.ReadAt(w.buf, off)
	w.buf = w.buf[:got]
	if int64(got) == n {
		return // ReadAt may return io.EOF with the last full read
	}
	if err == io.EOF || err == nil {
		err = io.ErrUnexpectedEOF // shorter than the caller said: it shrank meanwhile
	}
	w.err = fmt.Errorf("layout: read at offset %d: %w", off+int64(got), err)
}

// zeros counts the zero bytes from off on, up to end.
func (w *window) zeros(off, end int64) int64 {
	at := off
	for at < end {
		b := w.more(at)
		if len(b) == 0 {
			break
		}
		b = b[:min(int64(len(b)), end-at)]
		if n := leadingZeros(b); n < len(b) {
			return at + int64(n) - off
		}
		at += int64(len(b))
	}
	return at - off
}

// leadingZeros counts in blocks first: most of a segment is zeros, and a file of
// gigabytes must not take minutes.
func leadingZeros(b []byte) int {
	n := 0
	for len(b)-n >= len(zeroBlock) && [len(zeroBlock)]byte(b[n:]) == zeroBlock {
		n += len(zeroBlock)
	}
	for n < len(b) && b[n] == 0 {
		n++
	}
	return n
}

// zeroBlock is what leadingZeros compares with, many bytes at a time.
var zeroBlock [64]byte
