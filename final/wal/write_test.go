package wal_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// folderName is where the logs of these tests are.
const folderName = "log"

// quiet are the options of a log on a simulated disk. Size 0 is enough for most.
func quiet(fsys disk.FS, size int64) *wal.Options {
	if size == 0 {
		size = 128 << 10
	}
	return &wal.Options{FS: fsys, SegmentSize: size, NoBackground: true}
}

// create makes a log, or ends the test.
func create(t testing.TB, fsys disk.FS, size int64) *wal.WAL {
	t.Helper()
	w, err := wal.Create(folderName, []byte("md"), quiet(fsys, size))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// reopen opens a log and reads it, or ends the test.
func reopen(t testing.TB, fsys disk.FS, size int64, snap *raftpb.SnapshotMetadata) (*wal.WAL, result) {
	t.Helper()
	w, err := wal.Open(folderName, snap, quiet(fsys, size))
	if err != nil {
		t.Fatal(err)
	}
	var r result
	r.metadata, r.state, r.ents, r.err = w.ReadAll()
	r.tail = w.Tail()
	if r.err != nil {
		t.Fatalf("ReadAll() error = %v", r.err)
	}
	return w, r
}

// must ends the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// segments returns the content of all segments, without the zeros at their ends.
func segments(t testing.TB, fsys disk.FS) image {
	t.Helper()
	files, err := fsys.List(folderName)
	must(t, err)
	m := image{}
	for _, info := range files {
		if strings.HasSuffix(info.Name(), ".wal") {
			m[info.Name()] = bytes.TrimRight(content(t, fsys, path.Join(folderName, info.Name())), "\x00")
		}
	}
	return m
}

// content returns a file.
func content(t testing.TB, fsys disk.FS, name string) []byte {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	must(t, err)
	defer f.Close()
	size, err := f.Size()
	must(t, err)
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); n != len(b) {
		t.Fatal(err)
	}
	return b
}

// same compares segments with what a log was built to be.
func same(t testing.TB, got image, want *build) {
	t.Helper()
	if !slices.Equal(got.names(), want.image.names()) {
		t.Errorf("segments are %v, want %v", got.names(), want.image.names())
	}
	for name, b := range want.image {
		b = bytes.TrimRight(b, "\x00")
		i := 0
		for i < min(len(b), len(got[name])) && b[i] == got[name][i] {
			i++
		}
		if i < max(len(b), len(got[name])) {
			t.Errorf("%s differs at offset %d\nwant %x\ngot  %x", name, i, b[i:min(i+32, len(b))], got[name][i:min(i+32, len(got[name]))])
		}
	}
}

// snapshot is a snapshot's position as raft gives it.
func snapshot(index, term uint64) *raftpb.SnapshotMetadata {
	m := at(index, term)
	m.ConfState = &raftpb.ConfState{Voters: []uint64{1}}
	return m
}

// TestWriteRead: what is saved comes back, over cuts and reopenings.
func TestWriteRead(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 2048)
	next := uint64(1)
	for life := range 4 {
		for range 30 {
			must(t, w.Save(hs(2, 1, next-1), ents(next, next+2, 2)))
			next += 3
		}
		must(t, w.Close())
		if err := w.Close(); !errors.Is(err, wal.ErrClosed) {
			t.Errorf("Close() again = %v", err)
		}
		var r result
		w, r = reopen(t, sim, 2048, nil)
		if string(r.metadata) != "md" {
			t.Fatalf("life %d: metadata is %q", life, r.metadata)
		}
		if diff := cmp.Diff(hs(2, 1, next-4), r.state, protocmp.Transform()); diff != "" {
			t.Errorf("state mismatch (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(ents(1, next-1, 2), r.ents, protocmp.Transform()); diff != "" {
			t.Errorf("entries mismatch (-want +got):\n%s", diff)
		}
	}
	if n := len(w.Segments()); n < 5 {
		t.Errorf("%d segments", n)
	}
}

// TestBytes: what is written is what proto.Marshal and etcd's framing give, whatever fields are set and whatever the sizes. B01 W46
func TestBytes(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, metadata := range [][]byte{nil, {}, []byte("md"), make([]byte, 200)} {
		sim := disk.NewSim()
		w, err := wal.Create(folderName, metadata, quiet(sim, 1<<25))
		must(t, err)
		b := newBuild(metadata)
		sizes := []int{0, 1, 7, 8, 100, 1000, 1 << 10, 4 << 10, 64<<10 - 1, 64 << 10, 200 << 10}
		commit := uint64(0)
		for index := uint64(1); index < 200; {
			var all []*raftpb.Entry
			for range rng.IntN(5) {
				e := ent(index, 1+index/50, sizes[rng.IntN(len(sizes))])
				rng.Shuffle(len(e.Data), func(i, j int) { e.Data[i], e.Data[j] = e.Data[j], e.Data[i] })
				switch rng.IntN(4) {
				case 0:
					e.Type = new(raftpb.EntryType(rng.IntN(3)))
				case 1:
					e.Data = nil
				}
				all = append(all, e)
				index++
			}
			var state *raftpb.HardState
			if rng.IntN(3) > 0 {
				commit = max(commit, index-1)
				state = hs(10, 1<<63, commit)
			}
			must(t, w.Save(state, all))
			b.save(state, all...)
		}
		must(t, w.SaveSnapshot(snapshot(150, 4)))
		b.snapshot(150, 4)
		state := &raftpb.HardState{Term: new(uint64(11)), Commit: new(commit)}
		must(t, w.Save(state, nil)) // a vote that is not set is not written
		b.save(state)
		must(t, w.Close())
		same(t, segments(t, sim), b)
	}
}

// TestHeads: a segment begins with checksum, metadata and hard state, also after reopening: who has purged those before it still knows its vote. W03
func TestHeads(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 4096)
	must(t, w.Save(hs(7, 3, 5), ents(1, 5, 7)))
	must(t, w.Close())
	w, _ = reopen(t, sim, 4096, nil)
	must(t, w.Save(nil, []*raftpb.Entry{ent(6, 7, 5000)})) // written at once, so that the next Save cuts as etcd would
	must(t, w.Save(nil, ents(7, 7, 7)))
	must(t, w.Save(nil, ents(8, 8, 7)))
	must(t, w.SaveSnapshot(snapshot(8, 7)))
	must(t, w.Close())
	names := segments(t, sim).names()
	if len(names) != 2 || !strings.HasSuffix(names[1], "-0000000000000008.wal") {
		t.Fatalf("segments are %v", names)
	}
	must(t, sim.Remove(path.Join(folderName, names[0])))
	_, r := reopen(t, sim, 4096, at(8, 7))
	if diff := cmp.Diff(hs(7, 3, 5), r.state, protocmp.Transform()); diff != "" {
		t.Errorf("state mismatch (-want +got):\n%s", diff)
	}
}

// TestRefused: what raft never saves is refused before anything is written, and the log goes on. W05 W06 W07
func TestRefused(t *testing.T) {
	t.Parallel()
	unknown := ent(6, 2)
	unknown.ProtoReflect().SetUnknown([]byte{0x78, 1})
	strange := hs(2, 1, 4)
	strange.ProtoReflect().SetUnknown([]byte{0x78, 1})
	conf := snapshot(3, 2)
	conf.ConfState.ProtoReflect().SetUnknown([]byte{0x78, 1})
	badType := ent(6, 2)
	badType.Type = new(raftpb.EntryType(7))
	for _, c := range []struct {
		name  string
		state *raftpb.HardState
		ents  []*raftpb.Entry
		gap   bool
	}{
		{"gap", nil, ents(7, 8, 2), true},
		{"gap_inside", nil, []*raftpb.Entry{ent(6, 2), ent(8, 2)}, true},
		{"twice", nil, []*raftpb.Entry{ent(6, 2), ent(6, 2)}, true},
		{"nil_entry", nil, []*raftpb.Entry{nil}, false},
		{"index_0", nil, []*raftpb.Entry{ent(0, 2)}, false},
		{"term_0", nil, []*raftpb.Entry{ent(6, 0)}, false},
		{"type", nil, []*raftpb.Entry{badType}, false},
		{"term_goes_down", nil, ents(6, 6, 1), false},
		{"term_goes_down_inside", hs(3, 1, 4), []*raftpb.Entry{ent(6, 3), ent(7, 2)}, false},
		{"committed_overwritten", hs(3, 1, 4), ents(4, 5, 3), false},
		{"committed_cut_off", nil, []*raftpb.Entry{ent(3, 2)}, false},
		{"entry_unknown_field", nil, []*raftpb.Entry{unknown}, false},
		{"state_unknown_field", strange, nil, false},
		{"state_term_goes_down", hs(1, 1, 4), nil, false},
		{"state_below_an_entry", hs(2, 1, 4), []*raftpb.Entry{ent(6, 3)}, false},
		{"vote_changes", hs(2, 2, 4), nil, false},
		{"vote_is_forgotten", hs(2, 0, 4), nil, false},
		{"commit_goes_down", hs(2, 1, 3), nil, false},
		{"commit_beyond_the_log", hs(2, 1, 6), nil, false},
		{"commit_beyond_what_is_left", hs(3, 0, 6), ents(5, 5, 3), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			w := create(t, sim, 0)
			must(t, w.Save(hs(2, 1, 4), ents(1, 5, 2)))
			before := segments(t, sim)
			err := w.Save(c.state, c.ents)
			if !errors.Is(err, wal.ErrRefused) || errors.Is(err, wal.ErrSliceOutOfRange) != c.gap {
				t.Errorf("Save() error = %v, want ErrRefused, ErrSliceOutOfRange: %v", err, c.gap)
			}
			if diff := cmp.Diff(before, segments(t, sim)); diff != "" {
				t.Errorf("files have changed (-want +got):\n%s", diff)
			}
			must(t, w.Save(hs(2, 1, 5), ents(6, 6, 2)))
			must(t, w.Close())
			if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != indexes(ents(1, 6, 2)) {
				t.Errorf("ReadAll() = %v", indexes(r.ents))
			}
		})
	}
	w := create(t, disk.NewSim(), 0)
	must(t, w.Save(hs(4, 1, 4), ents(1, 5, 2)))
	if err := w.Save(hs(3, 1, 4), nil); !errors.Is(err, wal.ErrRefused) { // though no entry has a higher term
		t.Errorf("Save() of a lower term: error = %v, want ErrRefused", err)
	}
	for name, m := range map[string]*raftpb.SnapshotMetadata{
		"nil": nil, "no_index": {Term: new(uint64(1))}, "no_term": {Index: new(uint64(1))}, "no_conf_state": at(3, 2), "contradicts": snapshot(3, 1),
		"nothing_but_the_term": {Term: new(uint64(0)), ConfState: &raftpb.ConfState{}}, "nothing_but_the_index": {Index: new(uint64(0)), ConfState: &raftpb.ConfState{}},
		"conf_unknown_field": conf, "contradicts_at_the_commit": snapshot(4, 1),
	} {
		w := create(t, disk.NewSim(), 0)
		must(t, w.Save(hs(2, 1, 4), ents(1, 5, 2)))
		if err := w.SaveSnapshot(m); !errors.Is(err, wal.ErrRefused) {
			t.Errorf("SaveSnapshot(%s) error = %v, want ErrRefused", name, err)
		}
		must(t, w.Save(hs(2, 1, 5), nil))
	}
}

// TestRefusedBegin: two snapshots of one index have one term, and a log that begins behind one is committed up to there, also where no hard state has said so.
func TestRefusedBegin(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"written": false, "opened": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			w := create(t, sim, 0)
			must(t, w.SaveSnapshot(snapshot(7, 2)))
			if again {
				must(t, w.Close())
				w, _ = reopen(t, sim, 0, snapshot(7, 2))
			}
			must(t, w.Save(nil, ents(8, 9, 3)))
			if err := w.SaveSnapshot(snapshot(7, 3)); !errors.Is(err, wal.ErrRefused) {
				t.Errorf("SaveSnapshot() error = %v, want ErrRefused", err)
			}
			must(t, w.SaveSnapshot(snapshot(7, 2)))
			if err := w.Save(hs(3, 0, 6), nil); !errors.Is(err, wal.ErrRefused) { // what lies before is gone, so that it was committed
				t.Errorf("Save() of commit 6: error = %v, want ErrRefused", err)
			}
			must(t, w.Save(hs(3, 0, 7), nil))
			must(t, w.Close())
			if _, r := reopen(t, sim, 0, snapshot(7, 2)); indexes(r.ents) != "[8/3 9/3]" {
				t.Errorf("ReadAll() = %v, want [8/3 9/3]", indexes(r.ents))
			}
		})
	}
}

// TestAccepted: what raft may save is not refused, and reads back.
func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(w *wal.WAL) error
		want string
	}{
		{"overwrite", func(w *wal.WAL) error { return w.Save(hs(3, 0, 4), ents(5, 7, 3)) }, "[1/2 2/2 3/2 4/2 5/3 6/3 7/3]"},
		{"overwrite_by_less", func(w *wal.WAL) error {
			return errors.Join(w.Save(hs(3, 0, 4), ents(6, 9, 3)), w.Save(nil, ents(6, 6, 3)))
		}, "[1/2 2/2 3/2 4/2 5/2 6/3]"},
		{"committed_again_and_more", func(w *wal.WAL) error { return w.Save(nil, ents(3, 6, 2)) }, "[1/2 2/2 3/2 4/2 5/2 6/2]"},
		{"nothing", func(w *wal.WAL) error {
			return errors.Join(w.Save(nil, nil), w.Save(&raftpb.HardState{}, nil), w.Save(hs(0, 0, 0), nil))
		}, "[1/2 2/2 3/2 4/2 5/2]"},
		{"every_type", func(w *wal.WAL) error {
			change := ent(6, 2)
			change.Type = new(raftpb.EntryConfChangeV2) // the last there is
			return w.Save(nil, []*raftpb.Entry{change})
		}, "[1/2 2/2 3/2 4/2 5/2 6/2]"},
		{"snapshot_of_nothing", func(w *wal.WAL) error { return w.SaveSnapshot(at(0, 0)) }, "[1/2 2/2 3/2 4/2 5/2]"},
		{"own_snapshot", func(w *wal.WAL) error { return w.SaveSnapshot(snapshot(4, 2)) }, "[1/2 2/2 3/2 4/2 5/2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			w := create(t, sim, 0)
			must(t, w.Save(hs(2, 1, 4), ents(1, 5, 2)))
			must(t, c.do(w))
			must(t, w.Close())
			if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != c.want {
				t.Errorf("ReadAll() = %v, want %v", indexes(r.ents), c.want)
			}
		})
	}
}

// TestHardStateIsCopied: the caller may fill the same message again; a changed vote is still seen, and synced. W22
func TestHardStateIsCopied(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	h := hs(1, 1, 0)
	must(t, w.Save(h, ents(1, 1, 1)))
	*h.Term, *h.Vote = 5, 2
	must(t, w.Save(h, nil))
	if _, r := reopen(t, sim.Crash(disk.Lost), 0, nil); r.state.GetTerm() != 5 || r.state.GetVote() != 2 {
		t.Errorf("after a crash the hard state is %v, want term 5, vote 2", r.state)
	}
}

// TestCommitReachesTheKernel: a hard state that only moves the commit survives the process, and is not synced. W33
func TestCommitReachesTheKernel(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, w.Save(hs(1, 1, 1), ents(1, 5, 1)))
	syncs := countOps(sim, disk.OpSync)
	must(t, w.Save(hs(1, 1, 5), nil))
	if n := countOps(sim, disk.OpSync); n != syncs {
		t.Errorf("a Save that only moves the commit made %d syncs", n-syncs)
	}
	if _, r := reopen(t, sim.Kill(), 0, nil); r.state.GetCommit() != 5 {
		t.Errorf("after a kill the commit is %d, want 5", r.state.GetCommit())
	}
	if _, r := reopen(t, sim.Crash(disk.Lost), 0, nil); r.state.GetCommit() != 1 {
		t.Errorf("after a crash the commit is %d; this test needs a disk that loses what was not synced", r.state.GetCommit())
	}
	must(t, w.ReleaseLockTo(5))
	if _, r := reopen(t, sim.Crash(disk.Lost), 0, nil); r.state.GetCommit() != 5 {
		t.Errorf("after ReleaseLockTo and a crash the commit is %d, want 5", r.state.GetCommit())
	}
}

// TestSnapshotCommitIsSynced: the Save that commits a leader's snapshot is durable, although it only moves the commit: the leader is told next that the
// node has the snapshot, and without its commit the node would start on the log before (etcd#10219). One of the node's own needs no sync. R07
func TestSnapshotCommitIsSynced(t *testing.T) {
	t.Parallel()
	for _, index := range []uint64{5, 20} {
		sim := disk.NewSim()
		w := create(t, sim, 0)
		must(t, w.Save(hs(1, 1, 4), ents(1, 5, 1)))
		must(t, w.SaveSnapshot(snapshot(index, 1)))
		must(t, w.Save(hs(1, 1, index), nil))
		_, r := reopen(t, sim.Crash(disk.Lost), 0, at(index, 1))
		if durable := r.state.GetCommit() == index; durable != (index == 20) {
			t.Errorf("snapshot %d: after a crash the commit is %d", index, r.state.GetCommit())
		}
	}
}

// countOps returns how many operations of a kind were done.
func countOps(sim *disk.Sim, op disk.Op) (n int) {
	for _, e := range sim.Log() {
		if e.Op&op != 0 {
			n++
		}
	}
	return n
}

// TestNotOpenForWriting: what cannot be done is an error, not a panic. W29
func TestNotOpenForWriting(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, w.Close())
	calls := func(w *wal.WAL) map[string]error {
		return map[string]error{
			"Save": w.Save(hs(1, 1, 0), nil), "SaveSnapshot": w.SaveSnapshot(snapshot(1, 1)), "Sync": w.Sync(),
			"ReleaseLockTo": w.ReleaseLockTo(1), "Purge": w.Purge(), "Prepare": w.Prepare(),
		}
	}
	expect := func(w *wal.WAL, want error) {
		t.Helper()
		for call, err := range calls(w) {
			if !errors.Is(err, want) {
				t.Errorf("%s() error = %v, want %v", call, err, want)
			}
		}
	}
	expect(w, wal.ErrClosed)
	r, err := wal.OpenForRead(folderName, nil, quiet(sim, 0))
	must(t, err)
	expect(r, wal.ErrReadOnly)
	must(t, r.Close())
	w, err = wal.Open(folderName, nil, quiet(sim, 0))
	must(t, err)
	expect(w, wal.ErrNotRead)
	_, _, _, err = w.ReadAll()
	must(t, err)
	if _, _, _, err := w.ReadAll(); !errors.Is(err, wal.ErrRead) {
		t.Errorf("ReadAll() again = %v, want ErrRead", err)
	}
	for _, err := range w.Records() {
		if !errors.Is(err, wal.ErrRead) {
			t.Errorf("Records() = %v, want ErrRead", err)
		}
	}
	o := quiet(sim, 0)
	o.Recovery = wal.Salvage
	if _, err := wal.Open(folderName, nil, o); err == nil {
		t.Error("Open() with Salvage: no error")
	}
	must(t, w.Close())
	_, _, _, err = w.ReadAll()
	if !errors.Is(err, wal.ErrClosed) {
		t.Errorf("ReadAll() of a closed log = %v", err)
	}
}

// TestStartNotFound: a log opened for writing at a snapshot that it has not recorded takes nothing. W01
func TestStartNotFound(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, w.Save(hs(1, 1, 3), ents(1, 5, 1)))
	must(t, w.SaveSnapshot(snapshot(4, 1)))
	must(t, w.Close())
	for snap, want := range map[*raftpb.SnapshotMetadata]error{at(3, 9): wal.ErrSnapshotNotFound, at(4, 9): wal.ErrSnapshotMismatch} {
		w, err := wal.Open(folderName, snap, quiet(sim, 0))
		must(t, err)
		if _, _, ents, err := w.ReadAll(); !errors.Is(err, want) || len(ents) == 0 {
			t.Errorf("ReadAll() = %d entries, %v, want %v", len(ents), err, want)
		}
		if err := w.Save(hs(1, 1, 3), nil); !errors.Is(err, wal.ErrNotRead) {
			t.Errorf("Save() = %v, want ErrNotRead", err)
		}
		must(t, w.Close())
	}
}
