package snapshots

import (
	"bytes"
	"fmt"
	"iter"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/chapters/course"
)

// replay is what raft's log looks like at one record of it.
type replay struct {
	start position

	// segment is the name of the segment being read, and count how many of its
	// records were.
	segment string
	count   int

	metadata []byte
	owned    bool // there was metadata

	state  *raftpb.HardState
	commit uint64 // the highest read, which entries must not contradict

	// history is the log as it stands. While a leader's snapshot waits for its
	// commit, before is the log that it replaces; afterwards, that stays to say
	// what was there.
	history
	before  *history
	waiting bool

	// match is set when the start was recorded, other when its index was, with
	// another term.
	match bool
	other uint64

	// gap is the first entry that does not follow those before.
	gap error
}

// history is a log: ents[i] is the entry at index trail.base+1+i, and trail knows
// as many terms.
type history struct {
	trail trail
	ents  []*raftpb.Entry
}

// newReplay returns the state before the first record of the oldest segment that
// is left. All indexes below its name's were used by then.
func newReplay(start position, oldest string) *replay {
	_, index, _ := segments.ParseName(oldest)
	r := &replay{start: start, state: &raftpb.HardState{}}
	r.trail = newTrail(max(index, 1)-1, 0)
	return r
}

// run takes all records of a log. After a gap it looks no further.
func (r *replay) run(all iter.Seq2[segments.Record, error]) error {
	for rec, err := range all {
		if err != nil {
			return err
		}
		if err := r.take(rec); err != nil {
			return err
		}
		if r.gap != nil {
			return nil
		}
	}
	return r.leave()
}

// take takes one record. What it refuses is corrupt: the checksum does not cover
// the type, and a record that verifies may still not be what it says.
func (r *replay) take(rec segments.Record) error {
	if rec.Segment != r.segment {
		if err := r.leave(); err != nil {
			return err
		}
		r.segment, r.count = rec.Segment, 0
	}
	r.count++
	err := r.place(rec)
	if err == nil {
		switch rec.Type {
		case records.TypeMetadata:
			err = r.owner(rec.Data)
		case records.TypeEntry:
			e := &raftpb.Entry{}
			if err = parse(rec.Data, e); err == nil {
				err = r.entry(e)
			}
		case records.TypeState:
			s := &raftpb.HardState{}
			if err = parse(rec.Data, s); err == nil {
				err = r.hardState(s)
			}
		case records.TypeSnapshot:
			var m *raftpb.SnapshotMetadata
			if m, err = parseSnapshot(rec.Data); err == nil {
				r.snapshot(at(m))
			}
		}
	}
	if err == nil {
		return nil
	}
	return corrupt(rec, err)
}

// corrupt returns an error that says which record is corrupt, and matches cause.
func corrupt(rec segments.Record, cause error) error {
	c := &segments.CorruptError{Segment: rec.Segment, Offset: rec.Offset, Reason: cause.Error()}
	return &damage{CorruptError: c, cause: cause}
}

// damage is a corrupt record, and the error that says why.
type damage struct {
	*segments.CorruptError
	cause error
}

// Unwrap returns both.
func (d *damage) Unwrap() []error { return []error{d.CorruptError, d.cause} }

// place checks where in its segment a record stands.
func (r *replay) place(rec segments.Record) error {
	switch {
	case rec.Type < records.TypeMetadata || rec.Type > records.TypeSnapshot:
		return fmt.Errorf("there is no record type %d", rec.Type)
	case (rec.Type == records.TypeCRC) != (r.count == 1):
		return fmt.Errorf("a checksum record is the first of its segment, and no other is")
	case rec.Type == records.TypeCRC && rec.Data != nil:
		return fmt.Errorf("a checksum record has no data")
	case (rec.Type == records.TypeMetadata) != (r.count == 2):
		return fmt.Errorf("metadata is the second record of its segment, and no other is")
	}
	return nil
}

// leave is called behind the last record of a segment, and before the first of
// all. A segment's head was durable before it had a name.
func (r *replay) leave() error {
	if r.count == 1 {
		return &segments.CorruptError{Segment: r.segment, Reason: "its metadata is missing, which was durable before the file had this name"}
	}
	return nil
}

// owner compares the metadata of a segment with that of the one before.
func (r *replay) owner(metadata []byte) error {
	if r.owned && (!bytes.Equal(r.metadata, metadata) || (r.metadata == nil) != (metadata == nil)) {
		return ErrMetadataConflict
	}
	r.metadata, r.owned = metadata, true
	return nil
}

// entry puts an entry where it belongs: it replaces the one at its index, and all
// behind that, wherever reading is to start.
//
// While a leader's snapshot waits for its commit, only the Save that commits it
// writes entries: the next behind the snapshot, in order, and none of a lower term
// than the one before it, or than the snapshot. Any other entry shows that a node
// wrote it which had died in between and knew nothing of the snapshot: the log
// before it is the log.
//
// An entry that leaves a gap behind the last is noted as r.gap, and is no error
// here, whatever else is wrong with it: it is [ErrSliceOutOfRange] in the end, and
// nothing behind it is read. In any other, what conflict objects to is an error.
//
//course:exercise 3.2
func (r *replay) entry(e *raftpb.Entry) error {
	panic(course.TODO("3.2"))
}

// hardState takes the place of the one before, and commits a leader's snapshot
// that waits, if its commit reaches it. While one waits, a hard state of a lower
// term than the snapshot, or than the last of the entries behind it, shows, too,
// that the snapshot was never relied on.
//
// What takes a promise back is an error: see stepBack. The terms of other entries
// do not count. A Save's entries are on the disk before its hard state, and a crash
// may leave them without it: then the node is in the term before, and what the
// leader of that term sends, an entry in the place of such an one, a snapshot or a
// commit, comes with a hard state of a term below theirs. A commit may go down;
// what was committed stays so, and commit is the highest of all.
//
//course:exercise 3.2
func (r *replay) hardState(s *raftpb.HardState) error {
	panic(course.TODO("3.2"))
}

// snapshot notes whether it is the start. One of the node's own leaves the log as
// it is; one from the leader replaces it, and waits for its commit, unless that
// was read before. While one waits, another shows that it was never relied on.
//
//course:exercise 3.2
func (r *replay) snapshot(p position) {
	panic(course.TODO("3.2"))
}

// revert brings back the log that a leader's snapshot would have replaced.
func (r *replay) revert() { r.history, r.before, r.waiting = *r.before, nil, false }

// finish returns the entries behind the start, and whether they are what was
// asked for.
func (r *replay) finish() ([]*raftpb.Entry, error) {
	if r.waiting && r.start.index < r.trail.base {
		r.revert()
	}
	if r.gap == nil && r.commit > r.trail.last() {
		reason := fmt.Sprintf("the hard state's commit %d is beyond entry %d, the last: committed entries are missing", r.commit, r.trail.last())
		return nil, &segments.CorruptError{Segment: r.segment, Reason: reason}
	}
	switch {
	case r.start.index < r.trail.base && r.before != nil:
		return r.before.behind(r.start.index), fmt.Errorf("snapshots: %w: a leader's snapshot at index %d has replaced the log; open it there", ErrSliceOutOfRange, r.trail.base)
	case r.gap != nil:
		return r.behind(r.start.index), r.gap
	case !r.match && r.other != 0:
		return r.behind(r.start.index), fmt.Errorf("snapshots: %w: index %d is of term %d there, not %d", ErrSnapshotMismatch, r.start.index, r.other, r.start.term)
	case !r.match:
		return r.behind(r.start.index), fmt.Errorf("snapshots: %w: index %d, term %d", ErrSnapshotNotFound, r.start.index, r.start.term)
	case r.start.index < r.trail.base:
		return nil, fmt.Errorf("snapshots: %w: those from %d to %d; open the log at a newer snapshot", ErrSliceOutOfRange, r.start.index+1, r.trail.base)
	}
	return r.behind(r.start.index), nil
}

// behind returns the entries behind an index; nil if there are none, or if the
// first of them is missing.
func (h *history) behind(index uint64) []*raftpb.Entry {
	if index < h.trail.base || index >= h.trail.last() {
		return nil
	}
	return h.ents[index-h.trail.base:]
}

// resume makes the log ready to be written behind what was read. Of the terms of
// entries none binds the next hard state: see replay.hardState. Only that of a
// snapshot does, and of the entries behind it, which the log was opened at while it
// waits: to who reads the log next, a lower one says that it does not count.
func (w *WAL) resume(r *replay) {
	w.metadata, w.state, w.trail = r.metadata, proto.CloneOf(r.state), r.trail
	w.reached = r.trail.last()
	if r.waiting {
		w.leader, w.top = r.trail.base, r.trail.at(r.trail.last())
	}
	w.ready, w.resumed = true, true
}
