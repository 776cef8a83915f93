// When a write fails, the file of that name is removed with the temporary one,
// although it was good: etcd-io/etcd#21285 (2026). Seen by I20.
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
	name, tmp := formatName(at(snap.GetMetadata())), path.Join(s.dir, temporary)
	b, err := encode(snap)
	if err == nil {
		err = s.write(tmp, b)
	}
	if err == nil {
		err = s.fsys.Rename(tmp, path.Join(s.dir, name))
	}
	if err != nil {
		_ = s.fsys.Remove(path.Join(s.dir, name))
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
