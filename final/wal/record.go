package wal

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
)

// RecordType says what a record's data is.
type RecordType int64

// Record types; part of the format.
const (
	// TypeMetadata marks the owner's own bytes, the second record of every segment.
	TypeMetadata RecordType = 1

	// TypeEntry marks an entry of the raft log.
	TypeEntry RecordType = 2

	// TypeState marks a hard state.
	TypeState RecordType = 3

	// TypeCRC marks the running checksum, the first record of every segment. It has no data.
	TypeCRC RecordType = 4

	// TypeSnapshot marks the position of a snapshot, not its content.
	TypeSnapshot RecordType = 5
)

// String returns the name of the type, or its number.
func (t RecordType) String() string {
	switch t {
	case TypeMetadata:
		return "metadata"
	case TypeEntry:
		return "entry"
	case TypeState:
		return "state"
	case TypeCRC:
		return "crc"
	case TypeSnapshot:
		return "snapshot"
	}
	return strconv.FormatInt(int64(t), 10)
}

// known tells whether the type is one of the format's.
func (t RecordType) known() bool { return t >= TypeMetadata && t <= TypeSnapshot }

// Record is one record of a log, and where it stands.
type Record struct {
	// Segment is the name of the file.
	Segment string

	// Offset is where the record's frame begins: its length word.
	Offset int64

	// Size is the size of the frame: length word, record and padding.
	Size int64

	// Type is not covered by CRC. It was checked against what the data can be.
	Type RecordType

	// CRC is the running CRC-32C over the data of all records up to and including this one.
	CRC uint32

	// Data is what the record holds: a raft message, or the owner's bytes. It is nil where the record has none.
	// It is valid until the iterator moves on.
	Data []byte
}

// End returns the offset behind the record's frame.
func (r Record) End() int64 { return r.Offset + r.Size }

// Entry returns the entry that a record of [TypeEntry] holds. The caller owns it.
func (r Record) Entry() (*raftpb.Entry, error) {
	if r.Type != TypeEntry {
		return nil, r.wrongType(TypeEntry)
	}
	var f entryFields
	if err := f.parse(r.Data); err != nil {
		return nil, r.corrupt(err.Error(), nil)
	}
	return f.message(&slab{}), nil
}

// State returns the hard state that a record of [TypeState] holds. The caller owns it.
func (r Record) State() (*raftpb.HardState, error) {
	if r.Type != TypeState {
		return nil, r.wrongType(TypeState)
	}
	var f stateFields
	if err := f.parse(r.Data); err != nil {
		return nil, r.corrupt(err.Error(), nil)
	}
	return f.message(), nil
}

// Snapshot returns the position and conf state of the snapshot that a record of [TypeSnapshot] names. The caller owns it.
// Before etcd 3.5 records had no conf state; it is nil then.
func (r Record) Snapshot() (*raftpb.SnapshotMetadata, error) {
	if r.Type != TypeSnapshot {
		return nil, r.wrongType(TypeSnapshot)
	}
	var f snapshotFields
	if err := f.parse(r.Data); err != nil {
		return nil, r.corrupt(err.Error(), nil)
	}
	return f.message()
}

// wrongType is returned when a record is asked for what it does not hold.
func (r Record) wrongType(want RecordType) error {
	return fmt.Errorf("wal: %s at offset %d: record is of type %v, not %v; look at Type first", r.Segment, r.Offset, r.Type, want)
}

// corrupt returns the error for a record that cannot be what it says.
func (r Record) corrupt(reason string, err error) error {
	return &CorruptError{Segment: r.Segment, Offset: r.Offset, Reason: reason, Err: err}
}

// Tags of the record message; part of the format:
//
//	1  type  int64   always written
//	2  crc   uint32  always written
//	3  data  bytes   omitted when nil, written when empty
const (
	tagRecordType = 1<<3 | byte(protowire.VarintType)
	tagRecordCRC  = 2<<3 | byte(protowire.VarintType)
	tagRecordData = 3<<3 | byte(protowire.BytesType)

	// maxHeader is the most that stands before a record's data: three tags, and varints of 10, 5 and 10 bytes.
	maxHeader = 3 + 10 + 5 + 10
)

// errRecord is a record that no writer has ever written.
var errRecord = errors.New("record cannot be parsed")

// header is what stands in a record before its data.
type header struct {
	typ  RecordType
	crc  uint32
	size int64 // of the data; -1 when there is none
	len  int   // of the header itself
}

// parseHeader reads the fields in the order, and with the shortest varints, in which every writer writes them. That is
// stricter than protobuf, and leaves a changed bit nowhere to hide. b may end behind the header, or with it. If only what stands
// behind the checksum is no field of a record, the header so far is returned.
func parseHeader(b []byte) (h header, ok bool) {
	typ, n := field(b, tagRecordType)
	if n == 0 {
		return h, false
	}
	crc, m := field(b[n:], tagRecordCRC)
	if m == 0 || crc > math.MaxUint32 {
		return h, false
	}
	h = header{typ: RecordType(typ), crc: uint32(crc), size: -1, len: n + m}
	if h.len == len(b) {
		return h, true
	}
	size, n := field(b[h.len:], tagRecordData)
	if n == 0 || size > sizeMask {
		return h, false
	}
	h.len += n
	h.size = int64(size)
	return h, true
}

// record returns the size of the whole record that the header announces.
func (h header) record() int64 { return int64(h.len) + max(h.size, 0) }

// parseRecord splits a record. Its data aliases b.
func parseRecord(b []byte) (h header, data []byte, err error) {
	h, ok := parseHeader(b)
	if !ok || h.record() != int64(len(b)) {
		return h, nil, errRecord
	}
	if h.size >= 0 {
		data = b[h.len:len(b):len(b)]
	}
	return h, data, nil
}

// field reads one tag and the varint behind it. n is 0 when there is another tag, no varint, or a longer one than needed.
func field(b []byte, tag byte) (v uint64, n int) {
	if len(b) < 2 || b[0] != tag {
		return 0, 0
	}
	if b[1] < 0x80 {
		return uint64(b[1]), 2
	}
	v, n = protowire.ConsumeVarint(b[1:])
	if n < 0 || b[n] == 0 { // the last byte of a varint of two or more is zero only when it was not needed
		return 0, 0
	}
	return v, 1 + n
}
