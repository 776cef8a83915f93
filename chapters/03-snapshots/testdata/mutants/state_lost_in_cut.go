// The Save that finds the segment full is sealed without its hard state, which only
// stands at the new head: whoever counts what was saved in the old file misses it.
// Seen by I1.
//
//course:mutant 3.1
package snapshots

import (
	records "example.com/logbook/chapters/01-records"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
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
	if !raft.IsEmptyHardState(state) && !w.full() {
		if err := w.append(records.TypeState, state); err != nil {
			return err
		}
		w.state, w.resumed = proto.CloneOf(state), false
	}
	if !raft.IsEmptyHardState(state) {
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
