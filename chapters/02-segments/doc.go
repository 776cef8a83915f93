// Package segments is the second chapter: a log too long for one file.
//
// A [Log] is a folder of segments, each a file of frames as the first chapter
// writes them, which together read as one stream:
//
//	log/0000000000000000-0000000000000000.wal   crc, head, records …
//	log/0000000000000001-000000000000002a.wal   crc, head, records …
//	log/0000000000000002-0000000000000051.wal   crc, head, records …  zeros
//	log/0.tmp                                   the spare: the next segment, made ahead
//
// Every segment opens with a checksum record, which hands on the running
// checksum of all segments before it, and with a head: records that its owner
// wants at the beginning of every file, so that older files can be given up.
// Only the last segment, the tail, is written to. All others are sealed: their
// file ends where their records end, and was durable before the next one had a
// name.
//
// [Create] makes a log, [Open] takes one for writing, [Repair] mends a tail
// that a crash has torn, [Read] looks at a log without touching it.
//
// # What a log promises
//
// What was appended before a [Log.Sync] that returned nil is there after any
// crash. Of what was appended later, a crash leaves a part: after [Repair], a
// beginning of it, with nothing left out. No crash makes a log that can be
// neither opened nor repaired, also when it hits Create, Cut, Open or Repair
// themselves. Damage is never taken for a crash where that can be told.
//
// The bytes are those of etcd's write-ahead log (server/storage/wal at tag
// v3.7.3), if the head of the first segment is metadata and an empty snapshot
// record, and that of every other metadata and state.
//
// # What this package does not do
//
// It gives records no meaning, but for their order (see [Log.Append]). It
// never removes a segment: [Log.Release] gives one up, and its name is then
// the caller's.
//
// There is no goroutine and no lock in memory: a Log is for one goroutine at a
// time, and [Log.Prepare] is called by whoever has a moment to spare. The
// finished log makes its spare in the background instead.
//
// A last segment that is missing as a whole leaves no trace: what is left reads
// as a shorter log. Damage in the head of the last segment is told from a torn
// write only in the checksum record, because nothing says how long a head is.
// Damage in the last record is taken for a write cut short if the record's own
// data ends in a zero.
// And after a sync that failed, the operating system may show bytes that it
// will never write: a log that was poisoned so should be opened after a
// restart of the machine, not only of the program.
package segments
