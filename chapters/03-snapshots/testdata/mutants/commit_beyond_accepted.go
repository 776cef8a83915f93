// A commit beyond the log is written. At the next start raft panics: "tocommit is
// out of range", etcd-io/etcd#8935 (2017). Seen by I4.
//
//course:mutant 3.1
package snapshots

import "go.etcd.io/raft/v3/raftpb"

func (w *WAL) check(state *raftpb.HardState, ents []*raftpb.Entry) error {
	last, top := w.trail.last(), w.top
	for i, e := range ents {
		index := e.GetIndex()
		if index > last+1 || i > 0 && index != last+1 {
			return refuse("%w: entry %d behind entry %d", ErrSliceOutOfRange, index, last)
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
	case len(ents) > 0 && w.leader > commit:
		return refuse("entry %d needs the leader's snapshot at %d, which no hard state has committed", ents[0].GetIndex(), w.leader)
	}
	return nil
}
