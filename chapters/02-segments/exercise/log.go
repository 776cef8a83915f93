package segments

import (
	"errors"
	"io/fs"
	"path"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/chapters/course"
	"example.com/logbook/final/disk"
)

// defaultSize is the size of a segment, in bytes, when nobody asks for
// another. etcd's is as large (SegmentSizeBytes in server/storage/wal/wal.go
// at tag v3.7.3).
const defaultSize = 64 * 1000 * 1000

// Options are what a log can be told. Nil stands for the zero value.
type Options struct {
	// SegmentSize is how many bytes are reserved for each segment, so that a
	// sync has no new size to write. It limits nothing: whether it is time to
	// cut is for the caller to say, by [Log.Size]. Zero means 64,000,000.
	SegmentSize int64
}

// segmentSize returns the size to reserve.
func (o *Options) segmentSize() int64 {
	if o == nil || o.SegmentSize == 0 {
		return defaultSize
	}
	return o.SegmentSize
}

// segment is one file of a log, open and, when the log is open for writing,
// locked.
type segment struct {
	file disk.File

	// name is the file's, inside the log's folder; seq and index are what it
	// says.
	name       string
	seq, index uint64
}

// Log is a log that is open for writing. It is for one goroutine.
type Log struct {
	fsys disk.FS
	dir  string

	// size is how many bytes are reserved for a segment.
	size int64

	// segments are the files of the log, oldest first, all of them open and
	// locked. There is always one.
	segments []segment

	// tail writes to the last of them.
	tail *tail

	// spare is the file that becomes the next segment; nil when there is none.
	spare disk.File

	// err is why the log takes nothing more: its first failure, or ErrClosed.
	err error
}

// Append adds a record behind all others. It holds what it gets and returns at
// once: nothing is promised before [Log.Sync]. data is copied.
//
// The order of records is evidence. [Open] takes two things for proof that a
// sync has finished: a snapshot record with anything behind it; and an entry,
// then a state, then another entry. So call Sync before you append what would
// complete one of them, or a crash may leave a log that looks corrupt. A
// checksum record is the log's own; never append one.
//
// After an error the log takes nothing more: see [Log.Sync].
//
//course:exercise 2.3
func (l *Log) Append(typ int64, data []byte) error {
	panic(course.TODO("2.3"))
}

// Sync makes everything that was appended durable. When it returns nil, no
// crash can take it back.
//
// The first error of Append, Sync or Cut stays: every later call returns it and
// does nothing. What the disk has of the unsynced bytes is then unknown, and a
// second sync that succeeded would prove nothing. Close the log, and open it
// again to see what it holds.
//
//course:exercise 2.3
func (l *Log) Sync() error {
	panic(course.TODO("2.3"))
}

// fail keeps the log's first failure and returns it, with the segment and what
// was being done.
//
//course:exercise 2.3
func (l *Log) fail(what string, err error) error {
	panic(course.TODO("2.3"))
}

// Close syncs, and gives everything up: the files, their locks, and the spare,
// which is removed. It does so whatever fails on the way, and returns all that
// did. A log that has failed before is closed without writing, and its first
// failure returned once more: what was not synced may be lost. A second Close
// returns [ErrClosed], as every other method does from now on.
//
//course:exercise 2.3
func (l *Log) Close() error {
	panic(course.TODO("2.3"))
}

// dropSpare closes and removes the spare, if there is one. After a failed cut,
// it may have another name already.
func (l *Log) dropSpare() error {
	if l.spare == nil {
		return nil
	}
	err := l.spare.Close()
	gone := l.fsys.Remove(l.path(spareName))
	if errors.Is(gone, fs.ErrNotExist) {
		gone = nil
	}
	l.spare = nil
	return errors.Join(err, gone)
}

// Size returns how many bytes of the last segment are written, its head
// included. What Append still holds is not counted: it is seen one Sync later,
// as in etcd, whose threshold is the same (cut by file offset, in Save).
func (l *Log) Size() int64 { return l.tail.end }

// Segments returns the names of the log's segments, oldest first.
func (l *Log) Segments() []string {
	var names []string
	for _, s := range l.segments {
		names = append(names, s.name)
	}
	return names
}

// Release gives up the oldest segment, its lock included, and returns its name.
// The file stays, for the caller to remove: in order, and each removal made
// durable before the next, or a crash may leave a gap. The last segment is
// never given up: its name is then "".
func (l *Log) Release() (name string, err error) {
	if l.err != nil {
		return "", l.err
	}
	if len(l.segments) == 1 {
		return "", nil
	}
	oldest := l.segments[0]
	l.segments = l.segments[1:]
	return oldest.name, oldest.file.Close()
}

// last returns the segment that is written to.
func (l *Log) last() segment { return l.segments[len(l.segments)-1] }

// path returns the name of a file of the log, as its disk knows it.
func (l *Log) path(name string) string { return path.Join(l.dir, name) }

// tail is the writing end of a log: a file, and an encoder that writes to it.
type tail struct {
	file disk.File

	// end is where everything written to the file so far ends.
	end int64

	enc *records.Encoder
}

// newTail returns a tail that goes on at the given offset of a file, where the
// running checksum is crc.
func newTail(file disk.File, crc uint32, end int64) *tail {
	t := &tail{file: file, end: end}
	t.enc = records.NewEncoder(t, crc, end)
	return t
}

// Write appends bytes to the file: it is what the encoder writes to.
func (t *tail) Write(b []byte) (int, error) {
	n, err := t.file.WriteAt(b, t.end)
	t.end += int64(n)
	return n, err
}

// closeAll closes the files, all of them, which unlocks them.
func closeAll(segments []segment) error {
	var errs []error
	for _, s := range segments {
		errs = append(errs, s.file.Close())
	}
	return errors.Join(errs...)
}
