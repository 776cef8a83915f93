package torture

import (
	"errors"
	"fmt"
	"io/fs"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/snap"
)

// snapDir is the folder of the snapshots' files.
const snapDir = "snap"

// snapBody returns what a snapshot holds: enough for two sectors.
func snapBody(at position) string { return payload(at, 700) }

// snapshots are the node's files.
func (l *life) snapshots() *snap.Snapshotter { return snap.New(snapDir, &snap.Options{FS: l.fs}) }

// storeSnapshot makes a snapshot's file durable, before its record vouches for it.
func (l *life) storeSnapshot(at position) error {
	if err := l.fs.Mkdir(snapDir, disk.DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := l.fs.SyncDir("."); err != nil {
		return err
	}
	return l.snapshots().SaveSnap(&raftpb.Snapshot{Data: []byte(snapBody(at)), Metadata: snapshotMessage(at)})
}

// loadSnapshot loads the newest snapshot that the log vouches for: all of them have files, but for those that are purged behind a newer one.
func (l *life) loadSnapshot(vouched []*raftpb.SnapshotMetadata) (at position, err error) {
	s := l.snapshots()
	m, err := s.LoadNewestAvailable(vouched)
	if rejected := s.Rejected(); len(rejected) > 0 {
		return at, fmt.Errorf("the file of a snapshot is not whole: %v", rejected)
	}
	if errors.Is(err, snap.ErrNoSnapshot) || errors.Is(err, fs.ErrNotExist) {
		return at, nil // the model knows whether that is right
	}
	if err != nil {
		return at, err
	}
	at = position{m.GetMetadata().GetIndex(), m.GetMetadata().GetTerm()}
	if string(m.GetData()) != snapBody(at) {
		return at, fmt.Errorf("%w: the data of snapshot %v is another's", errLost, at)
	}
	return at, nil
}
