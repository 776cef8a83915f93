package segments

import (
	"fmt"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/chapters/course"
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
	panic(course.TODO("2.4"))
}

// seal writes what is held, makes the last segment's file end where its records
// end, and makes it durable.
//
//course:exercise 2.4
func (l *Log) seal() error {
	panic(course.TODO("2.4"))
}
