package snapshots_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
)

// An entry replaces the one at its index and all behind it, wherever reading
// starts (W02); and what a leader's snapshot replaces is gone, while behind the
// node's own everything stays.
func TestOverwritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		save func(w *snapshots.WAL) error
		at   *raftpb.SnapshotMetadata
		want result
	}{
		"below the start": {
			func(w *snapshots.WAL) error {
				return errors.Join(w.Save(nil, run(1, 1, 5)), w.Save(nil, run(2, 3, 4)), w.SaveSnapshot(meta(4, 2)))
			}, meta(4, 2), result{none(), nil},
		},
		"in the middle": {
			func(w *snapshots.WAL) error {
				return errors.Join(w.Save(nil, run(1, 1, 5)), w.Save(nil, run(2, 3, 4)))
			}, nil, result{none(), append(run(1, 1, 2), run(2, 3, 4)...)},
		},
		"by a lower term": { // figure 8 of the Raft paper
			func(w *snapshots.WAL) error {
				return errors.Join(w.Save(state(3, 5, 0), append(run(1, 1, 1), run(3, 2, 2)...)), w.Save(state(4, 1, 0), run(2, 2, 2)))
			}, nil, result{state(4, 1, 0), append(run(1, 1, 1), run(2, 2, 2)...)},
		},
		"by a leader's snapshot": {
			func(w *snapshots.WAL) error {
				return errors.Join(w.Save(nil, run(1, 1, 10)), w.SaveSnapshot(meta(8, 3)), w.Save(state(3, 1, 8), nil))
			}, meta(8, 3), result{state(3, 1, 8), nil},
		},
		"not by the node's own": {
			func(w *snapshots.WAL) error {
				return errors.Join(w.Save(state(1, 1, 5), run(1, 1, 10)), w.SaveSnapshot(meta(5, 1)))
			}, meta(5, 1), result{state(1, 1, 5), run(1, 6, 10)},
		},
		"a jump": {
			func(w *snapshots.WAL) error {
				return errors.Join(w.Save(state(1, 1, 3), run(1, 1, 5)), w.SaveSnapshot(meta(100, 2)), w.Save(state(2, 0, 100), run(2, 101, 102)))
			}, meta(100, 2), result{state(2, 0, 100), run(2, 101, 102)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, w := create(t, small)
			must(t, c.save(w))
			must(t, w.Close())
			got, err := read(t, sim, c.at)
			must(t, err)
			same(t, got, c.want)
		})
	}
}

// A leader's snapshot that no hard state has committed is as if it had not come:
// a crash between its record and that hard state must leave a log that starts.
func TestWaitingSnapshot(t *testing.T) {
	t.Parallel()
	sim, w := create(t, roomy)
	must(t, w.Save(state(1, 1, 3), run(1, 1, 10)))
	must(t, w.SaveSnapshot(meta(100, 2)))
	before := sim.Crash(disk.Lost)
	got, err := read(t, before, nil)
	must(t, err)
	same(t, got, result{state(1, 1, 3), run(1, 1, 10)})

	// The Save behind it, torn between its entries and its hard state.
	must(t, w.Save(state(2, 0, 100), run(2, 101, 102)))
	names := names(t, sim)
	torn := cutLast(t, sim, path(names[0]))
	valid, err := snapshots.ValidSnapshotEntries(torn, dir)
	must(t, err)
	if len(valid) != 1 || valid[0].GetIndex() != 0 {
		t.Fatalf("valid are %v", valid)
	}
	got, err = read(t, torn, nil)
	must(t, err)
	same(t, got, result{state(1, 1, 3), run(1, 1, 10)})

	// The node goes on with the old log, and later the log is read again.
	w, err = snapshots.Open(torn, dir, nil, small)
	must(t, err)
	_, _, _, err = w.ReadAll()
	must(t, err)
	must(t, w.Save(state(1, 1, 11), run(1, 11, 12)))
	must(t, w.Close())
	got, err = read(t, torn, nil)
	must(t, err)
	same(t, got, result{state(1, 1, 11), run(1, 1, 12)})
	if _, err := read(t, sim.Kill(), nil); !errors.Is(err, snapshots.ErrSliceOutOfRange) {
		t.Errorf("a replaced log, read from its beginning: %v", err)
	}
}

// A hard state below the term of a leader's snapshot that waits, or of an entry
// behind it, does not commit it: the log before is the log, and the entries of that
// are what it commits. The highest term that the log ever had is of no account.
func TestTermOfAWaitingSnapshot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		snapshot *raftpb.SnapshotMetadata
		behind   []*raftpb.Entry
		state    *raftpb.HardState
		at       *raftpb.SnapshotMetadata
		want     []*raftpb.Entry
	}{
		"below the snapshot":         {meta(8, 4), nil, state(3, 0, 9), nil, append(run(1, 1, 9), run(5, 10, 10)...)},
		"below an entry behind it":   {meta(8, 2), run(4, 9, 9), state(3, 0, 9), nil, append(run(1, 1, 9), run(5, 10, 10)...)},
		"below the log's, and right": {meta(8, 3), run(3, 9, 9), state(3, 0, 9), meta(8, 3), run(3, 9, 9)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, w := create(t, roomy)
			must(t, w.Save(state(1, 1, 3), run(1, 1, 9)))
			must(t, w.Save(nil, run(5, 10, 10)))
			must(t, w.Close())
			add(t, sim, c.snapshot, c.behind, c.state)
			got, err := read(t, sim, c.at)
			must(t, err)
			same(t, got, result{c.state, c.want})
		})
	}
}

// A node died in the Save that was to commit a leader's snapshot at 8, and went on
// in its old term behind entry 9, before a cut. When that is purged, only the commit
// shows that the snapshot was not the node's own.
func TestWaitingSnapshotBehindAPurge(t *testing.T) {
	t.Parallel()
	sim, w := create(t, &snapshots.Options{SegmentSize: 1})
	must(t, w.Save(state(5, 1, 3), run(5, 1, 9)))
	must(t, w.SaveSnapshot(meta(3, 5)))
	must(t, w.Close())
	add(t, sim, meta(8, 6), run(7, 9, 9), nil)
	w, err := snapshots.Open(sim, dir, meta(3, 5), roomy)
	must(t, err)
	_, _, _, err = w.ReadAll()
	must(t, err)
	must(t, w.Save(nil, run(5, 10, 10)))
	must(t, w.SaveSnapshot(meta(12, 8)))
	must(t, w.Save(state(8, 0, 12), nil))
	must(t, errors.Join(w.ReleaseLockTo(12), w.Purge(), w.Close()))
	if n := len(names(t, sim)); n != 1 {
		t.Fatalf("%d segments are left, want 1", n)
	}
	got, err := read(t, sim, meta(12, 8))
	must(t, err)
	same(t, got, result{state(8, 0, 12), nil})
}

// add appends a leader's snapshot, entries, and a hard state unless it is nil, as a
// Save does that comes behind the snapshot.
func add(t *testing.T, sim *disk.Sim, snapshot *raftpb.SnapshotMetadata, ents []*raftpb.Entry, state *raftpb.HardState) {
	t.Helper()
	log, err := segments.Open(sim, dir, nil)
	must(t, err)
	for _, err := range log.Records() {
		must(t, err)
	}
	must(t, log.Append(records.TypeSnapshot, []byte{0x08, byte(snapshot.GetIndex()), 0x10, byte(snapshot.GetTerm())}))
	for _, e := range ents {
		b, err := proto.Marshal(e)
		must(t, errors.Join(err, log.Append(records.TypeEntry, b)))
	}
	if state != nil {
		b, err := proto.Marshal(state)
		must(t, errors.Join(err, log.Append(records.TypeState, b)))
	}
	must(t, log.Close())
}

// path returns the name of a segment on the disk.
func path(segment string) string { return dir + "/" + segment }

// cutLast returns a disk on which the last record of a segment is gone.
func cutLast(t *testing.T, sim *disk.Sim, name string) *disk.Sim {
	t.Helper()
	sim = sim.Kill()
	var last int64
	for rec, err := range segments.Read(sim, dir) {
		must(t, err)
		last = rec.Offset
	}
	f, err := sim.Open(name, 2, 0)
	must(t, err)
	defer f.Close()
	must(t, f.Truncate(last))
	return sim
}

// Refused is refused before anything is written, and the log goes on (W05, W06,
// W07).
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state *raftpb.HardState
		ents  []*raftpb.Entry
	}{
		"gap":                          {nil, run(2, 12, 12)},
		"gap inside":                   {nil, append(run(2, 11, 11), run(2, 13, 13)...)},
		"repeated inside":              {nil, append(run(2, 11, 11), run(2, 11, 11)...)},
		"no index":                     {nil, run(2, 0, 0)},
		"no term":                      {nil, run(0, 11, 11)},
		"nil entry":                    {nil, []*raftpb.Entry{nil}},
		"type":                         {nil, []*raftpb.Entry{{Term: new(uint64(2)), Index: new(uint64(11)), Type: new(raftpb.EntryType(3))}}},
		"lower term":                   {nil, run(1, 11, 11)},
		"lower term inside":            {nil, append(run(3, 11, 11), run(2, 12, 12)...)},
		"committed":                    {nil, run(3, 5, 12)},
		"ends below the commit":        {nil, run(2, 4, 4)},
		"commit beyond the log":        {state(2, 1, 11), nil},
		"commit beyond, with entries":  {state(2, 1, 13), run(2, 11, 12)},
		"commit goes down":             {state(2, 1, 4), nil},
		"term goes down":               {state(1, 0, 5), nil},
		"term below that of an entry":  {state(2, 1, 5), run(3, 11, 11)},
		"vote changes":                 {state(2, 2, 5), nil},
		"vote is taken back":           {state(2, 0, 5), nil},
		"good entries and a bad state": {state(2, 2, 5), run(2, 11, 11)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, w := create(t, roomy)
			must(t, w.Save(state(2, 1, 5), run(2, 1, 10)))
			sim.ClearLog()
			if err := w.Save(c.state, c.ents); !errors.Is(err, snapshots.ErrRefused) {
				t.Fatalf("Save() = %v, want ErrRefused", err)
			}
			must(t, w.Sync())
			for _, e := range sim.Log() {
				if e.Op == disk.OpWrite {
					t.Errorf("written: %v", e)
				}
			}
			must(t, w.Save(state(2, 1, 6), run(2, 11, 11)))
			must(t, w.Close())
			got, err := read(t, sim, nil)
			must(t, err)
			same(t, got, result{state(2, 1, 6), run(2, 1, 11)})
		})
	}
}

// The log remembers what it must refuse when it is opened again.
func TestRefusedAfterReopening(t *testing.T) {
	t.Parallel()
	sim, w := create(t, roomy)
	must(t, w.Save(state(2, 1, 5), run(2, 1, 10)))
	w = reopen(t, sim, w, nil)
	for _, err := range []error{
		w.Save(nil, run(2, 12, 12)), w.Save(nil, run(3, 5, 12)), w.Save(state(2, 1, 4), nil),
		w.Save(state(2, 2, 5), nil), w.Save(state(2, 1, 11), nil), w.SaveSnapshot(meta(5, 3)),
		w.SaveSnapshot(nil), w.SaveSnapshot(&raftpb.SnapshotMetadata{Index: new(uint64(5))}),
		w.SaveSnapshot(&raftpb.SnapshotMetadata{Index: new(uint64(5)), Term: new(uint64(2))}),
	} {
		if !errors.Is(err, snapshots.ErrRefused) {
			t.Errorf("%v, want ErrRefused", err)
		}
	}
	must(t, w.Save(state(2, 1, 6), nil))
	must(t, w.SaveSnapshot(meta(100, 3)))
	if err := w.Save(nil, run(3, 101, 101)); !errors.Is(err, snapshots.ErrRefused) {
		t.Errorf("entries behind a snapshot that waits: %v", err)
	}
	must(t, w.Save(state(3, 0, 100), run(3, 101, 101)))
	must(t, w.Close())
}

// Every segment begins with checksum, metadata and hard state, also when no hard
// state was saved since the log was opened (W03); and names never go back, also
// when it was opened behind a leader's snapshot, or entries were overwritten (W04).
func TestHeads(t *testing.T) {
	t.Parallel()
	sim, w := create(t, small)
	must(t, w.Save(state(7, 3, 5), run(7, 1, 5)))
	w = reopen(t, sim, w, nil)
	for i := uint64(6); i < 40; i++ {
		must(t, w.Save(nil, run(7, i, i)))
	}
	must(t, w.Save(state(7, 3, 20), run(7, 25, 30)))
	for i := uint64(31); i < 50; i++ {
		must(t, w.Save(nil, run(7, i, i)))
	}
	must(t, w.SaveSnapshot(meta(100, 7)))
	must(t, w.Save(state(7, 3, 100), nil))
	w = reopen(t, sim, w, meta(100, 7))
	for i := uint64(8); i < 60; i++ {
		must(t, w.Save(state(i, 3, 100), nil))
	}
	must(t, w.Close())

	heads := map[string][]int64{}
	for rec, err := range segments.Read(sim, dir) {
		must(t, err)
		if h := heads[rec.Segment]; len(h) < 3 {
			heads[rec.Segment] = append(h, rec.Type)
		}
	}
	list := names(t, sim)
	for _, name := range list[1:] {
		if diff := cmp.Diff([]int64{records.TypeCRC, records.TypeMetadata, records.TypeState}, heads[name]); diff != "" {
			t.Errorf("head of %s (-want +got):\n%s", name, diff)
		}
	}
	if _, index, _ := segments.ParseName(list[len(list)-1]); len(list) < 6 || index != 101 {
		t.Errorf("segments are %v", list)
	}
}

// A caller may use its hard state again: the log keeps a copy (W22).
func TestStateIsCopied(t *testing.T) {
	t.Parallel()
	sim, w := create(t, roomy)
	s := state(1, 1, 0)
	must(t, w.Save(s, run(1, 1, 1)))
	*s.Term, *s.Vote = 5, 2
	must(t, w.Save(s, nil))
	got, err := read(t, sim.Crash(disk.Lost), nil)
	must(t, err)
	same(t, got, result{state(5, 2, 0), run(1, 1, 1)})
}

// What Save must sync is synced and no more: a commit alone survives the process,
// and not a loss of power (W33).
func TestDurability(t *testing.T) {
	t.Parallel()
	sim, w := create(t, roomy)
	must(t, w.Save(state(1, 1, 1), run(1, 1, 5)))
	must(t, w.Save(state(1, 1, 5), nil))
	for _, c := range []struct {
		name string
		sim  *disk.Sim
		want uint64
	}{{"killed", sim.Kill(), 5}, {"power lost", sim.Crash(disk.Lost), 1}} {
		got, err := read(t, c.sim, nil)
		must(t, err)
		same(t, got, result{state(1, 1, c.want), run(1, 1, 5)})
	}
	must(t, w.ReleaseLockTo(0))
	got, err := read(t, sim.Crash(disk.Lost), nil)
	must(t, err)
	same(t, got, result{state(1, 1, 5), run(1, 1, 5)})
}

// What was asked for must be there (W01), and a log that is not read, or could not
// be, takes nothing (W29, W43).
func TestOpenedElsewhere(t *testing.T) {
	t.Parallel()
	sim, w := create(t, roomy)
	must(t, w.Save(state(1, 1, 3), run(1, 1, 5)))
	must(t, w.SaveSnapshot(meta(3, 1)))
	if _, _, _, err := w.ReadAll(); !errors.Is(err, snapshots.ErrRead) {
		t.Errorf("ReadAll() of a new log: %v", err)
	}
	must(t, w.Close())
	for _, c := range []struct {
		at   *raftpb.SnapshotMetadata
		want error
	}{{meta(2, 1), snapshots.ErrSnapshotNotFound}, {meta(3, 9), snapshots.ErrSnapshotMismatch}} {
		w, err := snapshots.Open(sim, dir, c.at, roomy)
		must(t, err)
		if err := w.Save(state(1, 1, 4), nil); !errors.Is(err, snapshots.ErrNotRead) {
			t.Errorf("Save() before ReadAll(): %v", err)
		}
		metadata, state, ents, err := w.ReadAll()
		if !errors.Is(err, c.want) || string(metadata) != "n1" || state.GetCommit() != 3 || ents[len(ents)-1].GetIndex() != 5 {
			t.Errorf("ReadAll() at %v = %q, %v, %v, %v", c.at, metadata, state, ents, err)
		}
		if err := w.Save(state, nil); !errors.Is(err, snapshots.ErrNotRead) {
			t.Errorf("Save() after a failed ReadAll(): %v", err)
		}
		must(t, w.Close()) // and nothing stays locked
		if err := w.Save(state, nil); !errors.Is(err, snapshots.ErrClosed) {
			t.Errorf("Save() of a closed log: %v", err)
		}
	}
}

// Segments are given up to the last one that is needed and no further (W41), and
// purged in order, up to the first that is locked (W44).
func TestRelease(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		index uint64
		want  []uint64
	}{{0, []uint64{0, 2, 3, 4, 5, 6}}, {2, []uint64{0, 2, 3, 4, 5, 6}}, {3, []uint64{2, 3, 4, 5, 6}}, {4, []uint64{3, 4, 5, 6}}, {100, []uint64{6}}} {
		t.Run(fmt.Sprint(c.index), func(t *testing.T) {
			t.Parallel()
			sim, w := create(t, &snapshots.Options{SegmentSize: 1})
			must(t, w.Save(state(1, 1, 1), run(1, 1, 1)))
			for i := uint64(2); i < 6; i++ {
				must(t, w.Save(state(1, 1, i), run(1, i, i)))
			}
			if i := max(c.index, 1) - 1; i < 5 && i > 0 {
				must(t, w.SaveSnapshot(meta(i, 1)))
			}
			must(t, w.ReleaseLockTo(c.index))
			must(t, w.Purge())
			var got []uint64
			for _, name := range names(t, sim.Crash(disk.Lost)) {
				_, index, _ := segments.ParseName(name)
				got = append(got, index)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("segments mismatch (-want +got):\n%s", diff)
			}
			must(t, w.Close())
		})
	}
}

// A purge does not take what somebody reads, and does not mind what is gone.
func TestPurgeLocked(t *testing.T) {
	t.Parallel()
	sim, w := create(t, &snapshots.Options{SegmentSize: 1})
	for i := uint64(1); i < 6; i++ {
		must(t, w.Save(state(1, 1, i), run(1, i, i)))
	}
	must(t, w.SaveSnapshot(meta(4, 1)))
	must(t, w.ReleaseLockTo(4))
	list := names(t, sim)
	must(t, sim.Remove(path(list[0])))
	f, err := sim.Open(path(list[1]), 2, 0)
	must(t, err)
	must(t, f.Lock())
	must(t, w.Purge())
	if got := names(t, sim); !slices.Equal(got, list[1:]) {
		t.Errorf("left are %v, want %v", got, list[1:])
	}
	must(t, f.Close())
	must(t, w.Purge())
	w = reopen(t, sim, w, meta(4, 1))
	must(t, w.Close())
	got, err := read(t, sim, meta(4, 1))
	must(t, err)
	same(t, got, result{state(1, 1, 5), run(1, 5, 5)})
	if _, err := read(t, sim, nil); !errors.Is(err, snapshots.ErrSnapshotNotFound) {
		t.Errorf("a purged log, read from its beginning: %v", err)
	}
}
