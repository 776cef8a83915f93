package snap

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Fields of the two messages of a file; part of the format. The second is raft's own Snapshot.
//
//	file      1 crc   varint, CRC-32C of field 2   2 data      bytes, a snapshot
//	snapshot  1 data  bytes, the application's     2 metadata  bytes, a SnapshotMetadata
const (
	fieldCRC  protowire.Number = 1
	fieldFile protowire.Number = 2

	fieldData     protowire.Number = 1
	fieldMetadata protowire.Number = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// decode reads a whole file. The snapshot's data is a part of b, so that there is only one copy of it in memory.
func decode(b []byte) (*raftpb.Snapshot, error) {
	if len(b) == 0 {
		return nil, errors.New("the file is empty")
	}
	stored, inner, err := decodeFile(b)
	if err != nil {
		return nil, err
	}
	if len(inner) == 0 {
		return nil, errors.New("the file holds no snapshot")
	}
	// A stored 0 is compared like any other value: one snapshot in 2^32 has it.
	if crc := crc32.Checksum(inner, castagnoli); crc != stored {
		return nil, fmt.Errorf("checksum is %08x, the bytes give %08x", stored, crc)
	}
	s, err := decodeSnapshot(inner)
	if err != nil {
		return nil, err
	}
	if s.GetMetadata() == nil {
		return nil, errors.New("the snapshot has no metadata")
	}
	return s, nil
}

// decodeFile splits a file into its checksum and the bytes that it covers.
func decodeFile(b []byte) (crc uint32, inner []byte, err error) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return 0, nil, protowire.ParseError(n)
		}
		b = b[n:]
		switch {
		case num == fieldCRC && typ == protowire.VarintType:
			var v uint64
			if v, n = protowire.ConsumeVarint(b); n >= 0 && v > math.MaxUint32 {
				return 0, nil, errors.New("checksum has more than 32 bits")
			}
			crc = uint32(v)
		case num == fieldFile && typ == protowire.BytesType:
			inner, n = protowire.ConsumeBytes(b)
		default:
			return 0, nil, fmt.Errorf("field %d is none of a snapshot file's", num)
		}
		if n < 0 {
			return 0, nil, protowire.ParseError(n)
		}
		b = b[n:]
	}
	return crc, inner, nil
}

// decodeSnapshot reads raft's message without copying its data. A field that this version of raft does not have is left to the
// general decoder, which keeps it, and copies.
func decodeSnapshot(b []byte) (*raftpb.Snapshot, error) {
	s := &raftpb.Snapshot{}
	for rest := b; len(rest) > 0; {
		num, typ, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if typ != protowire.BytesType || num != fieldData && num != fieldMetadata {
			whole := &raftpb.Snapshot{}
			return whole, proto.Unmarshal(b, whole)
		}
		v, m := protowire.ConsumeBytes(rest[n:])
		if m < 0 {
			return nil, protowire.ParseError(m)
		}
		rest = rest[n+m:]
		if num == fieldData {
			s.Data = v[:len(v):len(v)]
			continue
		}
		if s.Metadata == nil {
			s.Metadata = &raftpb.SnapshotMetadata{}
		}
		if err := (proto.UnmarshalOptions{Merge: true}).Unmarshal(v, s.Metadata); err != nil {
			return nil, err
		}
	}
	return s, nil
}
