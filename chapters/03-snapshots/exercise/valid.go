package snapshots

import (
	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/chapters/course"
	"example.com/logbook/final/disk"
)

// ValidSnapshotEntries returns the snapshots that the log in dir can be opened
// at, in the order in which they were recorded, as often as they were: those up to
// the commit of the last hard state. One beyond it came from the leader, and was
// never relied on.
// The log's beginning is among them, as the snapshot of index 0, until its first
// segment is removed.
//
// Nothing is locked or changed. A torn end is no error: what is torn was promised
// to nobody. Any other error of [segments.Read] is returned, and no snapshot.
//
//course:exercise 3.5
func ValidSnapshotEntries(fsys disk.FS, dir string) ([]*raftpb.SnapshotMetadata, error) {
	panic(course.TODO("3.5"))
}

// Match returns the snapshot that a node starts from: the newest that both the
// log in dir and the folder of s know. Open the log at its metadata. It is nil,
// with no error, when they have none in common and the log reaches back to its
// beginning.
//
// A log whose beginning was removed needs a snapshot: if none is whole, the error
// matches [ErrNoSnapshot], and the node must not be started empty. Other errors
// are those of [ValidSnapshotEntries] and [Snapshotter.LoadNewestAvailable]: what
// cannot be read is never taken for what is not there.
//
//course:exercise 3.6
func Match(fsys disk.FS, dir string, s *Snapshotter) (*raftpb.Snapshot, error) {
	panic(course.TODO("3.6"))
}
