// Package records is the first chapter: a stream of bytes that knows where it
// was cut off.
//
// A log is a sequence of records in a file. Each record travels in a frame, so
// that a reader can walk from one to the next without understanding what they
// say:
//
//	frame:
//	  7      1     size     0-7
//	+------+-----+--------+---------+
//	| size | pad | record | padding |
//	+------+-----+--------+---------+
//
// The record inside is a protocol buffer message, and the only thing here that
// is checked. Its checksum covers its own data and the data of every record
// before it:
//
//	record:
//	  1    1-10     1    1-5      1    1-10     length
//	+----+--------+----+--------+----+--------+----------+
//	| 08 | type   | 10 | crc    | 1a | length | data     |
//	+----+--------+----+--------+----+--------+----------+
//	       varint        varint        varint   optional
//	                                           ==========
//
// [Encoder] writes such a stream through a [PageWriter]; [Decoder] reads it
// back, one record at a time, and stops at the first byte it cannot vouch for.
// [Judge] then answers the question that decides whether a node may start:
// was the log cut off by a crash, or was it changed afterwards?
//
// The bytes are those of etcd's write-ahead log (server/storage/wal at tag
// v3.7.3), in either of its dialects: what a record's data means is not looked
// at here.
//
// # What this package does not do
//
// It knows one stream, not a directory of files; it never syncs; it does not
// repair. It takes a record's type as a number and gives it no meaning, except
// for the checksum record and, in [Judge], for the three types whose order
// proves that a sync has finished.
package records
