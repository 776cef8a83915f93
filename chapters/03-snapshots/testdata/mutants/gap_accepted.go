// Entries are not compared with the end of the log: a gap is written, and the log
// can never be opened again. etcd-io/etcd#19038 (2024) has such logs. Seen by I4.
//
//course:mutant 3.1
package snapshots

import "go.etcd.io/raft/v3/raftpb"

func (w *WAL) check(state *raftpb.HardState, ents []*raftpb.Entry) error {
	last, top := w.trail.last(), w.top
	for i, e := range ents {
		index := e.GetIndex()
		if i > 0 && index != last+1 {
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
