package records

import (
	"errors"

	"example.com/logbook/chapters/course"
	"google.golang.org/protobuf/encoding/protowire"
)

// The types of record, as etcd numbers them (server/storage/wal/wal.go at tag
// v3.7.3). Part of the format.
const (
	// TypeMetadata is what the log's owner says of itself: opaque bytes.
	TypeMetadata int64 = 1
	// TypeEntry is one raft entry.
	TypeEntry int64 = 2
	// TypeState is a hard state: term, vote, commit.
	TypeState int64 = 3
	// TypeCRC opens a file: it has no data and hands on the running checksum.
	TypeCRC int64 = 4
	// TypeSnapshot says that a snapshot file exists: its index and term.
	TypeSnapshot int64 = 5
)

// The field numbers of a record's message. Part of the format.
const (
	fieldType protowire.Number = 1
	fieldCRC  protowire.Number = 2
	fieldData protowire.Number = 3
)

// ErrRecord says that a frame holds something else than a record: bytes that
// are no protocol buffer, a field that no record has, or none of a field that
// every record has.
var ErrRecord = errors.New("not a record")

// Record is one message of the log.
type Record struct {
	// Type says what Data means: one of the Type constants, or a number that
	// a newer writer knows.
	Type int64

	// CRC is the running CRC-32C (Castagnoli) behind Data: over the data of
	// every record since the stream's beginning, this one's included. Type
	// and CRC themselves are covered by nothing.
	CRC uint32

	// Data is the record's content. Nil and empty differ on the wire: nil is
	// not written at all.
	Data []byte
}

// AppendRecord appends the wire form of r to b and returns the longer slice.
//
// Type and CRC are always written, also when they are zero; Data is written
// unless it is nil. Fields go in the order of their numbers.
//
//course:exercise 1.2
func AppendRecord(b []byte, r Record) []byte {
	panic(course.TODO("1.2"))
}

// ParseRecord reads the wire form of a record that fills b. The record's Data
// is a part of b, not a copy; it is nil when the field is absent, and empty but
// not nil when the field is there with nothing in it.
//
// As everywhere in protocol buffers, fields may come in any order and the last
// of several wins. A field that is cut off, unknown, or of another wire type,
// a checksum of more than 32 bits, and a record that lacks its type or its
// checksum give an error that wraps [ErrRecord].
//
//course:exercise 1.2
func ParseRecord(b []byte) (Record, error) {
	panic(course.TODO("1.2"))
}
