// The highest term is that of the last entry. Where an entry of a lower term has
// replaced one of a higher term, a hard state between the two is written: the node
// has been in the higher one, and takes it back. Seen by I4.
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
		w.reached, w.top = e.GetIndex(), e.GetTerm()
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
