// A record with a zero sector in it is torn, wherever it stands, and only then is
// it asked what is behind. This is etcd's rule from etcd-io/etcd#5250 (2016) on:
// all of 59 zeroed sectors of a log made it drop what clients had been promised.
// Seen by I17.
//
//course:mutant 1.6
package records

import (
	"bytes"
	"errors"
	"io"
)

func weigh(cause error, at int64, tail []byte) (Verdict, string) {
	if cause == io.EOF && allZero(tail) {
		return Clean, "the log ends here"
	}
	d := NewDecoder(bytes.NewReader(tail), int64(len(tail)))
	if _, end, err := d.readFrame(0); err == nil && crashCanLeave(at, tail[:end]) {
		return Torn, "part of the frame was never written"
	}
	switch {
	case provesSync(survivors(tail)):
		return Corrupt, "records behind it prove that it had been synced"
	case cause == io.EOF:
		return Torn, "nothing was written here, though something was behind it"
	case errors.Is(cause, io.ErrUnexpectedEOF):
		return Torn, "the file ends inside the frame"
	}
	return Corrupt, "all of its bytes were written, and they do not verify"
}
