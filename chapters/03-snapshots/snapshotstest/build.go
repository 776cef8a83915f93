package snapshotstest

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"strings"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// The folders of the log and of the snapshot files, and sizes of segments: one
// that is left after a few Saves, and one that is not.
const (
	dir    = "log"
	folder = "snap"
	small  = 1024
	roomy  = 1 << 14
)

// owner is the metadata of the suite's logs.
var owner = []byte("n1")

// state returns a hard state.
func state(term, vote, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: &term, Vote: &vote, Commit: &commit}
}

// run returns the entries from first to last, all of one term. Their data tells
// index and term, so that no two entries are equal.
func run(term, first, last uint64) []*raftpb.Entry {
	var ents []*raftpb.Entry
	for i := first; i <= last; i++ {
		ents = append(ents, entry(term, i, 0))
	}
	return ents
}

// entry returns one entry, with at least so many bytes of data.
func entry(term, index uint64, size int) *raftpb.Entry {
	data := fmt.Sprintf("%d of term %d", index, term)
	data += strings.Repeat(".", max(0, size-len(data)))
	return &raftpb.Entry{Term: &term, Index: &index, Data: []byte(data)}
}

// meta returns a snapshot's position, with three voters.
func meta(index, term uint64) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: &raftpb.ConfState{Voters: []uint64{1, 2, 3}}}
}

// bare returns a snapshot's position without a conf state, as etcd wrote it
// before 3.5.
func bare(index, term uint64) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: &index, Term: &term}
}

// snapshotAt returns a snapshot.
func snapshotAt(index, term uint64) *raftpb.Snapshot {
	return &raftpb.Snapshot{Data: fmt.Appendf(nil, "all up to %d of term %d", index, term), Metadata: meta(index, term)}
}

// marshal is a message's bytes.
func marshal(m proto.Message) []byte {
	b, err := proto.Marshal(m)
	if err != nil {
		panic(err) // the suite's own messages
	}
	return b
}

// snapshotRecord is the data of a snapshot record.
func snapshotRecord(m *raftpb.SnapshotMetadata) []byte {
	var b []byte
	b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), m.GetIndex())
	b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), m.GetTerm())
	if m.ConfState != nil {
		b = protowire.AppendBytes(protowire.AppendTag(b, 3, protowire.BytesType), marshal(m.ConfState))
	}
	return b
}

// snapshotFile is the content of a snapshot's file.
func snapshotFile(snap *raftpb.Snapshot) []byte { return sealed(marshal(snap)) }

// sealed is a file with this content and the checksum of it.
func sealed(data []byte) []byte {
	crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	b := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(crc))
	return protowire.AppendBytes(protowire.AppendTag(b, 2, protowire.BytesType), data)
}

// fileName is the name of a snapshot's file.
func fileName(index, term uint64) string { return fmt.Sprintf("%016x-%016x.snap", term, index) }

// image is a log in the making: the suite's own writer, on chapter 1's encoder.
type image struct {
	names []string
	files []*bytes.Buffer
	crc   uint32
	// purged is how many files were before the first.
	purged int
}

// log returns an image of a log as Create leaves it.
func newImage() *image {
	return new(image).segment(0, owner).record(records.TypeSnapshot, snapshotRecord(bare(0, 0)))
}

// segment begins a new file, with a checksum record and the metadata.
func (m *image) segment(index uint64, metadata []byte) *image {
	m.names = append(m.names, fmt.Sprintf("%016x-%016x.wal", m.purged+len(m.names), index))
	m.files = append(m.files, new(bytes.Buffer))
	return m.record(records.TypeCRC, nil).record(records.TypeMetadata, metadata)
}

// next begins a new file as a cut does, with the hard state.
func (m *image) next(index uint64, s *raftpb.HardState) *image {
	return m.segment(index, owner).save(s)
}

// record appends a record.
func (m *image) record(typ int64, data []byte) *image {
	file := m.files[len(m.files)-1]
	e := records.NewEncoder(file, m.crc, int64(file.Len()))
	if err := e.Encode(typ, data); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := e.Flush(); err != nil {
		panic(err)
	}
	m.crc = e.CRC()
	return m
}

// save appends what Save does.
func (m *image) save(s *raftpb.HardState, ents ...*raftpb.Entry) *image {
	for _, e := range ents {
		m.record(records.TypeEntry, marshal(e))
	}
	if s != nil {
		m.record(records.TypeState, marshal(s))
	}
	return m
}

// snapshot appends what SaveSnapshot does.
func (m *image) snapshot(s *raftpb.SnapshotMetadata) *image {
	return m.record(records.TypeSnapshot, snapshotRecord(s))
}

// end is where the records of the last file end.
func (m *image) end() int { return m.files[len(m.files)-1].Len() }

// disk puts the log on a disk, all of it durable, beside an empty folder for
// snapshot files. The last file has zeros behind its end.
func (m *image) disk() *disk.Sim { return m.cutTo(-1) }

// cutTo is disk, with only so many bytes of the last file, and no zeros behind
// them; -1 means all.
func (m *image) cutTo(size int) *disk.Sim {
	sim := disk.NewSim()
	mkdir(sim, dir)
	mkdir(sim, folder)
	for i, f := range m.files {
		b := slices.Clone(f.Bytes())
		if i == len(m.files)-1 && size < 0 {
			b = append(b, make([]byte, max(0, small-len(b)))...)
		} else if i == len(m.files)-1 {
			b = b[:size]
		}
		put(sim, path.Join(dir, m.names[i]), b)
	}
	return sim.Crash(disk.Kept)
}

// mkdir makes a folder.
func mkdir(fsys disk.FS, name string) {
	if err := fsys.Mkdir(name, disk.DirMode); err != nil {
		panic(err)
	}
}

// put makes a file.
func put(fsys disk.FS, name string, b []byte) {
	if err := suite.Put(fsys, name, b, false); err != nil {
		panic(err) // the suite's own disk, without a fault
	}
}

// writeBehind writes entries behind a log's end, as a Save does that is not
// finished. Nobody has the log open.
func writeBehind(fsys disk.FS, ents []*raftpb.Entry) {
	names := segmentsOf(fsys)
	name := path.Join(dir, names[len(names)-1])
	b := suite.Content(fsys, name)
	d := records.NewDecoder(bytes.NewReader(b), int64(len(b)))
	for {
		if _, err := d.Next(); err != nil {
			break
		}
	}
	m := &image{files: []*bytes.Buffer{bytes.NewBuffer(slices.Clone(b[:d.Offset()]))}, crc: d.CRC()}
	m.save(nil, ents...)
	put(fsys, name, append(m.files[0].Bytes(), b[min(len(b), m.end()):]...))
}
