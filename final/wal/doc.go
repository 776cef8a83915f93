// Package wal is the write-ahead log of a raft node: a folder of segment files in etcd's format. It keeps what raft must find again after a
// crash: entries, the hard state, and which snapshots were saved. The logs of etcd itself, from before 3.0 to 3.7, are read, and can be
// gone on with.
//
// # A node's life
//
// Once:
//
//	w, err := wal.Create(dir, metadata, nil)                // metadata: whatever tells this node from others
//
// At every later start, with package snap beside it:
//
//	snaps, err := wal.ValidSnapshotEntries(dir, nil)        // what the log vouches for
//	…                                                       // load the newest of these that is intact
//	w, err := wal.Open(dir, snap.Metadata, nil)             // nil metadata without a snapshot
//	metadata, state, entries, err := w.ReadAll()            // repairs a torn tail; then w can be written
//	…                                                       // ApplySnapshot, SetHardState, Append of raft.MemoryStorage
//
// Package storage makes both out of the two packages: it decides which of them it is, and never begins anew where a node has run.
//
// For every Ready, before its messages are sent:
//
//	err := w.SaveSnapshot(ready.Snapshot.GetMetadata())     // unless it is empty (raft.IsEmptySnap): after its file, before Save
//	err := w.Save(ready.HardState, ready.Entries)           // durable when it returns, if it has to be
//
// Now and then, when the application has taken a snapshot at an index that it has applied:
//
//	…                                                       // save the file, durably
//	err := w.SaveSnapshot(snap.Metadata)                    // from here on the log vouches for it
//	err := w.ReleaseLockTo(oldest)                          // the oldest snapshot to be kept, at most this one
//	err := w.Purge()                                        // removes what was given up, and no start needs
//
// And at the end w.Close(), also when anything has failed. [Verify] reads a log as a node would and keeps nothing; [WAL.Records], on a log from
// [OpenForRead], shows every record where it stands; [Repair] and [Exist] do what they are called.
//
// Wherever raft's messages have pointers, the log takes them as raft gives them: a nil hard state, or an empty one, is none, and the same messages may be
// filled again as soon as a call has returned.
//
// # What is promised
//
//   - An entry whose Save has returned nil is returned by ReadAll after any crash, unless a later Save has overwritten it, or a snapshot made it
//     unnecessary. So is a term, and a vote, and a leader's snapshot that Save has committed. The commit alone may fall back to what it was at the
//     last sync, when the machine crashes, not the process; raft finds it again. [WAL.Sync] makes it durable.
//   - What is recovered is a prefix of what was saved, in order. What Save was given when the crash came may be there, or its beginning.
//   - Recovery may crash too, at any point and any number of times.
//   - Damage is an error wherever the log can show it; what it cannot show is listed below. Nothing is cut off without a durable copy beside it,
//     named as the segment and .broken.
//   - After a failed write or sync the log takes nothing more: every call returns that first error. Close the log and open it again; what
//     was acknowledged is there. To write on would be to trust a kernel that has forgotten which pages it could not write.
//   - What raft never saves is refused, as [ErrRefused], before anything is written: the log would not be read again. It is the caller's defect, and
//     the log is as before.
//   - Nobody else can write a log that is open for writing ([disk.ErrLocked]): not through this package nor, on Linux, through etcd's.
//   - No input makes the package panic, or allocate more than the files hold.
//
// All this is for a disk that keeps what it has called durable. Package disk says what a crash may do, and what not.
//
// # Concurrency
//
// Once ReadAll has returned, and behind [Create] at once, Save, SaveSnapshot, Sync, Prepare, ReleaseLockTo, Purge, Segments and Close may be called by any
// number of goroutines. Saves that wait at the same time are written as one and share one sync. Their order is that of their arrival, which
// no caller can know: entries that follow another Save's entries must be saved by whoever has seen that one return, or they may be
// refused for the gap. One goroutine for entries, as raft's Ready loop is, is always right.
//
// A log that is read, by ReadAll or Records, belongs to one goroutine at a time.
//
// Behind the calls works one goroutine, from Create or ReadAll to Close. It makes the file of the next segment and fills it with zeros, ahead of the log
// and in small steps, because a sync is cheaper where nothing but data changes. [Options].NoFill and NoBackground turn that off.
//
// # Recovery
//
// [Options].Recovery is one of three. [TornTail], the default, goes on behind what a crash has left unfinished: for a log that is read it is not
// there, from one that is opened for writing it is cut off, after a copy ([Tail].Copy names it, the logger tells). [Strict] makes it an error
// ([TornError]), and [Repair] is then the caller's to decide on. [Salvage] reads whatever verifies, behind damage too: for looking at a log that is
// lost; no node can run on it. Corruption is an error ([CorruptError]) in the first two, changes nothing, and has one remedy: remove the
// member from its group, and add it again under a new id with an empty folder. An older copy of the folder is none: it has forgotten what was acknowledged since.
//
// # Compatibility
//
// For the same calls the segments are those of etcd v3.7.3, byte for byte and cut for cut; scripts/compat of this module is there to compare them. Three
// deviations are meant: a segment begun after a reopening repeats the hard state, which etcd forgets; the index in a segment's name never goes
// back; and a log that goes on without a leader's snapshot that it had recorded, because no hard state had committed it, says so by recording the
// snapshot that it was opened at once more, as it does where the only record stands before the segment that its index points at. etcd reads all three. Where etcd lets pass what raft never saves, a gap say, this package
// refuses it, to write it and to read it.
//
// The dialect that is written is that of etcd since 3.7: fields that are not set are left out. An older log is gone on with in the newer
// dialect, as etcd 3.7 does. A folder that others than its owner may list or write is refused for writing, where etcd warns ([ErrShared], [Options].AllowShared).
//
// # The format
//
// A segment is called SSSSSSSSSSSSSSSS-IIIIIIIIIIIIIIII.wal: its number in the log, and the index that the next entry had when it was
// begun, as 16 lower-case hexadecimal digits each. It is a row of frames, without any header or trailer, and zeros reserved
// behind the last:
//
//	frame
//	  length word  8 bytes, little-endian: record size in bits 0–55; 0x80 plus padding size in bits 56–63, or 0
//	  record       a protobuf message: 1 type int64, 2 crc uint32, 3 data bytes
//	  padding      zeros up to a multiple of eight
//
// The crc is the running CRC-32C over the data of all records of all segments so far. The type, the length word and the padding are
// not covered by it. The types are:
//
//	1  metadata  the owner's own bytes; the second record of every segment
//	2  entry     raftpb.Entry
//	3  state     raftpb.HardState; the third record of every segment but the first, if there was any by then
//	4  crc       no data: the running checksum so far; the first record of every segment
//	5  snapshot  1 index, 2 term, 3 conf state (since etcd 3.5); 0 and 0 in a new log
//
// etcd up to 3.6 writes every field, zeros too; since 3.7, fields that are not set are left out. Both are read; whether a zero was
// written is seen in the messages' pointers and nowhere else. Before 3.0 there was no padding, and frames were not aligned.
//
// # Torn or corrupt
//
// A log may end in a record that a crash left unfinished: it is torn, nothing that was acknowledged is lost if a crash did it, and reading ends there
// without an error ([WAL.Tail] tells). Or bytes that were durable have changed since: it is corrupt, and reading it would
// forget what was promised. The two are told apart by evidence. At the first offset X that does not verify:
//
//   - In any segment but the last it is corrupt: a segment is synced as a whole before the next one gets its name.
//   - If a crash cannot have left these bytes, it is corrupt. What was not written is zero, in whole sectors of 512 bytes, or in the aligned
//     words of one sector up to its start or end; or it is missing at the end of the file; or one write was cut short at any byte,
//     with nothing but zeros behind. Where every byte was written, and where a length word and the header behind it name two
//     sizes, no crash explains it.
//   - If behind X stand records that still verify, and that were synced after X was written, it is corrupt. That is a snapshot record
//     with any record behind it, or an entry, a hard state, an entry, in this order. The record at X is the first of them if its
//     header can be read. Of the others only those count that are newer than what was read before X and do not contradict it:
//     an entry's data may be a copy of a log. Hard states alone prove nothing. The search goes in steps of eight bytes, and
//     behind a frame whose length word stands, not inside.
//   - If the hard state's commit is beyond the last entry, it is corrupt.
//   - If the checksum fits and the record still cannot be what a raft node writes, its type must have changed: it is corrupt. Fields
//     that the message does not have; an entry of index 0, of term 0, of an unknown type, of a lower term than the one before
//     it, or that differs from a committed one; a term of the hard state that falls, or a vote that changes in one term; a
//     record out of place; padding that is not zero.
//   - Otherwise it is torn.
//
// Torn says what the bytes look like. Whether a crash left them, they do not say; two ends that a crash alone does not leave are told by
// their own reasons: a last segment whose head is not whole ([Tail].Head), an empty one too; and a log of which not even the metadata
// is left. The latter is an error of its own, [ErrTorn], whatever the mode but Salvage: taken for an empty log, it would let a node forget
// its vote.
//
// A read that fails is none of this: it is an error, and says nothing about the log.
//
// # What the format cannot show
//
// Some damage to what was written behind the last sync that later records prove looks like a crash. It is told as torn, never passed over
// in silence, and costs the records from there on:
//
//   - A length word of 16, which one changed bit makes 0, as though it was never written.
//   - The last byte of the last record, when it becomes 0: one write cut short leaves the same.
//   - Any byte of the last record when the record's own data are zeros where unwritten data would be.
//   - A zeroed sector, or length word, in the last Save or in the hard states behind it.
//
// Of all single bits of a log of two segments, tests flip every one; where the last record does not end in zeros, at most 2 of
// 15,000 are of the first two kinds, and all others are refused. Besides:
//
//   - The end of the last segment, cut off or zeroed exactly between two records, is not there, and nothing is torn: all Saves behind it are gone without a
//     word, as many as there were. A sector that holds only whole records, and the last of them, is enough.
//   - A missing last segment cannot be seen, nor can the log be told from an older copy of itself, unless a hard state or a snapshot that is
//     left proves more entries.
//   - Entries that lie before the first one read cannot be compared with those that overwrite them.
//   - The type of a record is checked by what it would mean. A hard state that has become an entry, or the other way round, is seen by
//     index, term and commit; two of them that fit by chance are not. Terms and votes as etcd has them do not fit.
//   - Bytes made to look like so many overlapping records that they cannot be checked in time linear in their size are refused as
//     corrupt, even if a crash left a hole before them. So are records newer than the log, such as a copy of a longer one, in the data of an
//     entry whose head a crash has taken, if they happen to be aligned.
//
// # What it does not do
//
// It does not read the application's data, nor write or load snapshots: see package snap. It has no timer and takes no decision: when to take a
// snapshot, how many to keep, and when to purge is the caller's. It cannot tell a missing end of a log, or an older copy of all of it, from a log that
// is shorter. It keeps no other format than etcd's, does not compress or encrypt, and holds one raft group in one folder.
package wal
