package snap

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
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

// outline is what the outer message of a file says before its data is read.
type outline struct {
	crc       uint32
	off, size int64 // of the data in the file
}

// maxField is the most that stands before a field's content: a tag and a varint.
const maxField = 5 + 10

// survey reads the outer message's tags, lengths and checksum, and not its data, so that a length is checked against the file before memory is
// allocated for it. Its second result is the reason why the file is corrupt; the third is a read error.
func survey(r io.ReaderAt, size int64) (o outline, corrupt, err error) {
	if size == 0 {
		return o, errors.New("the file is empty"), nil
	}
	var seen [fieldFile + 1]bool
	for off := int64(0); off < size; {
		b := make([]byte, min(maxField, size-off))
		if err := readFull(r, b, off); err != nil {
			return o, nil, err
		}
		num, n, corrupt := o.field(b, off, size)
		if corrupt == nil && seen[num] {
			corrupt = fmt.Errorf("field %d stands there twice, again at offset %d", num, off)
		}
		if corrupt != nil {
			return o, corrupt, nil
		}
		seen[num] = true
		off += n
	}
	if o.size == 0 {
		return o, errors.New("the file holds no snapshot"), nil
	}
	return o, nil, nil
}

// field reads the field of the outer message that begins with b, at an offset of a file of the given size, and returns how long it is with its
// content.
func (o *outline) field(b []byte, off, size int64) (num protowire.Number, whole int64, corrupt error) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, 0, fmt.Errorf("at offset %d of %d stands no field", off, size)
	}
	if (num != fieldCRC || typ != protowire.VarintType) && (num != fieldFile || typ != protowire.BytesType) {
		return 0, 0, fmt.Errorf("field %d, at offset %d of %d, is none of a snapshot file's", num, off, size)
	}
	v, m := protowire.ConsumeVarint(b[n:])
	switch {
	case m < 0:
		return 0, 0, fmt.Errorf("field %d, at offset %d of %d, is cut or no number", num, off, size)
	case num == fieldCRC && v > math.MaxUint32:
		return 0, 0, errors.New("checksum has more than 32 bits")
	case num == fieldCRC:
		o.crc = uint32(v)
		return num, int64(n + m), nil
	}
	o.off = off + int64(n+m)
	if left := size - o.off; v > uint64(left) {
		return 0, 0, fmt.Errorf("the data should have %d bytes from offset %d on, but the file ends %d bytes behind it, at %d", v, o.off, left, size)
	}
	o.size = int64(v)
	return num, int64(n+m) + o.size, nil
}

// decode reads the data of a file, once its checksum is known. The snapshot's own data is a part of b, so that there is only one copy of
// it in memory.
func decode(b []byte, stored uint32) (*raftpb.Snapshot, error) {
	// A stored 0 is compared like any other value: one snapshot in 2^32 has it.
	if err := compare(checksum(0, b), stored); err != nil {
		return nil, err
	}
	return decodeWhole(b)
}

// compare compares checksums.
func compare(crc, stored uint32) error {
	if crc != stored {
		return fmt.Errorf("checksum is %08x, the bytes give %08x", stored, crc)
	}
	return nil
}

// decodeWhole reads a snapshot that must have metadata.
func decodeWhole(b []byte) (*raftpb.Snapshot, error) {
	s, err := decodeSnapshot(b)
	if err != nil {
		return nil, err
	}
	if s.GetMetadata() == nil {
		return nil, errors.New("the snapshot has no metadata (index and term), and no node saves one without")
	}
	return s, nil
}

// inspect checks a file as [decode] does, and returns its metadata. The application's data, where it stands in front as everybody
// writes it, only goes through a buffer.
func inspect(r io.ReaderAt, size int64) (m *raftpb.SnapshotMetadata, corrupt, err error) {
	o, corrupt, err := survey(r, size)
	if corrupt != nil || err != nil {
		return nil, corrupt, err
	}
	crc, err := checksumFile(r, o)
	if err != nil {
		return nil, nil, err
	}
	if err := compare(crc, o.crc); err != nil {
		return nil, err, nil
	}
	behind, err := behindData(r, o)
	if err != nil {
		return nil, nil, err
	}
	b := make([]byte, o.off+o.size-behind)
	if err := readFull(r, b, behind); err != nil {
		return nil, nil, err
	}
	s, corrupt := decodeWhole(b)
	return s.GetMetadata(), corrupt, nil
}

// checksumFile returns the checksum of a file's data.
func checksumFile(r io.ReaderAt, o outline) (crc uint32, err error) {
	b := make([]byte, min(bufferSize, o.size))
	for off, end := o.off, o.off+o.size; off < end; off += int64(len(b)) {
		b = b[:min(int64(len(b)), end-off)]
		if err := readFull(r, b, off); err != nil {
			return 0, err
		}
		crc = checksum(crc, b)
	}
	return crc, nil
}

// behindData returns the offset behind the application's data, or of the snapshot if that does not begin with it. A length beyond the
// end leaves the offset where it is: whoever reads on there finds that out.
func behindData(r io.ReaderAt, o outline) (int64, error) {
	b := make([]byte, min(maxField, o.size))
	if err := readFull(r, b, o.off); err != nil {
		return 0, err
	}
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 || num != fieldData || typ != protowire.BytesType {
		return o.off, nil
	}
	v, k := protowire.ConsumeVarint(b[n:])
	if k < 0 || v > uint64(o.size)-uint64(n+k) {
		return o.off, nil
	}
	return o.off + int64(n+k) + int64(v), nil
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
