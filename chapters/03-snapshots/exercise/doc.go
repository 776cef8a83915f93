// Package snapshots is the third chapter: a log that may forget.
//
// Raft's vocabulary arrives. A log of the second chapter gets records that mean
// something: entries, each with an index and a term; hard states, which are what
// a node must not forget (its term, its vote, and up to where entries are
// committed); and snapshots, which stand for all entries up to their index.
//
//	log/…-0000000000000000.wal    crc, metadata, snapshot 0, entries, states …
//	log/…-000000000000002a.wal    crc, metadata, state, entries, states, snapshot 40 …
//	snap/TERM-INDEX.snap          the state of the application after entry 40
//
// [WAL] is the log, [Snapshotter] the folder of snapshot files. A file alone is
// no snapshot: it counts when the log has recorded it. So a node is started from
// the newest that both know ([Match]), and the log is opened there ([Open]). Once
// a snapshot is saved and recorded, the segments before it are given up
// ([WAL.ReleaseLockTo]) and removed ([WAL.Purge]).
//
// # What is promised
//
// What [WAL.Save] had to sync is returned by [WAL.ReadAll] after any crash, and
// nothing that was overwritten comes back. What contradicts the log is refused
// before anything is written, since a log that says two things can be opened by
// nobody. A snapshot file is whole or not there. No crash, in whichever step of
// saving, recording, releasing or purging, leaves a node that cannot start, if
// the steps come in this order:
//
//	Snapshotter.SaveSnap    the file, durable
//	WAL.SaveSnapshot        the record that vouches for it, durable
//	WAL.Save                a leader's snapshot only: the hard state that commits it
//	WAL.ReleaseLockTo       syncs, then gives up segments
//	WAL.Purge               removes them
//
// The bytes are etcd's: the same calls give the files that v3.7.3 of its wal and
// snap packages gives, but where those break a promise.
//
// # What this package does not do
//
// It reads the whole log at every start, segments before the snapshot included,
// and holds all entries in memory while it does. Damage there keeps a node from
// starting that could do without them. It checks what records mean, but not as
// closely as the finished log. It refuses segments without a head, and names
// that go backwards, both of which etcd has written after accidents. Snapshot
// files are never removed, a snapshot is in memory as a whole, and there is no
// lock in memory: a WAL and a Snapshotter are for one goroutine each.
package snapshots
