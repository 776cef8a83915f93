package wal_test

import (
	"errors"
	"strings"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestLeaderSnapshotInterrupted stops a node between the record of a leader's snapshot and the Save that commits it, and in that Save. Opened
// at an older snapshot, the log is the one before: the node has told nobody that it has the new one. Once the hard state commits it, the old
// entries are gone. W02 R07
func TestLeaderSnapshotInterrupted(t *testing.T) {
	t.Parallel()
	ten := indexes(ents(1, 10, 1))
	for _, c := range []struct {
		name     string
		snapshot uint64 // of term 3, behind entries 1..10 of term 1
		then     func(b *build)
		want     string
		replaced bool
	}{
		{"beyond_the_log", 100, func(*build) {}, ten, false},
		{"inside_the_log", 8, func(*build) {}, ten, false},
		{"entries_of_the_unfinished_Save", 100, func(b *build) { b.save(nil, ents(101, 102, 3)...) }, ten, false},
		{"entries_inside_the_log", 8, func(b *build) { b.save(nil, ents(9, 12, 3)...) }, ten, false},
		{"started_again_without_it", 100, func(b *build) { b.save(hs(4, 1, 5), ents(11, 12, 4)...) }, strings.TrimSuffix(ten, "]") + " 11/4 12/4]", false},
		{"started_again_in_the_midst", 100, func(b *build) {
			b.save(nil, ents(101, 102, 3)...)
			b.save(hs(4, 1, 5), ents(11, 12, 4)...)
		}, strings.TrimSuffix(ten, "]") + " 11/4 12/4]", false},
		{"started_again_in_a_lower_term", 100, func(b *build) {
			b.save(nil, ents(101, 102, 5)...)
			b.save(hs(4, 1, 5)).save(nil, ents(11, 12, 4)...)
		}, strings.TrimSuffix(ten, "]") + " 11/4 12/4]", false},
		{"started_again_inside_in_a_lower_term", 9, func(b *build) { b.save(nil, ents(10, 11, 2)...) }, "[1/1 2/1 3/1 4/1 5/1 6/1 7/1 8/1 9/1 10/2 11/2]", false},
		{"a_lower_one_next", 100, func(b *build) { b.snapshot(50, 4).save(hs(4, 1, 5), ents(11, 12, 4)...) }, strings.TrimSuffix(ten, "]") + " 11/4 12/4]", false},
		{"one_of_its_own_next", 100, func(b *build) { b.snapshot(5, 1).save(hs(4, 1, 5), ents(11, 12, 4)...) }, strings.TrimSuffix(ten, "]") + " 11/4 12/4]", false},
		{"a_higher_one_next", 100, func(b *build) { b.snapshot(120, 4).save(hs(4, 1, 5), ents(11, 12, 4)...) }, strings.TrimSuffix(ten, "]") + " 11/4 12/4]", false},
		{"committed", 100, func(b *build) { b.save(hs(3, 1, 100), ents(101, 102, 3)...) }, ten, true},
		{"committed_inside", 8, func(b *build) { b.save(hs(3, 1, 8), ents(9, 12, 3)...) }, "[1/1 2/1 3/1 4/1 5/1 6/1 7/1]", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBuild(nil).save(hs(1, 1, 5), ents(1, 10, 1)...).save(hs(3, 0, 5)).snapshot(c.snapshot, 3)
			c.then(b)
			r := read(t, b.files(), nil)
			if replaced := errors.Is(r.err, wal.ErrSliceOutOfRange); replaced != c.replaced || r.err != nil && !replaced {
				t.Errorf("ReadAll() error = %v, want ErrSliceOutOfRange: %v", r.err, c.replaced)
			}
			if got := indexes(r.ents); got != c.want {
				t.Errorf("ReadAll() = %v, want %v", got, c.want)
			}
			if r := read(t, b.files(), at(c.snapshot, 3)); r.err != nil {
				t.Errorf("opened at the snapshot: %v", r.err)
			}
		})
	}
}

// TestStartRecordedAgain goes on without a leader's snapshot in a segment that is not the first: the record of the start, of index 0, does not say there
// that the log begins anew.
func TestStartRecordedAgain(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 2), ents(1, 4, 1)...).cut().snapshot(16, 5).snapshot(0, 0)
	b.save(hs(5, 1, 3), ents(5, 6, 5)...).snapshot(3, 1).save(hs(5, 1, 4))
	if got, want := read(t, b.files(), at(0, 0)), "[1/1 2/1 3/1 4/1 5/5 6/5]"; got.err != nil || indexes(got.ents) != want {
		t.Errorf("ReadAll() = %v, %v, want %v", indexes(got.ents), got.err, want)
	}
	delete(b.image, b.image.names()[0])
	b.snapshot(20, 6).save(hs(6, 1, 20), ents(21, 22, 6)...)
	if got, want := read(t, b.files(), at(20, 6)), "[21/6 22/6]"; got.err != nil || indexes(got.ents) != want {
		t.Errorf("ReadAll() at 20 = %v, %v, want %v", indexes(got.ents), got.err, want)
	}
}

// TestLeaderSnapshotBeforeStart opens a log behind a leader's snapshot that was never committed, or was: the entries behind the start are those of
// before, or those of after.
func TestLeaderSnapshotBeforeStart(t *testing.T) {
	t.Parallel()
	log := func() *build { return newBuild(nil).save(hs(1, 1, 5), ents(1, 10, 1)...).snapshot(8, 3) }
	for _, c := range []struct {
		name string
		b    *build
		at   *raftpb.SnapshotMetadata
		want string
	}{
		{"never_committed", log().snapshot(0, 0).save(hs(1, 1, 9)).snapshot(9, 1), at(9, 1), "[10/1]"},
		{"never_committed_at_the_end", newBuild(nil).save(hs(1, 1, 5), ents(1, 10, 1)...).snapshot(9, 1).snapshot(8, 3), at(9, 1), "[10/1]"},
		{"never_committed_and_went_on", log().snapshot(0, 0).save(hs(4, 1, 9), ents(11, 12, 4)...).snapshot(9, 1), at(9, 1), "[10/1 11/4 12/4]"},
		{"unfinished_Save", log().save(nil, ents(9, 12, 3)...).snapshot(0, 0).save(hs(4, 1, 9)).snapshot(9, 1), at(9, 1), "[10/1]"},
		{"a_higher_one_committed", log().snapshot(9, 3).save(hs(3, 1, 9), ents(10, 11, 3)...), at(9, 3), "[10/3 11/3]"},
		{"a_higher_one_behind_an_unfinished_Save", log().save(nil, ents(9, 12, 3)...).snapshot(11, 3).save(hs(3, 1, 11)), at(11, 3), "[]"},
		{"committed", log().save(hs(3, 1, 9), ents(9, 12, 3)...).snapshot(9, 3), at(9, 3), "[10/3 11/3 12/3]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, c.b.files(), c.at)
			if got := indexes(r.ents); r.err != nil || got != c.want {
				t.Errorf("ReadAll() = %v, %v, want %v", got, r.err, c.want)
			}
			if _, err := wal.Verify(".", c.at, &wal.Options{FS: c.b.files()}); err != nil {
				t.Errorf("Verify() = %v", err)
			}
		})
	}
}

// TestCommitBelowLeaderSnapshot: while a leader's snapshot waits, the commit moves to it or beyond, or stays.
func TestCommitBelowLeaderSnapshot(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	if err := errors.Join(w.Save(hs(1, 1, 5), ents(1, 10, 1)), w.SaveSnapshot(snapshot(100, 3))); err != nil {
		t.Fatal(err)
	}
	if err := w.Save(hs(3, 0, 50), nil); !errors.Is(err, wal.ErrRefused) {
		t.Errorf("Save() of commit 50 before the snapshot at 100 = %v, want ErrRefused", err)
	}
	if err := errors.Join(w.Save(hs(3, 0, 5), nil), w.Save(hs(3, 0, 100), ents(101, 102, 3)), w.Close()); err != nil {
		t.Error(err)
	}
}

// TestLeaderSnapshotOfTheOldTerm: a crash has left the entry of a new term, and taken its hard state. The leader of the old term has heard nothing of the
// new one, and what it sends counts: a snapshot, or another entry in that one's place.
func TestLeaderSnapshotOfTheOldTerm(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(w *wal.WAL) error
		at   *raftpb.SnapshotMetadata
		want string
	}{
		"snapshot": {func(w *wal.WAL) error { return errors.Join(w.SaveSnapshot(snapshot(9, 4)), w.Save(hs(4, 1, 9), nil)) }, at(9, 4), "[]"},
		"snapshot_and_entry": {func(w *wal.WAL) error {
			return errors.Join(w.SaveSnapshot(snapshot(9, 4)), w.Save(hs(4, 1, 9), ents(10, 11, 4)))
		}, at(9, 4), "[10/4 11/4]"},
		"entry":  {func(w *wal.WAL) error { return w.Save(hs(4, 1, 3), ents(3, 4, 4)) }, nil, "[1/4 2/4 3/4 4/4]"},
		"commit": {func(w *wal.WAL) error { return w.Save(hs(4, 1, 2), nil) }, nil, "[1/4 2/4 3/5]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := onDisk(t, newBuild(nil).save(hs(4, 1, 1), ents(1, 2, 4)...).save(nil, ent(3, 5)).image)
			w, r := reopen(t, sim, 0, nil)
			if got, want := indexes(r.ents), "[1/4 2/4 3/5]"; got != want {
				t.Fatalf("ReadAll() = %v, want %v", got, want)
			}
			must(t, c.do(w))
			must(t, w.Close())
			if _, r := reopen(t, sim, 0, c.at); indexes(r.ents) != c.want || r.state.GetTerm() != 4 {
				t.Errorf("ReadAll() = %v, %v, want %v", indexes(r.ents), r.state, c.want)
			}
		})
	}
}

// TestOwnSnapshotBesideALeaders: between the record of a leader's snapshot and the Save that commits it, another goroutine records one of the node's own. So does
// etcd's.
func TestOwnSnapshotBesideALeaders(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string][]*raftpb.Entry{"alone": nil, "with_an_entry": ents(101, 101, 3)} {
		b := newBuild(nil).save(hs(3, 1, 5), ents(1, 10, 1)...).snapshot(3, 1).snapshot(100, 3).snapshot(5, 1)
		if r := read(t, b.files(), at(5, 1)); r.err != nil || indexes(r.ents) != indexes(ents(6, 10, 1)) {
			t.Errorf("%s, not committed: ReadAll() = %v, %v", name, indexes(r.ents), r.err)
		}
		b.save(hs(3, 1, 100), behind...)
		valid, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: b.files()})
		if r := read(t, b.files(), at(100, 3)); err != nil || len(valid) != 4 || r.err != nil || indexes(r.ents) != indexes(behind) {
			t.Errorf("%s: %v, %v, ReadAll() = %v, %v", name, valid, err, indexes(r.ents), r.err)
		}
	}
}

// TestOldStartBesideALeaders: a snapshot that is recorded once more behind a leader's gives that up, also if it was recorded before it was committed.
func TestOldStartBesideALeaders(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 3), ents(1, 10, 1)...).snapshot(8, 1).save(hs(1, 1, 9)).snapshot(10, 3).snapshot(8, 1).save(hs(3, 0, 11), ent(11, 3))
	if r := read(t, b.files(), at(8, 1)); r.err != nil || indexes(r.ents) != "[9/1 10/1 11/3]" {
		t.Errorf("ReadAll() = %v, %v, want [9/1 10/1 11/3]", indexes(r.ents), r.err)
	}
}

// TestStartInAnEarlierSegment: a leader's snapshot is given up, and later reached by entries, in segments that begin before it: its only record stands in front of
// them. Opened there, the log can be purged, and opens there again.
func TestStartInAnEarlierSegment(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 512)
	must(t, errors.Join(w.Save(hs(3, 0, 5), ents(1, 10, 1)), w.SaveSnapshot(snapshot(100, 3)), w.Close()))
	w, _ = reopen(t, sim, 512, nil)
	for i := uint64(11); i < 130; i += 3 {
		must(t, w.Save(hs(4, 2, i), ents(i, i+2, 3)))
	}
	must(t, w.Close())
	w, _ = reopen(t, sim, 512, at(100, 3))
	before := len(segments(t, sim))
	must(t, errors.Join(w.ReleaseLockTo(100), w.Purge(), w.Close()))
	_, r := reopen(t, sim, 512, at(100, 3))
	if after := len(segments(t, sim)); after >= before || indexes(r.ents) != indexes(ents(101, 130, 3)) {
		t.Errorf("%d segments of %d, ReadAll() = %v", after, before, indexes(r.ents))
	}
}

// TestGivenUpBehindAHeadWithoutState: a segment that etcd began after a start does not say the hard state. There was one, so that a leader's snapshot waits.
func TestGivenUpBehindAHeadWithoutState(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(5, 1, 3), ents(1, 10, 5)...)
	b.state = nil
	b.cut().snapshot(100, 5).save(hs(6, 0, 11), ents(11, 13, 5)...).save(hs(6, 0, 12)).snapshot(12, 5)
	if r := read(t, b.files(), at(12, 5)); r.err != nil || indexes(r.ents) != "[13/5]" {
		t.Errorf("ReadAll() = %v, %v, want [13/5]", indexes(r.ents), r.err)
	}
}

// TestLeaderSnapshotTwice: a leader's snapshot inside the log is given up, the log goes on, and the same snapshot comes again, or entries in the place of those
// before it.
func TestLeaderSnapshotTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then func(w *wal.WAL) error
		want string
	}{
		"snapshot": {func(w *wal.WAL) error { return errors.Join(w.SaveSnapshot(snapshot(8, 3)), w.Save(hs(3, 0, 8), nil)) }, "[]"},
		"entries":  {func(w *wal.WAL) error { return w.Save(hs(3, 0, 9), ents(6, 9, 3)) }, "[9/3]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			w := create(t, sim, 0)
			must(t, errors.Join(w.Save(hs(1, 1, 5), ents(1, 10, 1)), w.SaveSnapshot(snapshot(8, 3)), w.Close()))
			w, _ = reopen(t, sim, 0, nil)
			must(t, errors.Join(w.Save(nil, ents(11, 12, 1)), c.then(w), w.Close()))
			if _, r := reopen(t, sim, 0, at(8, 3)); indexes(r.ents) != c.want {
				t.Errorf("ReadAll() = %v, want %v", indexes(r.ents), c.want)
			}
		})
	}
}

// TestNothingToRecordAgain: a log whose beginning was purged is opened at the beginning, behind a leader's snapshot that was given up. What was never recorded is not
// recorded again.
func TestNothingToRecordAgain(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 10), ents(1, 10, 1)...).cut().snapshot(10, 1).save(hs(1, 1, 10)).snapshot(100, 3)
	delete(b.image, b.image.names()[0])
	sim := onDisk(t, b.image)
	w, _ := reopen(t, sim, 0, nil)
	must(t, w.Close())
	if valid, err := wal.ValidSnapshotEntries(folderName, quiet(sim, 0)); err != nil || len(valid) != 1 {
		t.Errorf("ValidSnapshotEntries() = %v, %v", valid, err)
	}
}

// TestOpenedAtALeaderSnapshotThatWaits: a hard state of a lower term than the snapshot's would say, to the next reader, that nobody relied on it; so would
// another entry in the place of one behind it.
func TestOpenedAtALeaderSnapshotThatWaits(t *testing.T) {
	t.Parallel()
	sim := onDisk(t, newBuild(nil).save(hs(1, 1, 5), ents(1, 10, 1)...).snapshot(100, 3).image)
	w, _ := reopen(t, sim, 0, at(100, 3))
	if err := w.Save(hs(2, 1, 100), nil); !errors.Is(err, wal.ErrRefused) {
		t.Errorf("Save() of term 2 = %v, want ErrRefused", err)
	}
	must(t, w.Save(hs(3, 0, 100), ents(101, 101, 3)))
	must(t, w.Close())
	if _, r := reopen(t, sim, 0, at(100, 3)); indexes(r.ents) != "[101/3]" {
		t.Errorf("ReadAll() = %v, want [101/3]", indexes(r.ents))
	}

	sim = onDisk(t, newBuild(nil).save(hs(1, 1, 5), ents(1, 10, 1)...).snapshot(100, 3).save(nil, ents(101, 102, 3)...).image)
	w, _ = reopen(t, sim, 0, at(100, 3))
	if err := w.Save(hs(3, 0, 100), ents(101, 102, 3)); !errors.Is(err, wal.ErrRefused) {
		t.Errorf("Save() of what the crash has left: error = %v, want ErrRefused", err)
	}
	must(t, errors.Join(w.Save(hs(3, 0, 100), nil), w.Save(nil, ents(101, 103, 3)), w.Close()))
	if _, r := reopen(t, sim, 0, at(100, 3)); indexes(r.ents) != "[101/3 102/3 103/3]" {
		t.Errorf("ReadAll() = %v, want [101/3 102/3 103/3]", indexes(r.ents))
	}
}

// TestStartedAgainBehindLeaderSnapshot: an entry that cannot follow a leader's snapshot that waits shows that the node went on without it, also where it lies behind
// it. Etcd writes that.
func TestStartedAgainBehindLeaderSnapshot(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 3), ents(1, 10, 1)...).snapshot(8, 3).save(nil, ents(11, 12, 1)...)
	if got, want := read(t, b.files(), nil), indexes(ents(1, 12, 1)); got.err != nil || indexes(got.ents) != want {
		t.Errorf("ReadAll() = %v, %v, want %v", indexes(got.ents), got.err, want)
	}
	b = newBuild(nil).save(hs(1, 1, 5), ents(1, 10, 1)...).snapshot(8, 3).save(hs(2, 1, 9)) // a term below the snapshot's
	if got, want := read(t, b.files(), nil), indexes(ents(1, 10, 1)); got.err != nil || indexes(got.ents) != want {
		t.Errorf("ReadAll() = %v, %v, want %v", indexes(got.ents), got.err, want)
	}
}

// TestFirstSnapshot: the first words of a node that joins late are its leader's snapshot. Where a crash leaves the record and nothing of the Save that
// commits it, the log vouches for the snapshot, and opens there: by the beginning it could not, because what follows may follow the snapshot.
func TestFirstSnapshot(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 4096)
	first := at(72, 3)
	first.ConfState = &raftpb.ConfState{Voters: []uint64{1}}
	if err := w.SaveSnapshot(first); err != nil {
		t.Fatal(err)
	}
	sim = sim.Kill()
	valid, err := wal.ValidSnapshotEntries("log", quiet(sim, 4096))
	if err != nil || len(valid) != 2 || valid[1].GetIndex() != 72 {
		t.Fatalf("ValidSnapshotEntries() = %v, %v; want those of index 0 and 72", valid, err)
	}
	w, err = wal.Open("log", valid[1], quiet(sim, 4096))
	if err != nil {
		t.Fatal(err)
	}
	if _, state, ents, err := w.ReadAll(); err != nil || state.GetTerm() != 0 || len(ents) != 0 {
		t.Errorf("ReadAll() = %v, %v, %v", state, ents, err)
	}
	if err := w.Save(hs(3, 0, 72), ents(73, 73, 3)); err != nil {
		t.Errorf("Save() behind the snapshot: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// TestLeaderSnapshotsInOneSegment: a log is opened at a leader's snapshot in a segment that holds no entry before it; the next one is not committed, and
// entries follow it. Found by the crash search.
func TestLeaderSnapshotsInOneSegment(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 2, 3), ents(1, 4, 1)...).cut()
	b.snapshot(164, 2).save(hs(2, 0, 164)).snapshot(332, 2).save(nil, ent(333, 2))
	if r := read(t, b.files(), at(164, 2)); r.err != nil || len(r.ents) > 0 {
		t.Errorf("ReadAll() = %v, %v, want nothing", indexes(r.ents), r.err)
	}
	if r := read(t, b.files(), at(332, 2)); r.err != nil || indexes(r.ents) != "[333/2]" {
		t.Errorf("ReadAll() at the second = %v, %v", indexes(r.ents), r.err)
	}
}

// TestOwnSnapshotInAMisnamedSegment: etcd has given the segment too low an index. The snapshot is the node's own all the same, and entries behind it may
// stand before the segment. W04
func TestOwnSnapshotInAMisnamedSegment(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 2, 102), ents(1, 105, 1)...)
	b.last = 10
	b.cut().snapshot(102, 1).save(hs(1, 2, 103)).save(nil, ents(106, 107, 1)...)
	if _, err := wal.Verify(".", at(102, 1), &wal.Options{FS: b.files()}); errors.Is(err, wal.ErrCorrupt) {
		t.Errorf("Verify() error = %v", err)
	}
	if r := read(t, b.files(), nil); r.err != nil || len(r.ents) != 107 {
		t.Errorf("ReadAll() = %d entries, %v", len(r.ents), r.err)
	}
}

// TestFirstSnapshotOfASegment: read from the segment on in which it is the first, a leader's snapshot is what the log begins with: also when the segment is
// named by its index, and when it was committed before it was recorded.
func TestFirstSnapshotOfASegment(t *testing.T) {
	t.Parallel()
	cut := func(index uint64, state *raftpb.HardState) *build {
		b := newBuild(nil).save(state, ents(1, 4, 1)...)
		b.last = index - 1
		return b.cut()
	}
	for _, c := range []struct {
		name string
		b    *build
		at   *raftpb.SnapshotMetadata
		want string
	}{
		{"of_the_segments_index", cut(5, hs(1, 2, 3)).snapshot(5, 2).save(hs(2, 0, 6), ent(6, 2)), at(5, 2), "[6/2]"},
		{"entries_missing_behind_it", cut(5, hs(1, 2, 3)).snapshot(5, 2).save(hs(2, 0, 9)), at(5, 2), "corrupt: committed entries are missing"},
		{"a_lower_term_behind_it", cut(5, hs(1, 2, 3)).snapshot(164, 5).save(hs(5, 0, 164)).save(nil, ent(165, 3)), at(164, 5), "corrupt: has term 3"},
		{"its_own_entry_behind_it", newBuild(nil).snapshot(100, 3).save(hs(3, 0, 100)).save(nil, ents(100, 101, 3)...), at(100, 3), "[101/3]"},
		{"committed_before", cut(100, hs(3, 1, 100)).snapshot(100, 3).save(nil, ents(101, 102, 3)...).snapshot(101, 3).save(hs(3, 1, 102)), at(100, 3), "[101/3 102/3]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := read(t, c.b.files(), c.at)
			got := indexes(r.ents)
			if reason, ok := strings.CutPrefix(c.want, "corrupt: "); ok && errors.Is(r.err, wal.ErrCorrupt) && strings.Contains(r.err.Error(), reason) {
				got, r.err = c.want, nil
			}
			if r.err != nil || got != c.want {
				t.Errorf("ReadAll() = %v, %v, want %v", got, r.err, c.want)
			}
		})
	}
}
