// Close of a log that has failed writes and syncs once more, and says that all is well.
// Seen by I11.
//
//course:mutant 2.3
package segments

import "errors"

func (l *Log) Close() error {
	if errors.Is(l.err, ErrClosed) {
		return l.err
	}
	errs := []error{l.tail.enc.Flush(), l.tail.file.Sync()}
	l.err = ErrClosed
	errs = append(errs, closeAll(l.segments), l.dropSpare())
	return errors.Join(errs...)
}
