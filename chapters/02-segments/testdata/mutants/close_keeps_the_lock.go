// Close gives up when its sync fails, and the files stay open and locked: etcd's Close
// returns there (server/storage/wal/wal.go, 2015, still so in v3.7.3). The log cannot
// be opened again, which is the one way to go on. Seen by I12.
//
//course:mutant 2.3
package segments

import "errors"

func (l *Log) Close() error {
	if errors.Is(l.err, ErrClosed) {
		return l.err
	}
	if err := l.Sync(); err != nil {
		return err
	}
	l.err = ErrClosed
	return errors.Join(closeAll(l.segments), l.dropSpare())
}
