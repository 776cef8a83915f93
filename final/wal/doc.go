// Package wal reads the write-ahead log of a raft node: a folder of segment files in etcd's format, which logs of etcd's own, from before
// 3.0 to 3.7, have too.
//
// A node opens its log at the newest snapshot that the log has recorded and that it can load, and reads what lies behind it:
//
//	snaps, err := wal.ValidSnapshotEntries(dir, nil)        // what may be loaded
//	…                                                       // load the newest
//	w, err := wal.OpenForRead(dir, snap.Metadata, nil)
//	metadata, state, entries, err := w.ReadAll()
//
// [Verify] does the same and keeps nothing; [WAL.Records] shows every record where it stands.
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
//   - A missing last segment cannot be seen, nor can the log be told from an older copy of itself, unless a hard state or a snapshot that is
//     left proves more entries.
//   - Entries that lie before the first one read cannot be compared with those that overwrite them.
//   - The type of a record is checked by what it would mean. A hard state that has become an entry, or the other way round, is seen by
//     index, term and commit; two of them that fit by chance are not. Terms and votes as etcd has them do not fit.
//   - Bytes made to look like so many overlapping records that they cannot be checked in time linear in their size are refused as
//     corrupt, even if a crash left a hole before them.
//
// # What it does not do
//
// This is the reading half: it neither writes nor repairs, and takes no lock. It does not read the application's data, nor snapshots: see
// package snap.
package wal
