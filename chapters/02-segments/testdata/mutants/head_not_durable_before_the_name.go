// The spare is renamed before its head is synced: a crash leaves a last segment without
// a checksum record, and the whole log is refused. Seen by I14 and I17.
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
	if err := l.fsys.Rename(l.path(spareName), l.path(next.name)); err != nil {
		return l.fail("cut", err)
	}
	tail := newTail(l.spare, l.tail.enc.CRC(), 0)
	if err := tail.begin(head); err != nil {
		return l.fail("cut", err)
	}
	if err := l.fsys.SyncDir(l.dir); err != nil {
		return l.fail("cut", err)
	}
	l.segments, l.tail, l.spare = append(l.segments, next), tail, nil
	return nil
}
