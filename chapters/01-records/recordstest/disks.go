package recordstest

import (
	"errors"
	"fmt"
	"io"
)

// most is how often a disk of the suite is asked in one case before that is
// taken for an endless loop.
const most = 200_000

// sink is a writer below a page writer or an encoder. It remembers every write
// and can fail at one.
type sink struct {
	c *check
	// start is the file's offset of b[0].
	start int64
	b     []byte
	// writes holds the end of each write, as an offset in the file.
	writes []int64

	// failAt is the number of the call, counted from 1, that fails; 0 never.
	failAt int
	// takes is how many bytes the failing call takes, at most what it is given.
	takes int
	// err is what the failing call returns; nil makes it a silent short write.
	err error
	// calls counts them.
	calls int
}

// Write implements [io.Writer]. After 200,000 calls it ends the test: an
// implementation that loops must not fill the memory.
func (s *sink) Write(p []byte) (int, error) {
	s.calls++
	if s.calls > most {
		s.c.fail(failure{
			Tried: "a writer that takes everything it is given",
			Got:   fmt.Sprintf("%d calls of its Write, %d bytes, and no end", s.calls, len(s.b)),
			Means: "the loop that hands bytes on never finishes: a node that saves would hang.",
		})
	}
	if s.calls == s.failAt {
		n := min(s.takes, len(p))
		s.b = append(s.b, p[:n]...)
		return n, s.err
	}
	s.b = append(s.b, p...)
	s.writes = append(s.writes, s.start+int64(len(s.b)))
	return len(p), nil
}

// source is a file below a decoder. It counts, and can fail at one call.
type source struct {
	c *check
	b []byte
	// calls counts reads, and widest is the most bytes one of them asked for.
	calls, widest int
	// at is where the last read began, and asked how many bytes it wanted.
	at    int64
	asked int
	// failAt is the number of the call, counted from 1, that fails; 0 never.
	failAt int
	// gives is how many bytes the failing call delivers, and err its error.
	gives int
	err   error
	// eager makes a read that ends exactly at the end of the file return io.EOF
	// with its bytes, as [io.ReaderAt] allows.
	eager bool
}

// ReadAt implements [io.ReaderAt].
func (s *source) ReadAt(p []byte, at int64) (int, error) {
	if len(p) == 0 {
		return 0, nil // asks for nothing, so nothing can fail
	}
	s.calls++
	s.widest = max(s.widest, len(p))
	s.at, s.asked = max(at, 0), len(p)
	if s.calls > most {
		s.c.fail(failure{
			Tried: fmt.Sprintf("a file of %d bytes", len(s.b)),
			Got:   fmt.Sprintf("%d calls of its ReadAt, and no end", s.calls),
			Means: "reading does not come forward: a node that starts would hang.",
		})
	}
	if at < 0 {
		return 0, errors.New("read at a negative offset")
	}
	have := s.b[min(at, int64(len(s.b))):]
	n := copy(p, have)
	switch {
	case s.calls == s.failAt:
		n = min(n, s.gives)
		clear(p[n:])
		return n, s.err
	case n < len(p), s.eager && len(have) == len(p):
		return n, io.EOF
	}
	return n, nil
}
