// Writes a hard state that is not nil and empty (I1): the log says term 0 behind
// term 1, the vote is forgotten, and ReadAll refuses what it reads.
//
//course:mutant 3.1
package snapshots

import (
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
)

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
	if state != nil {
		if err := w.append(records.TypeState, state); err != nil {
			return err
		}
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
