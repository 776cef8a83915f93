// The folder is not synced: after a loss of power the record in the log is there,
// and the file it vouches for is not. etcd-io/etcd#22340 (2026). Seen by I18.
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
		if gone := s.fsys.Remove(tmp); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("snapshots: save %s: %w", name, err)
	}
	return nil
}
