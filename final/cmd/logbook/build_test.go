package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/wal"
)

// A builder writes the log that a node would have written.
type builder struct {
	t     testing.TB
	names []string
	files map[string][]byte
	crc   uint32
}

func newBuilder(t testing.TB) *builder {
	b := &builder{t: t, files: map[string][]byte{}}
	b.begin(0)
	b.snapshot(0, 0)
	return b
}

// begin begins the next segment, whose name says index.
func (b *builder) begin(index uint64) {
	b.names = append(b.names, fmt.Sprintf("%016x-%016x.wal", len(b.names), index))
	b.record(wal.TypeCRC, nil)
	b.record(wal.TypeMetadata, []byte("a node"))
}

func (b *builder) record(typ wal.RecordType, data []byte) {
	b.crc = crc32.Update(b.crc, crc32.MakeTable(crc32.Castagnoli), data)
	rec := binary.AppendUvarint([]byte{0x08, byte(typ), 0x10}, uint64(b.crc))
	if data != nil {
		rec = append(binary.AppendUvarint(append(rec, 0x1a), uint64(len(data))), data...)
	}
	word, pad := uint64(len(rec)), -len(rec)&7
	if pad > 0 {
		word |= uint64(0x80|pad) << 56
	}
	name := b.names[len(b.names)-1]
	f := append(binary.LittleEndian.AppendUint64(b.files[name], word), rec...)
	b.files[name] = append(f, make([]byte, pad)...)
}

func (b *builder) message(typ wal.RecordType, m proto.Message) {
	data, err := proto.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.record(typ, data)
}

// entries appends entries from one index to another, all of one term.
func (b *builder) entries(from, to, term uint64) {
	for i := from; i <= to; i++ {
		b.message(wal.TypeEntry, &raftpb.Entry{Index: new(i), Term: new(term), Data: fmt.Appendf(nil, "%d in %d", i, term)})
	}
}

func (b *builder) state(term, commit uint64) {
	b.message(wal.TypeState, &raftpb.HardState{Term: new(term), Vote: new(uint64(0)), Commit: new(commit)})
}

func (b *builder) snapshot(index, term uint64) {
	// The record's message numbers its fields differently from raft's.
	b.record(wal.TypeSnapshot, binary.AppendUvarint(append(binary.AppendUvarint([]byte{0x08}, index), 0x10), term))
}

// write puts the log into a folder of its own.
func (b *builder) write() (dir string) {
	dir = b.t.TempDir()
	for name, f := range b.files {
		if err := os.WriteFile(filepath.Join(dir, name), f, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	return dir
}
