package snapshots

import (
	"bytes"
	"errors"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// defaultSize is the size, in bytes, at which a segment is left for the next
// when nobody asks for another: etcd's (SegmentSizeBytes in
// server/storage/wal/wal.go at tag v3.7.3).
const defaultSize = 64 * 1000 * 1000

// Options are what a log can be told. Nil stands for the zero value.
type Options struct {
	// SegmentSize is how many bytes of a segment may be written before the next
	// Save leaves it; as many are reserved. Zero means 64,000,000.
	SegmentSize int64
}

// segmentSize returns the size at which to cut.
func (o *Options) segmentSize() int64 {
	if o == nil || o.SegmentSize == 0 {
		return defaultSize
	}
	return o.SegmentSize
}

// WAL is raft's log on disk, open for writing. It is for one goroutine.
type WAL struct {
	fsys disk.FS
	dir  string
	log  *segments.Log

	// size is how far a segment is written before it is left.
	size int64

	// start is where ReadAll begins; ready is set when there is nothing to read
	// any more, and the log may be written; tried is set by the first ReadAll.
	start                position
	ready, tried, closed bool

	// metadata and state stand at the head of each segment. state is the last
	// that was saved, the log's own copy. It is nil if there is none, or empty
	// after ReadAll; raft.IsEmptyHardState knows both.
	metadata []byte
	state    *raftpb.HardState

	// resumed is set from the reading of the log to the first hard state:
	// ReadAll sets it, and the Save that writes a hard state takes it back.
	resumed bool

	// trail is the terms of the log's entries, leader the index of the last
	// snapshot that replaced the log, and top the highest term of an entry or such
	// a snapshot that was written since the log was opened, also of one replaced
	// since; of those read, resume says which count. SaveSnapshot keeps all three;
	// Save keeps trail and top, and leaves leader: the snapshot waits as long as
	// state's commit is lower.
	trail  trail
	leader uint64
	top    uint64

	// reached is the index of the last entry, or of a snapshot beyond it. Save
	// sets it to the index of each entry, so it goes back where the log does.
	// named is the index in the last segment's name, which cut keeps: the next
	// name has the higher of named and reached+1.
	reached, named uint64

	// synced is the size of the last segment when it was last synced, and ahead
	// its size when a commit alone was handed on since.
	synced, ahead int64

	// released are the segments given up and not yet removed, oldest first.
	// stuck is why no more are removed: the folder could not be synced.
	released []string
	stuck    error
}

// position is where a snapshot stands in raft's log.
type position struct{ index, term uint64 }

// at returns the position of a snapshot; nil is the beginning of the log.
func at(m *raftpb.SnapshotMetadata) position { return position{m.GetIndex(), m.GetTerm()} }

// Create makes a new log in the folder dir, as [segments.Create] does, and opens
// it for writing. metadata is whatever its owner wants to find again; nil and
// empty differ. The first segment begins with a checksum record, metadata, and
// the snapshot of index 0, which is the log's beginning.
func Create(fsys disk.FS, dir string, metadata []byte, opts *Options) (*WAL, error) {
	head := []records.Record{
		{Type: records.TypeMetadata, Data: metadata},
		{Type: records.TypeSnapshot, Data: appendSnapshot(nil, &raftpb.SnapshotMetadata{Index: new(uint64(0)), Term: new(uint64(0))})},
	}
	log, err := segments.Create(fsys, dir, head, &segments.Options{SegmentSize: opts.segmentSize()})
	if err != nil {
		return nil, err
	}
	w := newWAL(fsys, dir, log, opts)
	w.metadata = bytes.Clone(metadata)
	w.ready, w.tried = true, true
	return w, nil
}

// Open takes a log for writing, as [segments.Open] does, to be read from a
// snapshot on: nil means the beginning. Call [WAL.ReadAll] next. Which snapshot
// that should be is what [Match] answers.
//
// A log that a crash has torn gives a [*segments.TornError]: call
// [segments.Repair], then Open again. One that is locked gives
// [disk.ErrLocked] at once.
func Open(fsys disk.FS, dir string, snap *raftpb.SnapshotMetadata, opts *Options) (*WAL, error) {
	log, err := segments.Open(fsys, dir, &segments.Options{SegmentSize: opts.segmentSize()})
	if err != nil {
		return nil, err
	}
	w := newWAL(fsys, dir, log, opts)
	w.start = at(snap)
	return w, nil
}

// newWAL returns a log that holds nothing yet.
func newWAL(fsys disk.FS, dir string, log *segments.Log, opts *Options) *WAL {
	w := &WAL{fsys: fsys, dir: dir, log: log, size: opts.segmentSize(), trail: newTrail(0, 0)}
	names := log.Segments()
	_, w.named, _ = segments.ParseName(names[len(names)-1])
	w.synced = log.Size()
	return w
}

// ReadAll returns the owner's metadata, the last hard state, and the entries
// behind the start, as raft left them: what was overwritten is gone, and so is
// what stood behind it, also where the overwriting entry itself lies at or before
// the start. All of it is the caller's to keep. state is never nil where anything
// is returned. From then on the log can be written.
//
// A snapshot record beyond the log, or one whose entry has another term there,
// came from the leader and replaces the log, as soon as a hard state has
// committed it; opening the log there counts as much. One that was never
// committed is passed over, with the entries that follow it: the Save that was
// to commit it has not finished.
//
// The last entries may be of a higher term than the hard state: a crash has left
// them, and taken the hard state of their Save. The node is in the term of its hard
// state, and Save takes what comes in that.
//
// Errors: [ErrSnapshotNotFound] and [ErrSnapshotMismatch] come with everything
// that was read; [ErrSliceOutOfRange] with the entries before the gap. What no
// raft node writes is a [*segments.CorruptError] and comes with nothing: a
// record out of its place or not readable as its type, a term or a vote taken
// back, a committed entry overwritten, a commit beyond the last entry. Whatever
// the error, the log must be closed; it takes no Save.
func (w *WAL) ReadAll() (metadata []byte, state *raftpb.HardState, ents []*raftpb.Entry, err error) {
	switch {
	case w.closed:
		return nil, nil, nil, ErrClosed
	case w.tried:
		return nil, nil, nil, ErrRead
	}
	w.tried = true
	r := newReplay(w.start, w.log.Segments()[0])
	if err := r.run(w.log.Records()); err != nil {
		return nil, nil, nil, err
	}
	ents, err = r.finish()
	if errors.Is(err, segments.ErrCorrupt) {
		return nil, nil, nil, err
	}
	if err == nil {
		w.resume(r)
	}
	return bytes.Clone(r.metadata), proto.CloneOf(r.state), ents, err
}

// Sync makes everything durable that was saved.
func (w *WAL) Sync() error {
	if err := w.writable(); err != nil {
		return err
	}
	return w.sync()
}

// sync is Sync.
func (w *WAL) sync() error {
	err := w.log.Sync()
	w.synced, w.ahead = w.log.Size(), 0
	return err
}

// Close syncs and gives up everything, as [segments.Log.Close] does. It must be
// called whatever has failed before, or the log stays locked.
func (w *WAL) Close() error {
	w.closed = true
	return w.log.Close()
}
