// A leader's snapshot that waits is recorded once more, and taken for one of the log
// behind it: the entries stay, which who reads the log next gives up. Seen by I15.
//
//course:mutant 3.2
package snapshots

import (
	records "example.com/logbook/chapters/01-records"
	"go.etcd.io/raft/v3/raftpb"
)

func (w *WAL) SaveSnapshot(m *raftpb.SnapshotMetadata) error {
	if err := w.writable(); err != nil {
		return err
	}
	commit := w.state.GetCommit()
	p, waits := at(m), w.leader > commit
	own := w.trail.own(p, commit)
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
