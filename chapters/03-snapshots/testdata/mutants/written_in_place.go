// The file is written under its own name. Half a snapshot, or one of no bytes, is
// loaded after a crash: etcd-io/etcd#3498 (2015). Seen by I19.
//
//course:mutant 3.3
package snapshots

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

func (s *Snapshotter) SaveSnap(snap *raftpb.Snapshot) error {
	if raft.IsEmptySnap(snap) {
		return nil
	}
	name, tmp := formatName(at(snap.GetMetadata())), path.Join(s.dir, formatName(at(snap.GetMetadata())))
	b, err := encode(snap)
	if err == nil {
		err = s.write(tmp, b)
	}
	if err == nil {
		err = s.fsys.Rename(tmp, path.Join(s.dir, name))
	}
	if err != nil {
		if gone := s.fsys.Remove(tmp); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("snapshots: save %s: %w", name, err)
	}
	if err := s.fsys.SyncDir(s.dir); err != nil {
		return fmt.Errorf("snapshots: save %s: %w", name, err)
	}
	return nil
}
