// Any Save ends what the first hard state after a start is given, one of entries alone
// too: the commit behind that is not synced. Seen by I15.
//
//course:mutant 3.2
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
	w.resumed = false
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
		w.state = proto.CloneOf(state)
	}
	switch {
	case w.full():
		return w.cut()
	case must:
		return w.sync()
	}
	return w.handOn()
}
