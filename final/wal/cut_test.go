package wal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestSpare: the next segment is made ahead, filled with zeros, in the background; a leftover is emptied first; Close removes it. W19 W20 W37
func TestSpare(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "wal")
	const size = 4 << 20
	o := &wal.Options{SegmentSize: size}
	w, err := wal.Create(dir, nil, o)
	must(t, err)
	must(t, w.Close())
	spare := filepath.Join(dir, "0.tmp")
	must(t, os.WriteFile(spare, bytes.Repeat([]byte{0xab}, 1<<20), 0o600))
	w, err = wal.Open(dir, nil, o)
	must(t, err)
	_, _, _, err = w.ReadAll()
	must(t, err)
	must(t, w.Save(hs(1, 1, 0), []*raftpb.Entry{ent(1, 1, 3<<20)}))
	wal.WaitForFilled(w, size)
	b, err := os.ReadFile(spare)
	must(t, err)
	if !bytes.Equal(b, make([]byte, size)) {
		t.Errorf("the spare has %d bytes, not all zero, want %d zeros", len(b), size)
	}
	must(t, w.Save(nil, []*raftpb.Entry{ent(2, 1, 2<<20)}))
	must(t, w.Save(nil, []*raftpb.Entry{ent(3, 1)}))
	if n := len(w.Segments()); n != 2 {
		t.Errorf("%d segments", n)
	}
	must(t, w.Close())
	if _, err := os.Stat(spare); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Close left %v", err)
	}
	if _, err := wal.Verify(dir, nil, nil); err != nil {
		t.Error(err)
	}
}

// TestSpareFails: that the next segment cannot be made ahead is no failure of the log, until a cut needs it; and then it is tried again. W19 W18
func TestSpareFails(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 2048)
	struck := sim.Inject(disk.Fault{Name: "0.tmp", Nth: 1, Err: syscall.ENOSPC})
	if err := w.Prepare(); err == nil || struck() != 1 {
		t.Errorf("Prepare() error = %v, struck %d", err, struck())
	}
	next := uint64(1)
	for len(w.Segments()) < 3 {
		must(t, w.Save(nil, []*raftpb.Entry{ent(next, 1, 500)}))
		next++
	}
	must(t, sim.Mkdir(folderName+"/0.tmp", disk.DirMode)) // in the way for good
	var err error
	for err == nil {
		if err = w.Save(nil, []*raftpb.Entry{ent(next, 1, 500)}); err == nil {
			next++
		}
	}
	if again := w.Save(hs(2, 1, 0), nil); again == nil || again.Error() != err.Error() {
		t.Errorf("Save() behind a failed cut = %v, want %v", again, err)
	}
	if !strings.Contains(err.Error(), "cut log/0000000000000002-") {
		t.Errorf("error does not name the segment: %v", err)
	}
	w.Close()
	must(t, sim.Remove(folderName+"/0.tmp"))
	if _, r := reopen(t, sim, 2048, nil); uint64(len(r.ents)) < next-1 {
		t.Errorf("%d entries are left of %d that were acknowledged", len(r.ents), next-1)
	}
}

// TestLeftoverSpare: nothing of a file that a crash has left under the spare's name comes back behind the head of a segment. W20
func TestLeftoverSpare(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 2048)
	put(t, sim, folderName+"/0.tmp", bytes.Repeat([]byte{0xab}, 4096))
	for i := uint64(1); len(w.Segments()) < 2; i++ {
		must(t, w.Save(hs(1, 1, 0), []*raftpb.Entry{ent(i, 1, 500)}))
	}
	last := content(t, sim, folderName+"/"+w.Segments()[1].Name)
	if bytes.Contains(last, []byte{0xab, 0xab}) {
		t.Error("the leftover shows behind the head")
	}
}

// TestCutOrder: at a cut, the old segment is whole and durable before the new one has its name, the new one's head too, and its name before anything is
// acknowledged in it. W36
func TestCutOrder(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 1000)
	i := uint64(1)
	for ; len(w.Segments()) < 2; i++ {
		sim.ClearLog()
		must(t, w.Save(nil, []*raftpb.Entry{ent(i, 1, 700)}))
	}
	var got []string
	for _, e := range sim.Log() {
		if e.Op&disk.OpChanges != 0 {
			got = append(got, e.Op.String()+" "+filepath.Base(e.Name))
		}
	}
	const old, spare, folder = "0000000000000000-0000000000000000.wal", "0.tmp", folderName
	want := []string{
		"write " + old, "truncate " + old, "sync " + old, "create " + spare, "preallocate " + spare, "write " + spare, "sync " + spare,
		"rename " + spare, "syncdir " + folder,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations mismatch (-want +got):\n%s", diff)
	}
}

// TestWhenToCut: a segment is left by the Save that finds its size written; a Save is never split, however large; what is not yet synced does not count,
// as it does not for etcd; and a snapshot's record never begins a segment. W34
func TestWhenToCut(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 1000)
	expect := func(what string, segments int) {
		t.Helper()
		if n := len(w.Segments()); n != segments {
			t.Errorf("%s: %d segments, want %d", what, n, segments)
		}
	}
	must(t, w.Save(hs(1, 1, 0), ents(1, 20, 1))) // beyond the size, but nothing was synced before
	expect("one large Save", 1)
	for i := uint64(2); i < 20; i++ {
		must(t, w.SaveSnapshot(snapshot(i, 1)))
	}
	expect("snapshots", 1)
	must(t, w.Save(hs(1, 1, 20), nil))
	expect("a hard state", 2)
	for range 100 {
		must(t, w.Save(hs(1, 1, 20), nil))
	}
	expect("hard states that are not synced", 2)
	must(t, w.Save(hs(1, 1, 20), []*raftpb.Entry{ent(21, 1, 1<<20)}))
	expect("one Save larger than etcd's buffer", 3)
}

// TestNamesDoNotGoBack: the index in a segment's name is that of the next entry, or of the entry behind the leader's snapshot that was recorded last; where an
// overwrite takes the log back, it stays, also after reopening. A snapshot that was given up counts no more: who reads a later segment alone has not seen it, and
// would take the name for another's. W04
func TestNamesDoNotGoBack(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 4096)
	expect := func(what string, want ...uint64) {
		t.Helper()
		var got []uint64
		for _, s := range w.Segments() {
			got = append(got, s.Index)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s: indexes in names mismatch (-want +got):\n%s", what, diff)
		}
	}
	// cut saves a large entry, so that the next Save cuts.
	cut := func(index, term uint64) {
		t.Helper()
		must(t, w.Save(nil, []*raftpb.Entry{ent(index, term, 5000)}))
		must(t, w.Save(nil, ents(index+1, index+1, term)))
	}
	must(t, w.Save(hs(1, 1, 3), ents(1, 10, 1)))
	cut(11, 1)
	expect("a log that grows", 0, 13)
	must(t, w.Save(hs(2, 1, 3), nil))
	cut(5, 2)
	expect("an overwrite", 0, 13, 13)
	cut(7, 2)
	expect("the next cut", 0, 13, 13, 13)
	must(t, w.Close())
	w, _ = reopen(t, sim, 4096, nil)
	cut(9, 2)
	expect("reopened", 0, 13, 13, 13, 13)
	must(t, w.SaveSnapshot(snapshot(100, 3)))
	for term := uint64(3); len(w.Segments()) < 6; term++ {
		must(t, w.Save(hs(term, 1, 100), nil))
	}
	expect("a leader's snapshot", 0, 13, 13, 13, 13, 101)
	must(t, w.SaveSnapshot(snapshot(200, 90)))
	must(t, w.Close())
	w, r := reopen(t, sim, 4096, at(100, 3)) // the snapshot at 200 was never committed
	for term := r.state.GetTerm() + 1; len(w.Segments()) < 3; term++ {
		must(t, w.Save(hs(term, 1, 100), nil))
	}
	expect("a snapshot that was never committed", 13, 101, 101)
	must(t, w.Close())
	if _, err := wal.Verify(folderName, at(100, 3), quiet(sim, 0)); err != nil {
		t.Errorf("Verify() at the snapshot: %v", err)
	}
}

// TestNameBehindASnapshotGivenUp: a leader's snapshot was given up, the log has gone on behind it, and is cut again after another start.
func TestNameBehindASnapshotGivenUp(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 4096)
	must(t, errors.Join(w.Save(hs(1, 1, 3), ents(1, 5, 1)), w.SaveSnapshot(snapshot(3, 1)), w.SaveSnapshot(snapshot(100, 1)), w.Close()))
	w, _ = reopen(t, sim, 4096, at(3, 1))
	must(t, errors.Join(w.Save(nil, []*raftpb.Entry{ent(6, 1, 5000)}), w.Save(nil, ents(7, 9, 1)), w.Save(nil, ents(10, 11, 1)), w.Close()))
	w, _ = reopen(t, sim, 4096, at(3, 1))
	for term := uint64(2); len(w.Segments()) < 3; term++ {
		must(t, w.Save(hs(term, 1, 11), nil))
	}
	must(t, errors.Join(w.SaveSnapshot(snapshot(11, 1)), w.Close()))
	if _, r := reopen(t, sim, 4096, at(11, 1)); len(r.ents) != 0 {
		t.Errorf("ReadAll() = %v, want nothing", indexes(r.ents))
	}
	if _, err := wal.Verify(folderName, at(11, 1), quiet(sim, 0)); err != nil {
		t.Errorf("Verify() = %v", err)
	}
}
