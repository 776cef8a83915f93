package wal_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/wal"
)

// build writes logs byte for byte as etcd does, into memory. It shares no code with the package: what it writes is compared with
// what a real etcd wrote, in TestBuilderWritesEtcdsBytes.
type build struct {
	image   image
	name    string // of the present segment
	seq     uint64
	crc     uint32
	last    uint64 // index
	meta    []byte
	state   []byte // of the last hard state saved
	reserve int    // zeros behind the last segment
	starts  []int  // offsets of the present segment's frames
	synced  int    // how much of the present segment was synced
}

// image is a folder's files by name.
type image map[string][]byte

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// newBuild returns a log as it is after Create.
func newBuild(metadata []byte) *build {
	b := &build{image: image{}, meta: metadata, reserve: 8192}
	b.begin(0)
	b.snapshot(0, 0)
	return b
}

// begin starts a segment.
func (b *build) begin(index uint64) {
	b.name = fmt.Sprintf("%016x-%016x.wal", b.seq, index)
	b.starts = nil
	b.record(wal.TypeCRC, nil)
	b.record(wal.TypeMetadata, b.meta)
	if b.state != nil {
		b.record(wal.TypeState, b.state)
	}
	b.synced = b.size()
}

// cut seals the segment and starts the next.
func (b *build) cut() *build {
	b.seq++
	b.begin(b.last + 1)
	return b
}

func (b *build) size() int { return len(b.image[b.name]) }

// record appends a frame.
func (b *build) record(typ wal.RecordType, data []byte) {
	b.starts = append(b.starts, b.size())
	b.crc = crc32.Update(b.crc, castagnoli, data)
	b.image[b.name] = append(b.image[b.name], frameOf(typ, b.crc, data)...)
}

// frameOf returns one frame.
func frameOf(typ wal.RecordType, crc uint32, data []byte) []byte {
	r := protowire.AppendTag(nil, 1, protowire.VarintType)
	r = protowire.AppendVarint(r, uint64(typ))
	r = protowire.AppendTag(r, 2, protowire.VarintType)
	r = protowire.AppendVarint(r, uint64(crc))
	if data != nil {
		r = protowire.AppendTag(r, 3, protowire.BytesType)
		r = protowire.AppendBytes(r, data)
	}
	word := uint64(len(r))
	if pad := -len(r) & 7; pad > 0 {
		word |= uint64(0x80|pad) << 56
		r = append(r, make([]byte, pad)...)
	}
	return append(binary.LittleEndian.AppendUint64(nil, word), r...)
}

// save writes entries, then the hard state if there is one.
func (b *build) save(hs *raftpb.HardState, ents ...*raftpb.Entry) *build {
	for _, e := range ents {
		b.record(wal.TypeEntry, marshal(e))
		b.last = e.GetIndex()
	}
	if hs != nil {
		b.state = marshal(hs)
		b.record(wal.TypeState, b.state)
	}
	if len(ents) > 0 {
		b.synced = b.size()
	}
	return b
}

// snapshot records a snapshot.
func (b *build) snapshot(index, term uint64) *build {
	data := protowire.AppendVarint([]byte{1 << 3}, index)
	data = protowire.AppendVarint(append(data, 2<<3), term)
	if index > 0 {
		data = protowire.AppendBytes(append(data, 3<<3|2), []byte{1 << 3, 1})
	}
	b.record(wal.TypeSnapshot, data)
	b.last = max(b.last, index)
	b.synced = b.size()
	return b
}

// files returns the log with the last segment's reserved zeros.
func (b *build) files() image {
	files := b.image.clone()
	files[b.name] = append(files[b.name], make([]byte, b.reserve)...)
	return files
}

// clone returns a copy that can be damaged.
func (m image) clone() image {
	c := image{}
	for name, data := range m {
		c[name] = slices.Clone(data)
	}
	return c
}

// names returns the segments in order.
func (m image) names() []string { return slices.Sorted(maps.Keys(m)) }

func marshal(m proto.Message) []byte {
	b, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// hs returns a hard state as raft writes it: with all its fields.
func hs(term, vote, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: new(term), Vote: new(vote), Commit: new(commit)}
}

// ent returns an entry of some data, all of it not zero.
func ent(index, term uint64, size ...int) *raftpb.Entry {
	data := fmt.Appendf(nil, "entry-%d", index)
	if len(size) > 0 {
		for len(data) < size[0] {
			data = append(data, byte('a'+len(data)%26))
		}
		data = data[:size[0]]
	}
	return &raftpb.Entry{Term: new(term), Index: new(index), Data: data}
}

// ents returns entries first to last of one term.
func ents(first, last, term uint64) []*raftpb.Entry {
	var all []*raftpb.Entry
	for i := first; i <= last; i++ {
		all = append(all, ent(i, term))
	}
	return all
}

// at returns a snapshot to open a log at.
func at(index, term uint64) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: new(index), Term: new(term)}
}

// result is what ReadAll gives.
type result struct {
	metadata []byte
	state    *raftpb.HardState
	ents     []*raftpb.Entry
	tail     wal.Tail
	err      error
}

// read opens an image and reads all of it.
func read(t testing.TB, m image, snap *raftpb.SnapshotMetadata, opts ...func(*wal.Options)) result {
	t.Helper()
	o := &wal.Options{FS: m}
	for _, f := range opts {
		f(o)
	}
	w, err := wal.OpenForRead(".", snap, o)
	if err != nil {
		return result{err: err}
	}
	var r result
	r.metadata, r.state, r.ents, r.err = w.ReadAll()
	r.tail = w.Tail()
	if err := w.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	return r
}

func strict(o *wal.Options)  { o.Recovery = wal.Strict }
func salvage(o *wal.Options) { o.Recovery = wal.Salvage }

// indexes returns "index/term" of each entry.
func indexes(ents []*raftpb.Entry) string {
	var all []string
	for _, e := range ents {
		all = append(all, fmt.Sprintf("%d/%d", e.GetIndex(), e.GetTerm()))
	}
	return fmt.Sprint(all)
}

// confChange is the type of entries that change the cluster.
const confChange = raftpb.EntryConfChange

// frame is where a frame stands and what it holds.
type frame struct {
	start, data, end int // data: offset inside the frame
	typ              wal.RecordType
}

// framesOf splits a segment that is intact.
func framesOf(segment []byte) []frame {
	var all []frame
	for off := 0; off+8 <= len(segment); {
		word := binary.LittleEndian.Uint64(segment[off:])
		if word == 0 {
			break
		}
		size, pad := int(word&(1<<56-1)), int(word>>56&7)
		_, n := protowire.ConsumeVarint(segment[off+11:])
		data := 11 + n
		if off+data < off+8+size {
			_, n = protowire.ConsumeVarint(segment[off+data+1:])
			data += 1 + n
		}
		end := off + 8 + size + pad
		all = append(all, frame{off, data, end, wal.RecordType(segment[off+9])})
		off = end
	}
	return all
}

// paddingOf returns how many bytes of padding the frame at the start of b has.
func paddingOf(b []byte) int { return int(b[7] & 7) }

// frameLength returns the length word of a record of some size.
func frameLength(size int) []byte {
	word := uint64(size)
	if pad := -size & 7; pad > 0 {
		word |= uint64(0x80|pad) << 56
	}
	return binary.LittleEndian.AppendUint64(nil, word)
}
