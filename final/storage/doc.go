// Package storage starts the storage of a raft node: the log of package wal and the snapshots of package snap, which know nothing of each
// other. It finds what the node goes on from, or begins when nothing is there, and hands over both, ready to be written.
//
// # The folder
//
// A node has one folder, and in it the two that etcd has in its folder member:
//
//	wal    the log
//	snap   the snapshot files
//
// Either may be a mount point, or a symbolic link to a folder on another disk. Other files in the node's folder are nobody's business.
//
// # A start
//
// [Open] decides by what is there:
//
//   - A log. The newest snapshot is loaded that the log has recorded and committed and whose file is intact; the log is opened there, locked, and
//     read to its end. A torn tail is cut off, after a copy. Snapshot files that are newer and passed over, and why, are told to the logger; one beyond the
//     log's last entry as what may be all that tells of a missing end.
//   - No log, and nothing in snap. The node is new: a log is created. It stays new until it has saved something ([Storage].New).
//   - No log, and something in snap. The node has run before, and its vote is gone with its log: [ErrNoLog], and nothing is changed.
//
// Whatever else is wrong is an error, too; then nothing is open, and nothing was created over what was there. A node that starts in spite of it may
// vote twice in one term, or forget what it has acknowledged.
//
// # A node's start
//
//	s, err := storage.Open(dir, metadata, nil)
//	if err != nil {
//		…                                           // do not start: the error says what to do
//	}
//	defer s.WAL.Close()
//	memory := raft.NewMemoryStorage()
//	…                                               // memory.ApplySnapshot(s.Snapshot), if there is one; its data is the application's
//	…                                               // memory.SetHardState(s.HardState), memory.Append(s.Entries)
//	if s.New {
//		…                                           // give raft the first members; else raft is restarted
//	}
//
// From then on the node saves by [wal.WAL] and [snap.Snapshotter]; their packages say in which order.
//
// # What it does not do
//
// It cannot know that a node has run whose folders are both empty: a disk that is not mounted looks like a new node. [Options].MustExist is for who
// knows better. It does not compare the metadata of a log with what the caller expects: [Storage].Metadata is there to be compared. It starts no raft, takes
// no snapshot, and purges nothing.
package storage
