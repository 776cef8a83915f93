// Package snap keeps the snapshots of a raft node: files in etcd's format, one for each snapshot. It writes the bytes that etcd 3.7
// writes, and reads etcd's own, in its dialects up to 3.6 and since 3.7.
//
// # The format
//
// A file is called TTTTTTTTTTTTTTTT-IIIIIIIIIIIIIIII.snap, term and index as 16 lower-case hexadecimal digits each. It holds two
// protobuf messages, one in the other:
//
//	file
//	  1  crc   uint32  CRC-32C of field 2; 0 is a value like any other
//	  2  data  bytes   a raftpb.Snapshot:
//	                     1  data      bytes    the application's
//	                     2  metadata  message  conf state, index, term
//
// Before etcd 3.5 the log did not record conf states, but snapshot files have always held one. A file without is read all the same,
// and none is written.
//
// # Which snapshot
//
// A snapshot is a fact only when the log has recorded it: file first, then record. A crash in between leaves a file that the log does
// not know, and a node that loaded it would apply entries twice. So a node saves and forgets in this order, each step durable before
// the next:
//
//	snap.SaveSnap       the file
//	wal.SaveSnapshot    the log vouches for it
//	wal.Save            the hard state that commits it, if it is the leader's
//	wal.ReleaseLockTo   the log before it is not needed any more
//	snap.Purge          nor are older files, but for a few
//
// At its start it, or package storage for it, asks the log for what it has recorded (wal.ValidSnapshotEntries), loads the newest of those
// ([Snapshotter.LoadNewestAvailable]), and opens the log there.
//
// # What a crash leaves
//
// A file has its name only when all of it is durable: [Snapshotter.SaveSnap] writes snap.tmp, syncs it, renames it, and syncs the
// folder. A crash leaves under a name what was there before or the whole new file, and at most one snap.tmp, which the next save or
// purge removes. What a full disk or a failing one does is the same, without the restart. Only when a sync of the folder fails is it
// open whether the name will stay, and then nothing more is taken ([ErrNotDurable]).
//
// # Damage
//
// Damage is told, and nothing is lost over it:
//
//   - A file that is proven corrupt is passed over for an older one. [Snapshotter.Rejected] and the logger tell. Going on with an older
//     one is right only if the log still holds the entries behind it; opening the log there shows whether it does.
//   - It is renamed to NAME.broken only if [Options].RenameBroken says so, and never deleted.
//   - A file that cannot be read, for lack of permission or because the disk fails, may be good. It is an error, and nothing else.
//   - A file whose content is another snapshot than its name says is passed over ([ErrName]) and never renamed.
//
// # What it does not do
//
// It does not know what the log has recorded, but for what it is told. It has no timer: [Snapshotter.Purge] runs when it is called.
// etcd's own databases (.snap.db) are none of its business. A snapshot is in memory whole, once: its data is written from the caller's
// memory, and after a load it is a part of the file's bytes.
package snap
