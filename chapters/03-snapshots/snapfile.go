package snapshots

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/disk"
)

// Part of the format: a snapshot file is one message, a checksum and what it
// covers (snappb.Snapshot in server/etcdserver/api/snap/snappb/snap.proto at
// etcd's tag v3.7.3). The checksum is the CRC-32C of the data, from zero: it
// chains to nothing.
const (
	fieldCRC  protowire.Number = 1
	fieldData protowire.Number = 2
)

// Part of the format: a name is two numbers of 16 digits, term before index, so
// that names sort by age. The temporary file has one name, so that a crash
// leaves one at most.
const (
	digits       = 16
	suffix       = ".snap"
	nameLength   = digits + 1 + digits + len(suffix)
	temporary    = "snap.tmp"
	brokenSuffix = ".broken"
)

// castagnoli is the polynomial of the checksum. Part of the format.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// formatName returns the name of a snapshot's file.
func formatName(p position) string { return fmt.Sprintf("%016x-%016x%s", p.term, p.index, suffix) }

// parseName reads what formatName writes, to the letter.
func parseName(name string) (p position, ok bool) {
	if len(name) != nameLength {
		return position{}, false
	}
	term, errTerm := strconv.ParseUint(name[:digits], 16, 64)
	index, errIndex := strconv.ParseUint(name[digits+1:2*digits+1], 16, 64)
	p = position{index: index, term: term}
	return p, errTerm == nil && errIndex == nil && formatName(p) == name
}

// encode returns the bytes of a snapshot's file.
//
//course:exercise 3.3
func encode(snap *raftpb.Snapshot) ([]byte, error) {
	data, err := proto.Marshal(snap)
	if err != nil {
		return nil, err
	}
	var b []byte
	b = protowire.AppendTag(b, fieldCRC, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(crc32.Checksum(data, castagnoli)))
	b = protowire.AppendTag(b, fieldData, protowire.BytesType)
	return protowire.AppendBytes(b, data), nil
}

// decode reads what encode writes. Its error says what proves that the bytes are
// not what was saved: they are no message of a file or one with a third field, hold
// no snapshot or another one than the checksum says, or a snapshot without metadata,
// which [Snapshotter.SaveSnap] never saves. A checksum of 0 is a value like any other.
//
//course:exercise 3.4
func decode(b []byte) (*raftpb.Snapshot, error) {
	stored, data, err := split(b)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errors.New("it holds no snapshot")
	}
	if crc := crc32.Checksum(data, castagnoli); crc != stored {
		return nil, fmt.Errorf("its checksum is %08x, its bytes give %08x", stored, crc)
	}
	snap := &raftpb.Snapshot{}
	if err := proto.Unmarshal(data, snap); err != nil {
		return nil, err
	}
	if snap.GetMetadata() == nil {
		return nil, errors.New("it has no metadata (index and term), and no node saves a snapshot without")
	}
	return snap, nil
}

// split takes a file's message apart. A field that is not there is 0, or nil. A
// third one is an error, whatever the checksum says, which does not cover it: it is
// one of the two in which a bit has changed, or was put there by nobody who saves.
func split(b []byte) (crc uint32, data []byte, err error) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return 0, nil, protowire.ParseError(n)
		}
		b = b[n:]
		switch {
		case num == fieldCRC && typ == protowire.VarintType:
			var v uint64
			v, n = protowire.ConsumeVarint(b)
			if v > math.MaxUint32 {
				return 0, nil, errors.New("its checksum has more than 32 bits")
			}
			crc = uint32(v)
		case num == fieldData && typ == protowire.BytesType:
			data, n = protowire.ConsumeBytes(b)
		default:
			return 0, nil, fmt.Errorf("field %d is none of a snapshot file's", num)
		}
		if n < 0 {
			return 0, nil, protowire.ParseError(n)
		}
		b = b[n:]
	}
	return crc, data, nil
}

// readFile reads a whole file.
func readFile(fsys disk.FS, name string) (b []byte, err error) {
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b = make([]byte, size)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// setAside gives a file that is proven corrupt a name under which nobody looks
// for it, durably, and replaces none that was set aside before. One that is gone by
// then is done: somebody has removed it, or set it aside.
func setAside(fsys disk.FS, dir, name string) error {
	to := path.Join(dir, name+brokenSuffix)
	for n := 1; ; n++ {
		_, err := fsys.Stat(to)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		to = fmt.Sprintf("%s%s.%d", path.Join(dir, name), brokenSuffix, n)
	}
	if err := fsys.Rename(path.Join(dir, name), to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return fsys.SyncDir(dir)
}
