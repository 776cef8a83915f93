package wal_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/testing/protocmp"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/wal"
)

// TestBuilderWritesEtcdsBytes compares the logs of these tests with a real one: the first records of etcd 3.7.3's.
func TestBuilderWritesEtcdsBytes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(fixtures.Unpack(t, "etcd-v3.7.3-single"), "wal")
	got, err := os.ReadFile(filepath.Join(dir, "0000000000000000-0000000000000000.wal"))
	if err != nil {
		t.Fatal(err)
	}
	r := reportOf(t, dir)
	w, err := wal.OpenForRead(dir, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	b := &build{image: image{}, reserve: 64_000_000 - 7248}
	b.name = filepath.Base("0000000000000000-0000000000000000.wal")
	for rec, err := range w.Records() {
		if err != nil {
			t.Fatal(err)
		}
		b.record(rec.Type, append([]byte(nil), rec.Data...))
	}
	if diff := cmp.Diff(got[:r.LastOffset[b.name]], b.image[b.name]); diff != "" {
		t.Errorf("rebuilt log mismatch (-etcd +built):\n%s", diff)
	}
}

// TestSnapshotNotFound: no way of opening a log takes a snapshot for recorded that is not. W01
func TestSnapshotNotFound(t *testing.T) {
	t.Parallel()
	m := newBuild([]byte("md")).save(hs(1, 1, 3), ents(1, 5, 1)...).snapshot(2, 1).files()
	for _, c := range []struct {
		name string
		snap *raftpb.SnapshotMetadata
		want error
	}{
		{"never_saved", at(3, 9), wal.ErrSnapshotNotFound},
		{"another_term", at(2, 9), wal.ErrSnapshotMismatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, m, c.snap)
			if !errors.Is(r.err, c.want) {
				t.Errorf("ReadAll() error = %v, want %v", r.err, c.want)
			}
			if len(r.ents) != int(5-c.snap.GetIndex()) || string(r.metadata) != "md" || r.state.GetCommit() != 3 {
				t.Errorf("ReadAll() = %q, %v, %v, want all that there is with the error", r.metadata, r.state, indexes(r.ents))
			}
			if _, err := wal.Verify(".", c.snap, &wal.Options{FS: m}); !errors.Is(err, c.want) {
				t.Errorf("Verify() error = %v, want %v", err, c.want)
			}
		})
	}
}

// TestOverwrittenEntries: what raft has overwritten does not come back, wherever the log is opened. W02
func TestOverwrittenEntries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		log  *build
		snap *raftpb.SnapshotMetadata
		want string
	}{
		{"overwritten_up_to_the_start", newBuild(nil).save(nil, ents(1, 5, 1)...).save(nil, ents(3, 4, 2)...).snapshot(4, 2), at(4, 2), "[]"},
		{"overwritten_before_the_start_and_on", newBuild(nil).save(nil, ents(1, 9, 1)...).save(nil, ents(3, 6, 2)...).snapshot(4, 2), at(4, 2), "[5/2 6/2]"},
		{"a_leaders_snapshot", newBuild(nil).save(nil, ents(1, 10, 1)...).snapshot(8, 3).save(hs(3, 1, 8)), at(8, 3), "[]"},
		{"a_leaders_snapshot_and_on", newBuild(nil).save(nil, ents(1, 10, 1)...).snapshot(8, 3).save(hs(3, 1, 8), ent(9, 3)), at(8, 3), "[9/3]"},
		{"a_snapshot_of_its_own", newBuild(nil).save(hs(1, 1, 5), ents(1, 10, 1)...).snapshot(5, 1), at(5, 1), "[6/1 7/1 8/1 9/1 10/1]"},
		{"from_the_beginning", newBuild(nil).save(nil, ents(1, 5, 1)...).save(nil, ents(3, 4, 2)...).snapshot(4, 2), nil, "[1/1 2/1 3/2 4/2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, c.log.files(), c.snap)
			if r.err != nil || indexes(r.ents) != c.want {
				t.Errorf("ReadAll() = %v, %v, want %v", indexes(r.ents), r.err, c.want)
			}
		})
	}
}

// TestEntriesMissing: a leader's snapshot leaves a gap. At the snapshot or behind, the log reads; at an older one it does not. W06
func TestEntriesMissing(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md")).save(nil, ents(1, 10, 1)...).snapshot(100, 2)
	empty := b.files()
	m := b.save(hs(2, 1, 100), ents(101, 102, 2)...).files()
	if r := read(t, m, nil); !errors.Is(r.err, wal.ErrSliceOutOfRange) || errors.Is(r.err, wal.ErrCorrupt) || len(r.ents) != 10 || string(r.metadata) != "md" {
		t.Errorf("ReadAll() from the beginning = %v, %v, want the ten before the gap and ErrSliceOutOfRange", indexes(r.ents), r.err)
	}
	if r := read(t, m, at(100, 2)); r.err != nil || indexes(r.ents) != "[101/2 102/2]" {
		t.Errorf("ReadAll() at the snapshot = %v, %v", indexes(r.ents), r.err)
	}
	if r := read(t, empty, nil); !errors.Is(r.err, wal.ErrSliceOutOfRange) {
		t.Errorf("ReadAll() from the beginning, before entries follow the snapshot = %v, %v, want ErrSliceOutOfRange", indexes(r.ents), r.err)
	}
	if _, err := wal.Verify(".", nil, &wal.Options{FS: m}); err != nil {
		t.Errorf("Verify() of the whole log = %v, want nil: nothing is wrong with it", err)
	}
	gap := newBuild(nil).save(hs(1, 1, 3), ents(1, 3, 1)...).save(nil, ents(7, 8, 1)...).files()
	if r := read(t, gap, nil); !errors.Is(r.err, wal.ErrSliceOutOfRange) || !errors.Is(r.err, wal.ErrCorrupt) || indexes(r.ents) != "[1/1 2/1 3/1]" {
		t.Errorf("ReadAll() of a gap that no snapshot explains = %v, %v, want those before it, ErrCorrupt and ErrSliceOutOfRange", indexes(r.ents), r.err)
	}
}

// TestCommitBeyondLastEntry: a log that ends before its commit has lost what was acknowledged. W05
func TestCommitBeyondLastEntry(t *testing.T) {
	t.Parallel()
	lost := newBuild(nil).save(hs(1, 1, 100), ents(1, 3, 1)...).files()
	var corrupt *wal.CorruptError
	if r := read(t, lost, nil); !errors.As(r.err, &corrupt) {
		t.Errorf("ReadAll() = %v, %v, want a CorruptError", indexes(r.ents), r.err)
	}
	if _, err := wal.Verify(".", nil, &wal.Options{FS: lost}); !errors.Is(err, wal.ErrCorrupt) {
		t.Errorf("Verify() error = %v, want ErrCorrupt", err)
	}
	leaders := newBuild(nil).snapshot(100, 1).save(hs(1, 1, 100)).files()
	if r := read(t, leaders, at(100, 1)); r.err != nil || r.state.GetCommit() != 100 {
		t.Errorf("ReadAll() behind a leader's snapshot = %v, %v, want no error", r.state, r.err)
	}
}

// TestSelection: etcd has written names that go backwards; the log is found by what is in it. W04
func TestSelection(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 10), ents(1, 10, 1)...).snapshot(100, 2).save(hs(2, 1, 100))
	b.cut().save(hs(3, 1, 100))
	b.last = 10 // as after a restart, which forgets the snapshot
	m := b.cut().save(hs(4, 1, 100)).files()
	if got := strings.Join(m.names(), " "); !strings.Contains(got, "1-0000000000000065") || !strings.Contains(got, "2-000000000000000b") {
		t.Fatalf("segments are %s, want etcd's: 0-0, 1-65, 2-b", got)
	}
	for _, snap := range []*raftpb.SnapshotMetadata{at(100, 2), at(150, 2)} {
		r := read(t, m, snap)
		if snap.GetIndex() == 100 && (r.err != nil || r.state.GetTerm() != 4) {
			t.Errorf("ReadAll() at 100 = %v, %v, want term 4", r.state, r.err)
		}
		if snap.GetIndex() == 150 && !errors.Is(r.err, wal.ErrSnapshotNotFound) {
			t.Errorf("ReadAll() at 150 error = %v, want ErrSnapshotNotFound", r.err)
		}
	}
	if _, err := wal.Verify(".", at(100, 2), &wal.Options{FS: m}); err != nil {
		t.Errorf("Verify() = %v", err)
	}
	w, err := wal.OpenForRead(".", at(100, 2), &wal.Options{FS: m})
	if err != nil || len(w.Segments()) != 3 {
		t.Errorf("OpenForRead() at 100 begins at %v, %v, want the first segment", w.Segments(), err)
	}
	// The record of snapshot 9 lies in a segment before the one that the names point to.
	b = newBuild(nil).save(hs(1, 1, 9), ents(1, 9, 1)...).snapshot(9, 1)
	b.last = 4
	if r := read(t, b.cut().save(hs(1, 1, 9)).files(), at(9, 1)); r.err != nil {
		t.Errorf("ReadAll() where names mislead: %v", r.err)
	}
}

// TestDialects: what etcd up to 3.6 writes and what it writes since differ in bytes, not in what they say. B01
func TestDialects(t *testing.T) {
	t.Parallel()
	old, young := newBuild([]byte("md")), newBuild([]byte("md"))
	old.record(wal.TypeEntry, []byte{0x08, 0, 0x10, 4, 0x18, 1, 0x22, 3, 'b', 'b', 'b'})
	old.record(wal.TypeState, []byte{0x08, 4, 0x10, 0, 0x18, 1})
	old.record(wal.TypeSnapshot, []byte{0x08, 1, 0x10, 4, 0x1a, 4, 0x08, 1, 0x28, 0})
	young.record(wal.TypeEntry, []byte{0x10, 4, 0x18, 1, 0x22, 3, 'b', 'b', 'b'})
	young.record(wal.TypeState, []byte{0x08, 4, 0x18, 1})
	young.record(wal.TypeSnapshot, []byte{0x08, 1, 0x10, 4, 0x1a, 2, 0x08, 1})
	a, b := read(t, old.files(), nil), read(t, young.files(), nil)
	if a.err != nil || b.err != nil {
		t.Fatal(a.err, b.err)
	}
	// Equal by every getter; presence of a zero field is kept as it was.
	if a.ents[0].GetType() != b.ents[0].GetType() || a.ents[0].GetIndex() != b.ents[0].GetIndex() || string(a.ents[0].GetData()) != string(b.ents[0].GetData()) {
		t.Errorf("entries differ: %v, %v", a.ents[0], b.ents[0])
	}
	if a.state.GetVote() != b.state.GetVote() || a.state.GetTerm() != b.state.GetTerm() {
		t.Errorf("hard states differ: %v, %v", a.state, b.state)
	}
	if a.ents[0].Type == nil || b.ents[0].Type != nil || a.state.Vote == nil || b.state.Vote != nil {
		t.Error("a zero that was written is not told from a field that was not")
	}
	snaps, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: old.files()})
	if err != nil || len(snaps) != 2 || len(snaps[1].GetConfState().GetVoters()) != 1 {
		t.Errorf("ValidSnapshotEntries() = %v, %v", snaps, err)
	}
}

// TestMetadata: no metadata and empty metadata are two things; two owners in one folder are an error.
func TestMetadata(t *testing.T) {
	t.Parallel()
	for _, want := range [][]byte{nil, {}, []byte("md")} {
		if r := read(t, newBuild(want).files(), nil); r.err != nil || cmp.Diff(want, r.metadata) != "" {
			t.Errorf("ReadAll() metadata = %#v, %v, want %#v", r.metadata, r.err, want)
		}
	}
	b := newBuild([]byte("one")).save(hs(1, 1, 1), ent(1, 1))
	b.meta = []byte("two")
	if r := read(t, b.cut().files(), nil); !errors.Is(r.err, wal.ErrMetadataConflict) || !errors.Is(r.err, wal.ErrCorrupt) {
		t.Errorf("ReadAll() error = %v, want ErrMetadataConflict", r.err)
	}
}

// TestUnpadded: before etcd 3.0 frames were not padded, and not aligned. W46
func TestUnpadded(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md"))
	padded := b.image[b.name]
	b.image[b.name], b.crc = nil, 0
	for _, r := range []struct {
		typ  wal.RecordType
		data []byte
	}{{wal.TypeCRC, nil}, {wal.TypeMetadata, []byte("md")}, {wal.TypeEntry, marshal(ent(1, 1))}, {wal.TypeState, marshal(hs(1, 1, 1))}} {
		b.record(r.typ, r.data)
		all := b.image[b.name]
		start := b.starts[len(b.starts)-1]
		size := binary.LittleEndian.Uint64(all[start:]) &^ (0xff << 56)
		binary.LittleEndian.PutUint64(all[start:], size)
		b.image[b.name] = all[:start+8+int(size)]
	}
	if len(padded)%8 != 0 || len(b.image[b.name])%8 == 0 {
		t.Fatal("the log is aligned, so it shows nothing")
	}
	r := read(t, b.files(), nil)
	if r.err != nil || indexes(r.ents) != "[1/1]" || r.state.GetCommit() != 1 {
		t.Errorf("ReadAll() = %v, %v, %v", indexes(r.ents), r.state, r.err)
	}
	// A torn one is torn.
	all := b.image[b.name]
	for cut := range len(all) {
		r := read(t, image{b.name: append(all[:cut:cut], make([]byte, 99)...)}, nil)
		if cut < b.starts[5] && errors.Is(r.err, wal.ErrTorn) {
			continue
		}
		if cut < b.starts[5] || r.err != nil {
			t.Errorf("zeros from %d on: %v", cut, r.err)
		}
	}
}

// TestCallerOwnsResults: nothing that ReadAll returns shares memory with anything else.
func TestCallerOwnsResults(t *testing.T) {
	t.Parallel()
	m := newBuild([]byte("md")).save(hs(1, 1, 3), ents(1, 3, 1)...).files()
	want := read(t, m, nil)
	r := read(t, m, nil)
	e := r.ents[1]
	e.Data = append(e.Data, "overwrites no neighbour"...)
	*e.Index, *e.Term = 99, 99
	*r.state.Commit = 99
	clear(r.metadata)
	for _, i := range []int{0, 2} {
		if diff := cmp.Diff(want.ents[i], r.ents[i], protocmp.Transform()); diff != "" {
			t.Errorf("changing entry 1 changed entry %d (-want +got):\n%s", i, diff)
		}
	}
	w, err := wal.OpenForRead(".", nil, &wal.Options{FS: m})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for range 2 {
		metadata, state, ents, err := w.ReadAll()
		if err != nil || string(metadata) != "md" || len(ents) != 3 || state.GetCommit() != 3 {
			t.Errorf("ReadAll() again = %q, %v, %v, %v", metadata, state, indexes(ents), err)
		}
		*state.Commit = 99
		clear(metadata)
	}
}

// TestNothingIsLentOut: what was read from a log stays as it is while others are read in the same memory.
func TestNothingIsLentOut(t *testing.T) {
	t.Parallel()
	one := newBuild([]byte("one")).save(hs(1, 1, 3), ents(1, 3, 1)...).snapshot(3, 1).files()
	r := read(t, one, nil)
	at, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: one})
	if err != nil {
		t.Fatal(err)
	}
	all := func() string { return fmt.Sprintf("%s, %v, %v, %v", r.metadata, r.state, r.ents, at) }
	before := all()
	other := newBuild(bytes.Repeat([]byte("longer"), 20)).save(hs(7, 2, 3), ents(1, 3, 7)...).snapshot(3, 7).files()
	for range 4 {
		read(t, other, nil)
		if _, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: other}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, all()); diff != "" {
		t.Errorf("reading another log has changed what was read of this one (-want +got):\n%s", diff)
	}
}

// asError is errors.As.
func asError[E error](err error, target *E) bool { return errors.As(err, target) }
