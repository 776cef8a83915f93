// The tail is the new one before the rename: when that fails, Size speaks of a segment that
// does not exist. Seen by I16.
//
//course:mutant 2.4
package segments

import (
	"fmt"
	"math"

	records "example.com/logbook/chapters/01-records"
)

func (l *Log) Cut(index uint64, head []records.Record) error {
	if l.err != nil {
		return l.err
	}
	last := l.last()
	if index < last.index || last.seq == math.MaxUint64 {
		return fmt.Errorf("segments: cut at index %d: it may not go back behind %s", index, last.name)
	}
	if err := l.Prepare(); err != nil {
		return l.fail("cut", err)
	}
	if err := l.seal(); err != nil {
		return err
	}
	next := segment{file: l.spare, name: FormatName(last.seq+1, index), seq: last.seq + 1, index: index}
	l.tail = newTail(l.spare, l.tail.enc.CRC(), 0)
	if err := l.tail.begin(head); err != nil {
		return l.fail("cut", err)
	}
	if err := l.fsys.Rename(l.path(spareName), l.path(next.name)); err != nil {
		return l.fail("cut", err)
	}
	if err := l.fsys.SyncDir(l.dir); err != nil {
		return l.fail("cut", err)
	}
	l.segments, l.spare = append(l.segments, next), nil
	return nil
}
