// A sync that fails is tried again, and the second one succeeds because the first has
// marked the pages clean: the mistake that PostgreSQL made until 2018 (fsyncgate).
// Seen by I11.
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
	if l.tail.file.Sync() == nil {
		return nil
	}
	if err := l.tail.file.Sync(); err != nil {
		return l.fail("sync", err)
	}
	return nil
}
