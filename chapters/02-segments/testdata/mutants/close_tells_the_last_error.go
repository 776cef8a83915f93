// Of several failures, Close returns the last: that a sync has failed is lost when
// closing fails too. Seen by I12.
//
//course:mutant 2.3
package segments

import "errors"

func (l *Log) Close() error {
	if errors.Is(l.err, ErrClosed) {
		return l.err
	}
	err := l.Sync()
	l.err = ErrClosed
	if e := closeAll(l.segments); e != nil {
		err = e
	}
	if e := l.dropSpare(); e != nil {
		err = e
	}
	return err
}
