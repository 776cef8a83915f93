package snapshots

import (
	"errors"
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Fields of a snapshot record; part of the format (walpb.Snapshot in
// server/storage/wal/walpb/record.proto at etcd's tag v3.7.3). raft's own
// SnapshotMetadata has the same three under other numbers.
const (
	fieldIndex     protowire.Number = 1
	fieldTerm      protowire.Number = 2
	fieldConfState protowire.Number = 3
)

// errMeaning says that a record's bytes are not the message that its type names.
var errMeaning = errors.New("its data is not what its type says; the type may have changed")

// appendSnapshot appends the data of a snapshot record. A field that is nil is
// not written; one that is 0 is.
func appendSnapshot(b []byte, m *raftpb.SnapshotMetadata) []byte {
	if m.Index != nil {
		b = protowire.AppendTag(b, fieldIndex, protowire.VarintType)
		b = protowire.AppendVarint(b, *m.Index)
	}
	if m.Term != nil {
		b = protowire.AppendTag(b, fieldTerm, protowire.VarintType)
		b = protowire.AppendVarint(b, *m.Term)
	}
	if m.ConfState != nil {
		conf, err := proto.Marshal(m.ConfState)
		if err != nil { // a message of numbers alone has no way to fail
			return b
		}
		b = protowire.AppendTag(b, fieldConfState, protowire.BytesType)
		b = protowire.AppendBytes(b, conf)
	}
	return b
}

// parseSnapshot reads what appendSnapshot writes, in any order of fields, and
// nothing else.
func parseSnapshot(b []byte) (*raftpb.SnapshotMetadata, error) {
	m := &raftpb.SnapshotMetadata{}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, errMeaning
		}
		b = b[n:]
		var number uint64
		var conf []byte
		switch {
		case (num == fieldIndex || num == fieldTerm) && typ == protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case num == fieldConfState && typ == protowire.BytesType:
			conf, n = protowire.ConsumeBytes(b)
		default:
			return nil, errMeaning
		}
		if n < 0 {
			return nil, errMeaning
		}
		b = b[n:]
		switch num {
		case fieldIndex:
			m.Index = &number
		case fieldTerm:
			m.Term = &number
		case fieldConfState:
			m.ConfState = &raftpb.ConfState{}
			if err := parse(conf, m.ConfState); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// parse reads one of raft's messages, which must have no field that raft does
// not know: an entry read as a hard state has one.
func parse(b []byte, m proto.Message) error {
	if err := proto.Unmarshal(b, m); err != nil {
		return fmt.Errorf("%w: %w", errMeaning, err)
	}
	if len(m.ProtoReflect().GetUnknown()) > 0 {
		return errMeaning
	}
	return nil
}
