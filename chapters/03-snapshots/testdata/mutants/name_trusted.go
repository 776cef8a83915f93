// The name is believed: a copy of an old snapshot under a newer name is loaded as
// the newest. Seen by I24.
//
//course:mutant 3.4
package snapshots

import (
	"fmt"
	"path"

	"go.etcd.io/raft/v3/raftpb"
)

func (s *Snapshotter) read(name string, p position) (*raftpb.Snapshot, error) {
	b, err := readFile(s.fsys, path.Join(s.dir, name))
	if err != nil {
		return nil, err
	}
	snap, err := decode(b)
	if err != nil {
		return nil, &CorruptError{File: name, Reason: err.Error()}
	}
	if is := at(snap.GetMetadata()); is.index == 0 {
		return nil, fmt.Errorf("snapshots: %s: %w: it holds term %d, index %d", name, ErrName, is.term, is.index)
	}
	return snap, nil
}
