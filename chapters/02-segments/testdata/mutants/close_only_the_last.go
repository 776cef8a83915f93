// Close closes the last file and forgets the sealed ones: their locks stay. Seen by I12.
//
//course:mutant 2.3
package segments

import "errors"

func (l *Log) Close() error {
	if errors.Is(l.err, ErrClosed) {
		return l.err
	}
	errs := []error{l.Sync()}
	l.err = ErrClosed
	errs = append(errs, l.last().file.Close(), l.dropSpare())
	return errors.Join(errs...)
}
