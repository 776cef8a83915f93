package segments

import (
	"fmt"
	"math"

	records "example.com/logbook/chapters/01-records"
)

// spareName is what the spare is called until it becomes a segment. etcd uses
// this name and 1.tmp in turn.
const spareName = "0.tmp"

// Prepare makes the spare, if there is none: a file of zeros that the next
// [Log.Cut] makes a segment of, so that it need not wait for the space. Call it
// when there is time. A failure is not the log's: nothing of it was touched,
// and the next call tries again. Only inside Cut it is, since a cut that has
// begun does not go back.
//
// A file that an earlier run has left under the spare's name is emptied first.
func (l *Log) Prepare() error {
	if l.err != nil || l.spare != nil {
		return l.err
	}
	spare, err := newFile(l.fsys, l.path(spareName), l.size)
	if err != nil {
		return fmt.Errorf("segments: prepare %s: %w", spareName, err)
	}
	l.spare = spare
	return nil
}

// Cut seals the last segment and goes on in a new one, which begins with a
// checksum record and head, of which the types and the data count. index is
// that of the next record, and is part of the new segment's name. When Cut has
// returned nil, everything appended before is durable, and so is the head.
//
// An index lower than that of the last segment is refused, and nothing has
// happened. Any other failure stays, as one of [Log.Sync] does: the last
// segment remains the last, and the log takes nothing more. Opened again, it
// holds everything that was synced.
//
//course:exercise 2.4
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
	// First the old tail: as soon as the new name can be seen, the old segment
	// counts as sealed, and damage in it as corruption (etcd#2645).
	if err := l.seal(); err != nil {
		return err
	}
	next := segment{file: l.spare, name: FormatName(last.seq+1, index), seq: last.seq + 1, index: index}
	tail := newTail(l.spare, l.tail.enc.CRC(), 0)
	// Then the head: a segment that can be seen has one, whole.
	if err := tail.begin(head); err != nil {
		return l.fail("cut", err)
	}
	if err := l.fsys.Rename(l.path(spareName), l.path(next.name)); err != nil {
		return l.fail("cut", err)
	}
	// And the name, before anything is promised in the new segment: a sync of
	// the file would not keep it (etcd#6368).
	if err := l.fsys.SyncDir(l.dir); err != nil {
		return l.fail("cut", err)
	}
	l.segments, l.tail, l.spare = append(l.segments, next), tail, nil
	return nil
}

// seal writes what is held, makes the last segment's file end where its records
// end, and makes it durable.
//
//course:exercise 2.4
func (l *Log) seal() error {
	if err := l.tail.enc.Flush(); err != nil {
		return l.fail("write", err)
	}
	if err := l.tail.file.Truncate(l.tail.end); err != nil {
		return l.fail("seal", err)
	}
	return l.Sync()
}
