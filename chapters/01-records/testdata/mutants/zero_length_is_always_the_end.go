// A zero length word is the end of the log whatever stands behind it, as in etcd
// (etcd-io/etcd#6267, 2016): a zeroed word in the middle ends the log, and
// the rest is overwritten with zeros. Seen by I17.
//
//course:mutant 1.6
package records

import (
	"bytes"
	"errors"
	"io"
)

func weigh(cause error, at int64, tail []byte) (Verdict, string) {
	switch {
	case cause == io.EOF && allZero(tail):
		return Clean, "the log ends here"
	case cause == io.EOF:
		return Torn, "nothing was written here, though something was behind it"
	case provesSync(survivors(tail)):
		return Corrupt, "records behind it prove that it had been synced"
	case errors.Is(cause, io.ErrUnexpectedEOF):
		return Torn, "the file ends inside the frame"
	case errors.Is(cause, ErrFrame):
		return Corrupt, "no writer and no crash makes such a frame"
	}
	d := NewDecoder(bytes.NewReader(tail), int64(len(tail)))
	if _, end, err := d.readFrame(0); err == nil && crashCanLeave(at, tail[:end]) {
		return Torn, "part of the frame was never written"
	}
	return Corrupt, "all of its bytes were written, and they do not verify"
}
