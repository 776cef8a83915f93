// Asks before it appends whether the segment is full (I5): a Save larger than a
// segment is not the segment's last, and etcd's cuts come elsewhere.
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
	must, full := w.mustSync(state, ents), w.full()
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
		w.state, w.resumed = proto.CloneOf(state), false
	}
	switch {
	case full:
		return w.cut()
	case must:
		return w.sync()
	}
	return w.handOn()
}
