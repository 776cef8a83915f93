package wal

import (
	"encoding/binary"
	"errors"
	"fmt"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Tags of the messages inside of records; part of the format. Snapshot is the log's own message: its numbers are not those of
// raft's SnapshotMetadata, which it is read into.
//
//	entry     1 type  2 term  3 index       4 data
//	state     1 term  2 vote  3 commit
//	snapshot  1 index 2 term  3 conf state
const (
	tag1     = 1<<3 | byte(protowire.VarintType)
	tag2     = 2<<3 | byte(protowire.VarintType)
	tag3     = 3<<3 | byte(protowire.VarintType)
	tagData  = 4<<3 | byte(protowire.BytesType)
	tagConf  = 3<<3 | byte(protowire.BytesType)
	hasField = 1 // has&(hasField<<n): field n was there, if only as a zero. Writers differ: see the package comment.
)

const (
	maxEntryHeader = 4 + 10 + 10 + 10 + 10 // tags, and varints before the data
	maxState       = 3 + 3*10
)

// maxEntryType is the last of raft's entry types.
const maxEntryType = uint64(raftpb.EntryConfChangeV2)

var (
	errEntry    = errors.New("entry cannot be parsed, or has a field that no entry has; the record's type may have changed")
	errState    = errors.New("hard state cannot be parsed, or has a field that no hard state has; the record's type may have changed")
	errSnapshot = errors.New("snapshot record cannot be parsed, or has a field that no snapshot record has; the record's type may have changed")
)

// entryFields is an entry without its allocations.
type entryFields struct {
	typ, term, index uint64
	data             []byte
	has              uint8
}

// parse reads an entry. Data aliases b.
func (e *entryFields) parse(b []byte) error {
	*e = entryFields{}
	for len(b) > 0 {
		tag := b[0]
		if tag == tagData {
			data, n := protowire.ConsumeBytes(b[1:])
			if n < 0 {
				return errEntry
			}
			e.data, b = data, b[1+n:]
			continue
		}
		v, n := uvarint(b[1:])
		if n <= 0 {
			return errEntry
		}
		b = b[1+n:]
		switch tag {
		case tag1:
			e.typ, e.has = v, e.has|hasField<<1
		case tag2:
			e.term, e.has = v, e.has|hasField<<2
		case tag3:
			e.index, e.has = v, e.has|hasField<<3
		default:
			return errEntry
		}
	}
	return e.check()
}

// check refuses what no raft node writes into any entry.
func (e *entryFields) check() error {
	switch {
	case e.typ > maxEntryType:
		return fmt.Errorf("entry type %d does not exist; the record's type may have changed", e.typ)
	case e.index == 0:
		return errors.New("entry has index 0; the record's type may have changed")
	case e.term == 0:
		return errors.New("entry has term 0; the record's type may have changed")
	}
	return nil
}

// message returns what proto.Unmarshal would: a field that was not there is nil. Memory comes from the slab.
func (e *entryFields) message(s *slab) *raftpb.Entry {
	m := s.entry()
	if e.has&(hasField<<1) != 0 {
		m.Type = s.entryType(raftpb.EntryType(e.typ))
	}
	if e.has&(hasField<<2) != 0 {
		m.Term = s.integer(e.term)
	}
	if e.has&(hasField<<3) != 0 {
		m.Index = s.integer(e.index)
	}
	m.Data = s.bytes(e.data)
	return m
}

// set takes the fields of an entry. Its data is shared.
func (e *entryFields) set(m *raftpb.Entry) {
	*e = entryFields{typ: uint64(m.GetType()), term: m.GetTerm(), index: m.GetIndex(), data: m.GetData()}
}

// appendEntryHeader appends an entry up to where its data's bytes begin, as proto.Marshal does: fields that are nil are left out.
func appendEntryHeader(b []byte, m *raftpb.Entry) []byte {
	if m.Type != nil {
		b = appendUint(b, tag1, uint64(*m.Type))
	}
	if m.Term != nil {
		b = appendUint(b, tag2, *m.Term)
	}
	if m.Index != nil {
		b = appendUint(b, tag3, *m.Index)
	}
	if m.Data != nil {
		b = appendUint(b, tagData, uint64(len(m.Data)))
	}
	return b
}

// stateFields is a hard state without its allocations.
type stateFields struct {
	term, vote, commit uint64
	has                uint8
}

// set takes the fields of a hard state; none of nil.
func (s *stateFields) set(m *raftpb.HardState) {
	*s = stateFields{}
	if m == nil {
		return
	}
	if m.Term != nil {
		s.term, s.has = *m.Term, s.has|hasField<<1
	}
	if m.Vote != nil {
		s.vote, s.has = *m.Vote, s.has|hasField<<2
	}
	if m.Commit != nil {
		s.commit, s.has = *m.Commit, s.has|hasField<<3
	}
}

// empty tells whether raft would take it for none.
func (s *stateFields) empty() bool { return s.term == 0 && s.vote == 0 && s.commit == 0 }

// append appends the hard state as proto.Marshal does.
func (s *stateFields) append(b []byte) []byte {
	for i, v := range [...]uint64{s.term, s.vote, s.commit} {
		if s.has&(hasField<<(i+1)) != 0 {
			b = appendUint(b, byte(i+1)<<3|byte(protowire.VarintType), v)
		}
	}
	return b
}

// parse reads a hard state.
func (s *stateFields) parse(b []byte) error {
	*s = stateFields{}
	for len(b) > 0 {
		tag := b[0]
		v, n := uvarint(b[1:])
		if n <= 0 {
			return errState
		}
		b = b[1+n:]
		switch tag {
		case tag1:
			s.term, s.has = v, s.has|hasField<<1
		case tag2:
			s.vote, s.has = v, s.has|hasField<<2
		case tag3:
			s.commit, s.has = v, s.has|hasField<<3
		default:
			return errState
		}
	}
	return nil
}

// message returns what proto.Unmarshal would.
func (s *stateFields) message() *raftpb.HardState {
	m := &raftpb.HardState{}
	if s.has&(hasField<<1) != 0 {
		m.Term = new(s.term)
	}
	if s.has&(hasField<<2) != 0 {
		m.Vote = new(s.vote)
	}
	if s.has&(hasField<<3) != 0 {
		m.Commit = new(s.commit)
	}
	return m
}

// snapshotFields is a snapshot record without its allocations.
type snapshotFields struct {
	index, term uint64
	conf        []byte // a ConfState, or nil
}

// append appends the record without a conf state.
func (s *snapshotFields) append(b []byte) []byte {
	return appendUint(appendUint(b, tag1, s.index), tag2, s.term)
}

// parse reads a snapshot record. Every writer writes index and term, if only as zeros.
func (s *snapshotFields) parse(b []byte) error {
	*s = snapshotFields{}
	has := 0
	for len(b) > 0 {
		tag := b[0]
		if tag == tagConf {
			conf, n := protowire.ConsumeBytes(b[1:])
			if n < 0 {
				return errSnapshot
			}
			s.conf, b = conf, b[1+n:]
			continue
		}
		v, n := uvarint(b[1:])
		if n <= 0 {
			return errSnapshot
		}
		b = b[1+n:]
		switch tag {
		case tag1:
			s.index, has = v, has|hasField<<1
		case tag2:
			s.term, has = v, has|hasField<<2
		default:
			return errSnapshot
		}
	}
	if has != hasField<<1|hasField<<2 {
		return errSnapshot
	}
	return nil
}

// message returns the record as raft's own type.
func (s *snapshotFields) message() (*raftpb.SnapshotMetadata, error) {
	m := &raftpb.SnapshotMetadata{Index: new(s.index), Term: new(s.term)}
	if s.conf == nil {
		return m, nil
	}
	m.ConfState = &raftpb.ConfState{}
	if err := proto.Unmarshal(s.conf, m.ConfState); err != nil {
		return nil, fmt.Errorf("%w: %v", errSnapshot, err)
	}
	if len(m.ConfState.ProtoReflect().GetUnknown()) > 0 {
		return nil, errSnapshot
	}
	return m, nil
}

// uvarint reads a varint; n <= 0 means that there is none.
func uvarint(b []byte) (v uint64, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return protowire.ConsumeVarint(b)
}

// appendUint appends a varint field.
func appendUint(b []byte, tag byte, v uint64) []byte {
	return binary.AppendUvarint(append(b, tag), v)
}

// appendBytes appends a field of bytes.
func appendBytes(b []byte, tag byte, v []byte) []byte {
	return protowire.AppendBytes(append(b, tag), v)
}
