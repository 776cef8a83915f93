package snapshots

import (
	"go.etcd.io/raft/v3/raftpb"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/chapters/course"
)

// ReleaseLockTo gives up the segments that nobody needs who opens the log at the
// snapshot of the given index: all before the last one whose name has a lower
// index. The last segment always stays. Their files stay too, unlocked, until
// [WAL.Purge].
//
// The log is synced first. A hard state that only moved the commit may not be
// durable yet, and a log whose commit does not reach the snapshot could be opened
// there no more (etcd#10219); nor, without the old segments, anywhere else.
//
// Last, the terms in front of the index are forgotten (trail.forget), but only of
// entries that are in no segment that is left (settled): what contradicts one that
// is left, Save and SaveSnapshot refuse as before, since whoever reads the log does.
//
//course:exercise 3.7
func (w *WAL) ReleaseLockTo(index uint64) error {
	panic(course.TODO("3.7"))
}

// settled returns an index up to which no segment that is left holds an entry: the
// commit in the head of the oldest. What was committed when a segment was begun is
// not saved again; anything behind that may be, also below the index in its name.
// It is 0 where there is no such head, or where it cannot be read.
func (w *WAL) settled() uint64 {
	oldest := w.log.Segments()[0]
	for rec, err := range w.log.Records() {
		s := &raftpb.HardState{}
		switch {
		case err != nil || rec.Segment != oldest || rec.Type == records.TypeEntry || rec.Type == records.TypeSnapshot:
			return 0
		case rec.Type == records.TypeState && parse(rec.Data, s) == nil:
			return s.GetCommit()
		}
	}
	return 0
}

// Purge removes the segments that were given up, oldest first, each durably
// before the next: a crash must not leave a gap. One that is locked, because
// somebody reads it, ends the work without an error; the next Purge goes on
// there. One that is gone already is done. When the sync of the folder fails, that
// error stays: what was removed may come back, and nothing can make sure of it any
// more, so nothing behind it is removed before the log is opened anew.
//
// Remove nothing before the snapshot that replaces it is saved and recorded.
//
//course:exercise 3.7
func (w *WAL) Purge() error {
	panic(course.TODO("3.7"))
}

// remove removes one file durably, if nobody has it locked.
//
//course:exercise 3.7
func (w *WAL) remove(name string) error {
	panic(course.TODO("3.7"))
}
