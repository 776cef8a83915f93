package wal_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/wal"
)

// one returns a log with one record of some type behind its first ones.
func one(typ wal.RecordType, data []byte) image {
	b := newBuild([]byte("md"))
	b.record(typ, data)
	return b.files()
}

// FuzzRecord: a record whose checksum fits is what the general decoder says, or refused.
func FuzzRecord(f *testing.F) {
	f.Add(int64(2), marshal(ent(1, 1)))
	f.Add(int64(2), []byte{0x08, 0, 0x10, 4, 0x18, 1, 0x22, 0})
	f.Add(int64(3), marshal(hs(1, 2, 0)))
	f.Add(int64(5), []byte{0x08, 1, 0x10, 4, 0x1a, 2, 0x08, 1})
	f.Add(int64(4), []byte{})
	f.Add(int64(-1), []byte("x"))
	f.Fuzz(func(t *testing.T, typ int64, data []byte) {
		r := read(t, one(wal.RecordType(typ), data), nil)
		if r.err != nil {
			if !errors.Is(r.err, wal.ErrCorrupt) && !errors.Is(r.err, wal.ErrSliceOutOfRange) {
				t.Errorf("ReadAll() error = %v", r.err)
			}
			return
		}
		switch wal.RecordType(typ) {
		case wal.TypeEntry:
			want := &raftpb.Entry{}
			if err := proto.Unmarshal(data, want); err != nil || !proto.Equal(want, r.ents[0]) {
				t.Errorf("entry is %v, proto.Unmarshal gives %v, %v", r.ents[0], want, err)
			}
		case wal.TypeState:
			want := &raftpb.HardState{}
			if err := proto.Unmarshal(data, want); err != nil || !proto.Equal(want, r.state) {
				t.Errorf("state is %v, proto.Unmarshal gives %v, %v", r.state, want, err)
			}
		case wal.TypeSnapshot:
		default:
			t.Errorf("a record of type %d was accepted: %x", typ, data)
		}
	})
}

// FuzzFrame: whatever stands behind a good log, nothing panics, what was there is read or refused, and nothing is made up.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80})
	f.Add(frameOf(wal.TypeEntry, 1, marshal(ent(3, 1))))
	f.Fuzz(func(t *testing.T, tail []byte) {
		b := newBuild([]byte("md")).save(hs(1, 1, 1), ents(1, 2, 1)...)
		m := image{b.name: append(b.image[b.name], tail...)}
		r := read(t, m, nil)
		if r.err == nil && len(r.ents) < 2 {
			t.Errorf("ReadAll() = %v, tail %+v", indexes(r.ents), r.tail)
		}
		if r.err != nil && !errors.Is(r.err, wal.ErrCorrupt) {
			t.Errorf("ReadAll() error = %v", r.err)
		}
		if r := read(t, m, nil, salvage); len(r.ents) < 2 {
			t.Errorf("Salvage: ReadAll() = %v, %v", indexes(r.ents), r.err)
		}
	})
}

// FuzzLog: two files of anything. What all ways of reading say agrees. The checksums are mended first, so that the fuzzer gets behind them.
func FuzzLog(f *testing.F) {
	b := newBuild([]byte("md")).save(hs(1, 1, 1), ents(1, 2, 1)...)
	m := b.cut().save(hs(2, 1, 2), ents(3, 4, 2)...).snapshot(3, 2).image
	names := m.names()
	f.Add(m[names[0]], m[names[1]], true)
	f.Add(m[names[0]], m[names[1]][:50], false)
	f.Add([]byte{}, []byte{}, true)
	if data, err := os.ReadFile(filepath.Join(fixtures.Unpack(f, "etcd-v3.4.23-single"), "wal", names[0])); err == nil {
		f.Add(data[:1000], []byte{}, true)
	}
	f.Fuzz(func(t *testing.T, one, two []byte, mend bool) {
		m := image{names[0]: append([]byte(nil), one...), names[1]: append([]byte(nil), two...)}
		if mend {
			crc := mended(m[names[0]], 0)
			mended(m[names[1]], crc)
		}
		r := read(t, m, nil)
		state, err := wal.Verify(".", nil, &wal.Options{FS: m})
		if (err == nil) != (r.err == nil) && !errors.Is(r.err, wal.ErrSliceOutOfRange) && r.err == nil {
			t.Errorf("ReadAll() error = %v, Verify() error = %v", r.err, err)
		}
		if err == nil && r.err == nil && !proto.Equal(state, r.state) {
			t.Errorf("ReadAll() state = %v, Verify() state = %v", r.state, state)
		}
		for i, e := range r.ents {
			if e.GetIndex() != uint64(i+1) || e.GetTerm() == 0 {
				t.Errorf("entry %d is %v", i, e)
			}
		}
		read(t, m, nil, salvage)
		if _, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: m}); err != nil && r.err == nil {
			t.Errorf("ValidSnapshotEntries() error = %v, ReadAll() has none", err)
		}
	})
}

// mended rewrites each checksum that has room for the right one, as far as frames can be followed, and returns the last.
func mended(b []byte, crc uint32) uint32 {
	for off := 0; off+8 <= len(b); {
		word := binary.LittleEndian.Uint64(b[off:])
		size := word & (1<<56 - 1)
		if size == 0 || size > uint64(len(b)-off-8) {
			break
		}
		record := b[off+8 : off+8+int(size)]
		off += 8 + int(size) + int(word>>56&7)
		if len(record) < 4 || record[0] != 8 || record[1] > 0x7f || record[2] != 0x10 {
			continue
		}
		_, n := protowire.ConsumeVarint(record[3:])
		if n < 0 {
			continue
		}
		var data []byte
		if rest := record[3+n:]; len(rest) > 1 && rest[0] == 0x1a {
			if _, m := protowire.ConsumeVarint(rest[1:]); m > 0 {
				data = rest[1+m:]
			}
		}
		crc = crc32.Update(crc, castagnoli, data)
		if protowire.SizeVarint(uint64(crc)) == n {
			protowire.AppendVarint(record[3:3:3+n], uint64(crc))
		}
	}
	return crc
}
