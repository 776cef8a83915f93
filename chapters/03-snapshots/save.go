package snapshots

import (
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
)

// Save appends entries and then the hard state, and makes them durable before it
// returns if raft may act on them: if there are entries, or the term or the vote
// has changed ([raft.MustSync]); also the first hard state after the log was opened.
// Any other that only moves the commit is handed to the operating system: the death
// of the process does not take it back, a loss of power may. Nothing is saved when
// both are empty; a log that is closed or not read yet says so all the same
// ([ErrClosed], [ErrNotRead]). Neither is kept or changed; the caller may use them
// again.
//
// An entry at an index that the log has replaces that entry and all behind it.
// Refused, with an error that matches [ErrRefused] and nothing written:
//
//   - entries that do not follow one another, or leave a gap behind the log
//     ([ErrSliceOutOfRange]);
//   - while a leader's snapshot is not committed, entries that do not follow the
//     last one, also where they repeat what a crash has left behind the snapshot:
//     save the commit alone first, and then them;
//   - an entry without index or term, of a type that does not exist, or of a
//     lower term than the one before it;
//   - an entry that replaces a committed one of another term, and entries that
//     leave the log ending below the commit;
//   - a hard state whose term or commit goes down, which changes the vote within
//     a term, or which commits what is beyond the log; a leader's snapshot counts
//     as the log up to its index;
//   - a hard state whose term is lower than that of an entry saved since the log
//     was opened, or of a leader's snapshot recorded since, or at which it was
//     opened while that waited. An entry that was read may have a higher one: see
//     [WAL.ReadAll];
//   - entries behind a leader's snapshot, or a commit that goes up, when neither
//     state nor the one before commits the snapshot: see [WAL.ReadAll]. A hard
//     state that leaves the commit where it is may come before that.
//
// When all of it is appended, and not before, it is asked whether SegmentSize bytes
// of the last segment are written (full). If so, the Save is the segment's last: a
// new one is begun behind it, and the Save is durable. Its entries are never split.
// What Append still holds is not written, so in general this is the Save behind the
// one that filled the segment; but of a Save of more than 128 KiB, pages are written
// at once, and they count.
//
// Any other error is one of the disk and stays: see [segments.Log.Sync].
//
//course:exercise 3.1
func (w *WAL) Save(state *raftpb.HardState, ents []*raftpb.Entry) error {
	if err := w.writable(); err != nil {
		return err
	}
	if raft.IsEmptyHardState(state) && len(ents) == 0 {
		return nil
	}
	if err := w.check(state, ents); err != nil {
		return err
	}
	must := w.mustSync(state, ents)
	for _, e := range ents {
		if err := w.append(records.TypeEntry, e); err != nil {
			return err
		}
		w.trail.put(e.GetIndex(), e.GetTerm())
		w.reached, w.top = e.GetIndex(), max(w.top, e.GetTerm())
	}
	if !raft.IsEmptyHardState(state) {
		if err := w.append(records.TypeState, state); err != nil {
			return err
		}
		// A copy: the caller may fill the same message again, and what is
		// compared with itself never changes.
		w.state, w.resumed = proto.CloneOf(state), false
	}
	switch {
	case w.full():
		return w.cut()
	case must:
		return w.sync()
	}
	return w.handOn()
}

// check returns why Save must refuse, or nil. Nothing of the log is changed. Each
// entry is compared with two others: with the one that it replaces in the log, and,
// by index and term, with the one before it, which for the first is in the log and
// for the next ones in ents. What it may not replace is what was committed before
// this Save, by the hard state saved last; what this one commits is in ents, or was
// there.
//
//course:exercise 3.1
func (w *WAL) check(state *raftpb.HardState, ents []*raftpb.Entry) error {
	last, top := w.trail.last(), w.top
	for i, e := range ents {
		index := e.GetIndex()
		if index > last+1 || i > 0 && index != last+1 {
			return refuse("%w: entry %d behind entry %d", ErrSliceOutOfRange, index, last)
		}
		if index <= last && w.leader > w.state.GetCommit() {
			return refuse("entry %d is not behind entry %d, the last, while the leader's snapshot at %d waits for its commit: save that first", index, last, w.leader)
		}
		before := w.trail.at(index - 1)
		if i > 0 {
			before = ents[i-1].GetTerm()
		}
		if reason := w.trail.conflict(e, before, w.state.GetCommit()); reason != "" {
			return refuse("%s", reason)
		}
		last, top = index, max(top, e.GetTerm())
	}
	commit, err := w.commitOf(state, top)
	switch {
	case err != nil:
		return err
	case commit > last:
		return refuse("the commit %d is beyond entry %d, which would be the last", commit, last)
	case w.leader > commit && (len(ents) > 0 || commit > w.state.GetCommit()):
		return refuse("the leader's snapshot at %d must be committed first, and the commit would be %d", w.leader, commit)
	}
	return nil
}

// commitOf returns what is committed once the state is saved, or why it must be
// refused. top is the highest term of an entry or of a leader's snapshot that was
// written since the log was opened, the entries of this Save included.
func (w *WAL) commitOf(state *raftpb.HardState, top uint64) (uint64, error) {
	commit := w.state.GetCommit()
	if raft.IsEmptyHardState(state) {
		return commit, nil
	}
	reason := stepBack(state, w.state)
	switch {
	case reason != "":
		return 0, refuse("%s", reason)
	case state.GetTerm() < top:
		return 0, refuse("the term %d is below the term %d of an entry or a leader's snapshot", state.GetTerm(), top)
	case state.GetCommit() < commit:
		return 0, refuse("the commit goes down from %d to %d", commit, state.GetCommit())
	}
	return state.GetCommit(), nil
}

// SaveSnapshot records that a snapshot was saved, durably. Save the file first
// ([Snapshotter.SaveSnap]): from this moment on the log vouches for it. m needs an
// index, a term and, unless its index is 0, a conf state.
//
// A snapshot of the log's own entries leaves the log as it is. One from the
// leader, beyond the last entry or of another term than the entry at its index,
// replaces it: the next entry is the one behind. Save the hard state that commits
// it next; while it waits for that, any other snapshot is the leader's too, and
// takes its place, and that of entries behind it. Refused ([ErrRefused]) is one that
// contradicts a committed entry, and one below a leader's snapshot that waits for
// its commit: for who reads the log, either says that the other does not count.
func (w *WAL) SaveSnapshot(m *raftpb.SnapshotMetadata) error {
	if err := w.writable(); err != nil {
		return err
	}
	commit := w.state.GetCommit()
	p, waits := at(m), w.leader > commit
	own := !waits && w.trail.own(p, commit)
	switch {
	case m == nil || m.Index == nil || m.Term == nil:
		return refuse("a snapshot needs an index and a term: %v", m)
	case m.ConfState == nil && p.index > 0:
		return refuse("snapshot %d needs a conf state: %v", p.index, m)
	case waits && p.index < w.leader:
		return refuse("snapshot %d lies below the leader's at %d, which is to replace the log", p.index, w.leader)
	case !own && p.index <= commit:
		return refuse("snapshot %d of term %d contradicts entry %[2]d of term %d, which is committed", p.index, p.term, w.trail.at(p.index))
	}
	if err := w.log.Append(records.TypeSnapshot, appendSnapshot(nil, m)); err != nil {
		return err
	}
	if !own {
		w.trail, w.leader = newTrail(p.index, p.term), p.index
		w.top = max(w.top, p.term)
	}
	w.reached = max(w.reached, p.index)
	return w.sync()
}

// writable returns why the log cannot be written, or nil.
func (w *WAL) writable() error {
	switch {
	case w.closed:
		return ErrClosed
	case !w.ready:
		return ErrNotRead
	}
	return nil
}

// append marshals a message and appends it.
func (w *WAL) append(typ int64, m proto.Message) error {
	b, err := proto.Marshal(m)
	if err != nil {
		return refuse("%v", err)
	}
	return w.log.Append(typ, b)
}

// mustSync reports whether raft may act on what is saved. The first hard state
// after opening is synced in any case, as in etcd, which forgets the one before.
func (w *WAL) mustSync(state *raftpb.HardState, ents []*raftpb.Entry) bool {
	return raft.MustSync(state, w.state, len(ents)) || w.resumed
}

// full reports whether it is time to cut. What handOn wrote early does not count
// before anything else is written, since etcd would not have written it yet: so
// cuts come where etcd's do.
func (w *WAL) full() bool {
	size := w.log.Size()
	if size == w.ahead {
		size = w.synced
	}
	return size >= w.size
}

// cut goes on in a new segment. Names of segments never go back, also when the
// log does: whoever looks for a snapshot's segment goes by them.
func (w *WAL) cut() error {
	head, err := w.head()
	if err != nil {
		return err
	}
	w.named = max(w.named, w.reached+1)
	if err := w.log.Cut(w.named, head); err != nil {
		return err
	}
	w.synced, w.ahead = w.log.Size(), 0
	return nil
}

// head returns the records that a new segment begins with, behind its checksum
// record: the metadata, and the hard state if there is one. When the segments
// before are removed, a node must not have forgotten its vote.
//
//course:exercise 3.1
func (w *WAL) head() ([]records.Record, error) {
	head := []records.Record{{Type: records.TypeMetadata, Data: w.metadata}}
	if raft.IsEmptyHardState(w.state) {
		return head, nil
	}
	b, err := proto.Marshal(w.state)
	return append(head, records.Record{Type: records.TypeState, Data: b}), err
}

// handOn writes what the log holds to the file, without a sync.
func (w *WAL) handOn() error {
	for _, err := range w.log.Records() { // writes before it reads
		if err != nil {
			return err
		}
		break
	}
	w.ahead = w.log.Size()
	return nil
}
