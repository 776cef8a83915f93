package snap

import (
	"bufio"
	"errors"
	"hash/crc32"
	"io"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/disk"
)

// encoding is the content of a snapshot file, to the byte what etcd 3.7 gives for the same snapshot. The data is the caller's own
// slice: a file takes no second copy of it.
type encoding struct {
	file             File
	head, data, tail []byte // the file, in this order
}

// size returns the size of the file.
func (e *encoding) size() int64 { return int64(len(e.head)) + int64(len(e.data)) + int64(len(e.tail)) }

// encode goes over the data once, for its checksum: that stands in front of it, as a number whose length depends on its value. So
// the data is read a second time to be written, and nothing has to be moved.
//
// It refuses what the log does not record, and what [Read] would not give back.
func encode(s *raftpb.Snapshot) (*encoding, error) {
	m := s.GetMetadata()
	file := File{fileName(m.GetTerm(), m.GetIndex()), m.GetTerm(), m.GetIndex()}
	switch {
	case m.Term == nil:
		return nil, refuse(file, "the snapshot has no term; take it from the entry that it was taken at")
	case m.ConfState == nil:
		return nil, refuse(file, "the snapshot has no conf state, and a node that starts from it would have no members; give it the one of its index")
	}
	tail, err := encodeTail(s)
	if err != nil {
		return nil, refuse(file, "%w; take the snapshot anew", err)
	}
	var lead []byte // what stands before the data in raft's message; nil data is not written, empty data is
	if s.Data != nil {
		lead = protowire.AppendTag(lead, fieldData, protowire.BytesType)
		lead = protowire.AppendVarint(lead, uint64(len(s.Data)))
	}
	crc := checksum(checksum(checksum(0, lead), s.Data), tail)
	head := protowire.AppendTag(nil, fieldCRC, protowire.VarintType)
	head = protowire.AppendVarint(head, uint64(crc))
	head = protowire.AppendTag(head, fieldFile, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(len(lead))+uint64(len(s.Data))+uint64(len(tail)))
	return &encoding{file, append(head, lead...), s.Data, tail}, nil
}

// encodeTail returns what stands behind the data: the metadata, and fields of a later raft. Their bytes are whatever the caller has
// put there, and a field in them that this raft knows would change the snapshot when it is read. So they are read back.
func encodeTail(s *raftpb.Snapshot) ([]byte, error) {
	m, err := proto.Marshal(s.GetMetadata())
	if err != nil {
		return nil, err
	}
	unknown := s.ProtoReflect().GetUnknown()
	tail := protowire.AppendTag(nil, fieldMetadata, protowire.BytesType)
	tail = append(protowire.AppendBytes(tail, m), unknown...)
	want := &raftpb.Snapshot{Metadata: s.GetMetadata()}
	want.ProtoReflect().SetUnknown(unknown)
	if got, err := decodeSnapshot(tail); err != nil || !proto.Equal(got, want) {
		return nil, errors.New("the fields that this version of raft does not know are malformed, or hold one that it does")
	}
	return tail, nil
}

// bufferSize is all the memory that writing or checking a file takes, whatever its size.
const bufferSize = 256 << 10

// write writes the file and makes its content durable, not its name.
func (e *encoding) write(f disk.File, sync func(disk.File) error) error {
	// What is larger than the buffer goes past it, straight from the caller's slice. The first error stays, and Flush returns it.
	w := bufio.NewWriterSize(io.NewOffsetWriter(f, 0), int(min(bufferSize, e.size())))
	w.Write(e.head)
	w.Write(e.data)
	w.Write(e.tail)
	if err := w.Flush(); err != nil {
		return err
	}
	return sync(f)
}

// piece is how much of memory a checksum takes at a time. Over memory that is not in the cache, crc32 is more than twice as fast in
// pieces of 1 KiB as it is in large ones.
const piece = 1 << 10

// checksum extends a CRC-32C.
func checksum(crc uint32, b []byte) uint32 {
	for len(b) > 0 {
		n := min(piece, len(b))
		crc = crc32.Update(crc, castagnoli, b[:n])
		b = b[n:]
	}
	return crc
}
