package wal_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"example.com/logbook/final/wal"
)

// retyped returns a log in which the type of the k-th record is changed. No checksum notices.
func retyped(b *build, k int, typ wal.RecordType) *build {
	b.image[b.name][b.starts[k]+9] = byte(typ)
	return b
}

// TestMeaning: a record whose checksum fits, and which no raft node writes, is corrupt. W12
func TestMeaning(t *testing.T) {
	t.Parallel()
	base := func() *build { return newBuild([]byte("md")).save(hs(4, 7, 2), ents(1, 3, 4)...) }
	// Records of base: crc, metadata, snapshot, entries 1 to 3, state.
	const metadata, snapshot, entry3, state = 1, 2, 5, 6
	raw := func(typ wal.RecordType, data ...byte) *build {
		b := base()
		b.record(typ, data)
		return b
	}
	for _, c := range []struct {
		name string
		log  *build
		want string // part of the reason; empty for a log that is good
	}{
		{"as_it_is", base(), ""},
		{"metadata_to_state", retyped(base(), metadata, 3), "second record"},
		{"metadata_to_snapshot", retyped(base(), metadata, 5), "second record"},
		{"metadata_to_entry", retyped(base(), metadata, 2), "second record"},
		{"snapshot_to_metadata", retyped(base(), snapshot, 1), "second of its segment"},
		{"snapshot_to_crc", retyped(base(), snapshot, 4), "records before it end with"},
		{"entry_to_state", retyped(base(), entry3, 3), "hard state cannot be parsed"},
		{"entry_to_snapshot", retyped(base(), entry3, 5), "snapshot record cannot be parsed"},
		{"state_to_entry", retyped(base(), state, 2), "entry type 4 does not exist"},
		{"state_to_metadata", retyped(base(), state, 1), "second of its segment"},
		{"crc_to_snapshot", retyped(base(), 0, 5), "first record is of type snapshot"},
		{"crc_in_the_middle", func() *build { b := base(); b.record(wal.TypeCRC, nil); return b }(), "middle of a segment"},
		{"crc_with_data", func() *build {
			b := &build{image: image{}, name: base().name}
			b.record(wal.TypeCRC, []byte{1})
			return b
		}(), "crc record has data"},
		{"entry_with_more_behind_its_data", raw(wal.TypeEntry, 0x08, 0, 0x10, 4, 0x18, 4, 0x22, 1, 'x', 0x28, 1), "entry cannot be parsed"},
		{"snapshot_with_more_behind_its_conf_state", raw(wal.TypeSnapshot, 0x08, 1, 0x10, 4, 0x1a, 0, 0x20, 1), "snapshot record cannot be parsed"},
		{"type_0", raw(0, 1), "record type 0"},
		{"type_6", raw(6, 1), "record type 6"},

		{"entry_type", raw(wal.TypeEntry, 0x08, 3, 0x10, 4, 0x18, 4), "entry type 3"},
		{"entry_index_0", raw(wal.TypeEntry, 0x10, 4), "index 0"},
		{"entry_term_0", raw(wal.TypeEntry, 0x18, 4), "term 0"},
		{"entry_unknown_field", raw(wal.TypeEntry, 0x10, 4, 0x18, 4, 0x28, 1), "field that no entry has"},
		{"entry_cut", raw(wal.TypeEntry, 0x10, 4, 0x18, 4, 0x22, 9), "cannot be parsed"},
		{"entry_varint_cut", raw(wal.TypeEntry, 0x10, 0x84), "cannot be parsed"},
		{"entry_term_falls", base().save(nil, ent(4, 3)), "the one before it has 4"},
		{"entry_gap", base().save(nil, ent(5, 4)), "entries are missing"},
		{"state_unknown_field", raw(wal.TypeState, 0x08, 4, 0x20, 1), "field that no hard state has"},
		{"state_cut", raw(wal.TypeState, 0x08), "cannot be parsed"},
		{"state_term_falls", base().save(hs(3, 0, 2)), "goes down from 4 to 3"},
		{"vote_changes", base().save(hs(4, 8, 3)), "vote in term 4 changes from 7 to 8"},
		{"vote_forgotten_is_no_change", base().save(hs(4, 0, 3)), ""},
		{"vote_in_a_new_term", base().save(hs(5, 8, 3)), ""},
		{"commit_falls", base().save(hs(4, 7, 1)), ""},
		{"snapshot_without_term", raw(wal.TypeSnapshot, 0x08, 2), "snapshot record cannot be parsed"},
		{"snapshot_unknown_field", raw(wal.TypeSnapshot, 0x08, 2, 0x10, 4, 0x20, 1), "snapshot record cannot be parsed"},
		{"snapshot_cut", raw(wal.TypeSnapshot, 0x08, 2, 0x10, 4, 0x1a, 3), "snapshot record cannot be parsed"},
		{"snapshot_varint_cut", raw(wal.TypeSnapshot, 0x08), "snapshot record cannot be parsed"},
		{"conf_state_unknown_field", raw(wal.TypeSnapshot, 0x08, 2, 0x10, 4, 0x1a, 2, 0x30, 1), "snapshot record cannot be parsed"},
		{"conf_state_cut", raw(wal.TypeSnapshot, 0x08, 2, 0x10, 4, 0x1a, 1, 0x08), "snapshot record cannot be parsed"},

		{"committed_entry_of_another_term", base().save(nil, ent(2, 5)), "committed"},
		{"committed_entry_of_another_size", base().save(nil, ent(2, 4, 99)), "committed"},
		{"committed_entry_of_other_data", base().save(nil, &raftpb.Entry{Term: new(uint64(4)), Index: new(uint64(2)), Data: []byte("ENTRY-2")}), "committed"},
		{"committed_entry_again", base().save(nil, ent(2, 4), ent(3, 4)), ""},
		{"uncommitted_entry_of_another_term", base().save(nil, ent(3, 5)), ""},
		{"uncommitted_entry_of_the_same_term", base().save(nil, ent(3, 4, 50)), ""}, // --force-new-cluster
		{"uncommitted_entry_of_the_same_term_without_data", base().save(nil, &raftpb.Entry{Term: new(uint64(4)), Index: new(uint64(3))}), "cannot overwrite"},
		{"hard_state_as_overwriting_entry", base().save(nil, &raftpb.Entry{Type: new(confChange), Term: new(uint64(9)), Index: new(uint64(3))}), "cannot overwrite"},
		{"noop_of_a_new_leader", base().save(nil, &raftpb.Entry{Term: new(uint64(9)), Index: new(uint64(3))}), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, c.log.files(), nil)
			if c.want == "" {
				if r.err != nil {
					t.Errorf("ReadAll() error = %v, want nil", r.err)
				}
				return
			}
			if !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), c.want) {
				t.Errorf("ReadAll() error = %v, want ErrCorrupt: …%s…", r.err, c.want)
			}
			if c.name == "committed_entry_of_other_data" { // of which Verify keeps no copy to compare
				return
			}
			if _, err := wal.Verify(".", nil, &wal.Options{FS: c.log.files()}); !errors.Is(err, wal.ErrCorrupt) {
				t.Errorf("Verify() error = %v, want ErrCorrupt", err)
			}
		})
	}
}

// TestTermOfAnUnfinishedSave: a crash leaves the entries of a Save and not its hard state; the node goes on in its old term, and may overwrite them.
func TestTermOfAnUnfinishedSave(t *testing.T) {
	t.Parallel()
	far := newBuild(nil).save(nil, ents(1, 5, 5)...).save(hs(4, 1, 3)).save(nil, ent(9, 5)).files()
	if r := read(t, far, nil); !errors.Is(r.err, wal.ErrCorrupt) {
		t.Errorf("ReadAll() of a gap behind it = %v, want ErrCorrupt", r.err)
	}
	b := newBuild(nil).save(hs(2, 1, 3), ents(1, 5, 2)...).save(nil, ent(6, 3))
	sim := onDisk(t, b.files())
	w, _ := reopen(t, sim, 0, nil)
	must(t, w.Save(hs(2, 1, 4), nil))
	must(t, w.Save(hs(2, 1, 5), ents(6, 7, 2)))
	if err := w.Save(hs(2, 1, 5), ents(8, 8, 3)); !errors.Is(err, wal.ErrRefused) {
		t.Errorf("Save() of an entry above its hard state's term = %v, want ErrRefused", err)
	}
	must(t, w.Close())
	if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != indexes(ents(1, 7, 2)) || r.state.GetCommit() != 5 {
		t.Errorf("ReadAll() = %v, %v", indexes(r.ents), r.state)
	}
}

// TestPadding: padding is covered by no checksum, and is zero. W12
func TestPadding(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md"))
	b.image[b.name][15] = 1 // behind the first record, 08 04 10 00
	if r := read(t, b.files(), nil); !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), "padding") {
		t.Errorf("ReadAll() error = %v, want ErrCorrupt", r.err)
	}
}

// TestBareSegment: etcd, after it has cut a damaged last segment down to nothing, goes on in it without crc and metadata. The chain
// still proves what it writes. W15
func TestBareSegment(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md")).save(hs(1, 1, 2), ents(1, 3, 1)...)
	b.name = "0000000000000001-0000000000000004.wal"
	b.save(hs(1, 1, 3), ent(4, 1))
	if r := read(t, b.files(), nil); r.err != nil || len(r.ents) != 4 || string(r.metadata) != "md" {
		t.Errorf("ReadAll() = %q, %v, %v", r.metadata, indexes(r.ents), r.err)
	}
	if r := read(t, b.files(), at(4, 1)); !errors.Is(r.err, wal.ErrSnapshotNotFound) {
		t.Errorf("ReadAll() from the bare segment on = %v, want ErrSnapshotNotFound: it is read from the segment before", r.err)
	}
	m := b.files()
	delete(m, m.names()[0])
	if r := read(t, m, at(4, 1)); !errors.Is(r.err, wal.ErrCorrupt) {
		t.Errorf("ReadAll() without the segment before = %v, want ErrCorrupt: nothing seeds its chain", r.err)
	}
}

// TestMessages reads random messages, in all ways of leaving fields out, as the general decoder does.
func TestMessages(t *testing.T) {
	t.Parallel()
	const seed = 7
	rnd := rand.New(rand.NewPCG(seed, seed))
	number := func() uint64 { return rnd.Uint64() >> rnd.IntN(64) }
	for range 2000 {
		var e []byte
		if rnd.IntN(2) == 0 {
			e = append(e, 0x08, byte(rnd.IntN(3)))
		}
		e = protowire.AppendVarint(append(e, 0x10), max(1, number()))
		e = append(e, 0x18, 1)
		if n := rnd.IntN(3); n > 0 {
			e = protowire.AppendBytes(append(e, 0x22), make([]byte, (n-1)*rnd.IntN(300)))
		}
		var s []byte
		for tag := byte(0x08); tag <= 0x18; tag += 8 {
			if rnd.IntN(2) == 0 {
				v := number()
				if tag == 0x18 {
					v %= 2 // commit, up to the only entry
				}
				s = protowire.AppendVarint(append(s, tag), v)
			}
		}
		b := newBuild(nil)
		b.record(wal.TypeState, s)
		b.record(wal.TypeEntry, e)
		wantState, wantEntry := &raftpb.HardState{}, &raftpb.Entry{}
		if err := errors.Join(proto.Unmarshal(s, wantState), proto.Unmarshal(e, wantEntry)); err != nil {
			t.Fatal(err)
		}
		w, err := wal.OpenForRead(".", nil, &wal.Options{FS: b.files()})
		if err != nil {
			t.Fatal(err)
		}
		for rec, err := range w.Records() {
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			compare(t, rec, wantState, wantEntry)
		}
		w.Close()
	}
}

// compare checks the accessors of a record.
func compare(t *testing.T, rec wal.Record, wantState *raftpb.HardState, wantEntry *raftpb.Entry) {
	t.Helper()
	e, errEntry := rec.Entry()
	s, errState := rec.State()
	snap, errSnap := rec.Snapshot()
	if (errEntry == nil) != (rec.Type == wal.TypeEntry) || (errState == nil) != (rec.Type == wal.TypeState) || (errSnap == nil) != (rec.Type == wal.TypeSnapshot) {
		t.Errorf("record of type %v: Entry() %v, State() %v, Snapshot() %v", rec.Type, errEntry, errState, errSnap)
	}
	switch rec.Type {
	case wal.TypeEntry:
		if diff := cmp.Diff(wantEntry, e, protocmp.Transform()); diff != "" {
			t.Errorf("Entry() mismatch (-proto.Unmarshal +got):\n%s", diff)
		}
	case wal.TypeState:
		if diff := cmp.Diff(wantState, s, protocmp.Transform()); diff != "" {
			t.Errorf("State() mismatch (-proto.Unmarshal +got):\n%s", diff)
		}
	case wal.TypeSnapshot:
		if snap.GetIndex() != 0 {
			t.Errorf("Snapshot() = %v", snap)
		}
	}
	for _, typ := range []wal.RecordType{wal.TypeEntry, wal.TypeState, wal.TypeSnapshot} {
		_, err1 := wal.Record{Type: typ, Data: []byte{0xff}}.Entry()
		_, err2 := wal.Record{Type: typ, Data: []byte{0xff}}.State()
		_, err3 := wal.Record{Type: typ, Data: []byte{0xff}}.Snapshot()
		if err1 == nil || err2 == nil || err3 == nil || !errors.Is(errors.Join(err1, err2, err3), wal.ErrCorrupt) {
			t.Errorf("damaged %v: %v, %v, %v", typ, err1, err2, err3)
		}
	}
}

// TestTold: what is no error is told to the logger, and names file and offset.
func TestTold(t *testing.T) {
	t.Parallel()
	b := saves(3)
	m := b.files()
	m[b.name] = m[b.name][:b.size()-3]
	m["copy.wal"] = nil
	var log bytes.Buffer
	logged := func(o *wal.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) }
	if r := read(t, m, nil, logged); r.err != nil || !r.tail.Torn {
		t.Errorf("ReadAll() error = %v, tail %+v", r.err, r.tail)
	}
	for _, part := range []string{b.name, "torn", "copy.wal"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("log does not tell %q: %s", part, log.String())
		}
	}
	r := read(t, m, nil, strict)
	if !errors.Is(r.err, wal.ErrTorn) || errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), b.name) || r.ents != nil {
		t.Errorf("Strict: ReadAll() = %v, %v", indexes(r.ents), r.err)
	}
	if _, err := wal.Verify(".", nil, &wal.Options{FS: m, Recovery: wal.Strict}); !errors.Is(err, wal.ErrTorn) {
		t.Errorf("Strict: Verify() error = %v, want ErrTorn", err)
	}
}

// TestLargeEntry: an entry larger than any window is read, and a length beyond the file allocates nothing. W10
func TestLargeEntry(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 0), ent(1, 1, 20<<20), ent(2, 1, 300<<10), ent(3, 1))
	if r := read(t, b.files(), nil); r.err != nil || len(r.ents) != 3 || len(r.ents[0].Data) != 20<<20 {
		t.Errorf("ReadAll() = %d entries, %v", len(r.ents), r.err)
	}
	b = saves(3)
	m := b.files()
	m[b.name][b.size()+6] = 0x80 // a length word of 1<<55 in an otherwise empty tail
	allocated := testing.Benchmark(func(tb *testing.B) {
		tb.ReportAllocs()
		for range tb.N {
			if r := read(t, m, nil); r.err != nil || !r.tail.Torn {
				t.Fatalf("ReadAll() error = %v, tail %+v, want torn", r.err, r.tail)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 1<<20 {
		t.Errorf("%d bytes allocated for a file of %d", allocated, len(m[b.name]))
	}
}
