// A length that runs past the end of the file is torn before the records behind
// it are looked at. One flipped high bit in the middle of the log, and all behind
// it is cut: etcd-io/etcd#15068 (2023) made etcd do so. Seen by I17.
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
	case errors.Is(cause, io.ErrUnexpectedEOF):
		return Torn, "the file ends inside the frame"
	case provesSync(survivors(tail)):
		return Corrupt, "records behind it prove that it had been synced"
	case cause == io.EOF:
		return Torn, "nothing was written here, though something was behind it"
	case errors.Is(cause, ErrFrame):
		return Corrupt, "no writer and no crash makes such a frame"
	}
	d := NewDecoder(bytes.NewReader(tail), int64(len(tail)))
	if _, end, err := d.readFrame(0); err == nil && crashCanLeave(at, tail[:end]) {
		return Torn, "part of the frame was never written"
	}
	return Corrupt, "all of its bytes were written, and they do not verify"
}
