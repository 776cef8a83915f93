package records

import "io"

// heldBytes is how many bytes a [PageWriter] holds before it hands whole pages
// on; etcd's holds as many (defaultBufferBytes in pkg/ioutil/pagewriter.go at
// tag v3.7.3).
const heldBytes = 128 << 10

// PageWriter gathers small writes and hands them on in whole pages of the file
// below, so that a write that a crash cuts short is cut between sectors. It is
// for one goroutine.
type PageWriter struct {
	// w receives the bytes, in order.
	w io.Writer

	// offset is the position in the file behind everything that w has taken.
	offset int64

	// buf holds what was written here and not yet handed on: the file's bytes
	// from offset on.
	buf []byte

	// err is the first error of w. What w took of that write is unknown, so
	// nothing may follow it.
	err error
}

// NewPageWriter returns a PageWriter that hands bytes to w. The first of them
// will stand at offset in the file; pages are counted from the file's
// beginning, not from there.
func NewPageWriter(w io.Writer, offset int64) *PageWriter {
	return &PageWriter{w: w, offset: offset}
}

// Write takes all of b, and copies it: the caller may reuse b at once. As long
// as no more than 128 KiB are held, nothing is handed on. Then it hands on as
// many bytes as end at a multiple of [PageSize] in the file, and keeps the
// rest. It never hands on bytes that end elsewhere; only [PageWriter.Flush]
// does.
//
// The first error of the writer below stays: it is returned from this and from
// every later call, and nothing more is handed on. A writer that takes fewer
// bytes than it was given and reports no error gives [io.ErrShortWrite].
//
//course:exercise 1.3
func (p *PageWriter) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	p.buf = append(p.buf, b...)
	if len(p.buf) <= heldBytes {
		return len(b), nil
	}
	part := (p.offset + int64(len(p.buf))) % PageSize
	if err := p.handOn(len(p.buf) - int(part)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Flush hands on everything that is held, also when it ends inside a page. It
// does not sync. Errors are those of [PageWriter.Write].
//
//course:exercise 1.3
func (p *PageWriter) Flush() error {
	if p.err != nil {
		return p.err
	}
	return p.handOn(len(p.buf))
}

// handOn writes the first n bytes that are held, and forgets them. It is where
// an error is kept.
//
//course:exercise 1.3
func (p *PageWriter) handOn(n int) error {
	if n == 0 {
		return nil
	}
	wrote, err := p.w.Write(p.buf[:n])
	if err == nil && wrote < n {
		err = io.ErrShortWrite
	}
	if err != nil {
		p.err = err
		return err
	}
	p.offset += int64(n)
	p.buf = append(p.buf[:0], p.buf[n:]...)
	return nil
}
