// Sync writes what is held and asks the disk for nothing: it survives kill -9, and no
// power failure. Seen by I10.
//
//course:mutant 2.3
package segments

func (l *Log) Sync() error {
	if l.err != nil {
		return l.err
	}
	if err := l.tail.enc.Flush(); err != nil {
		return l.fail("write", err)
	}
	return nil
}
