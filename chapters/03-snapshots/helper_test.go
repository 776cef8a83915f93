package snapshots_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/testing/protocmp"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
)

// dir is the log's folder on every disk of these tests, folder that of the
// snapshot files.
const dir, folder = "log", "snap"

// small makes every second or third Save cut.
var small = &snapshots.Options{SegmentSize: 512}

// roomy makes none cut that these tests do not mean to.
var roomy = &snapshots.Options{SegmentSize: 1 << 14}

// none is the hard state of a log that has none.
func none() *raftpb.HardState { return &raftpb.HardState{} }

// state returns a hard state.
func state(term, vote, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: &term, Vote: &vote, Commit: &commit}
}

// run returns the entries from first to last, of one term.
func run(term, first, last uint64) []*raftpb.Entry {
	var ents []*raftpb.Entry
	for i := first; i <= last; i++ {
		ents = append(ents, &raftpb.Entry{Term: new(term), Index: new(i), Data: []byte("entry")})
	}
	return ents
}

// meta returns a snapshot's position, with one voter.
func meta(index, term uint64) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: &raftpb.ConfState{Voters: []uint64{1}}}
}

// snapshotAt returns a snapshot of some data.
func snapshotAt(index, term uint64) *raftpb.Snapshot {
	return &raftpb.Snapshot{Data: []byte("state"), Metadata: meta(index, term)}
}

// must fails the test at once.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// create makes a log on a new disk.
func create(t *testing.T, opts *snapshots.Options) (*disk.Sim, *snapshots.WAL) {
	t.Helper()
	sim := disk.NewSim()
	must(t, sim.Mkdir(folder, disk.DirMode))
	must(t, sim.SyncDir("."))
	w, err := snapshots.Create(sim, dir, []byte("n1"), opts)
	must(t, err)
	return sim, w
}

// result is what ReadAll returns.
type result struct {
	State *raftpb.HardState
	Ents  []*raftpb.Entry
}

// read opens a log at a snapshot, reads it, and closes it.
func read(t *testing.T, fsys disk.FS, snap *raftpb.SnapshotMetadata) (result, error) {
	t.Helper()
	w, err := snapshots.Open(fsys, dir, snap, small)
	if err != nil {
		return result{}, err
	}
	defer w.Close()
	_, state, ents, err := w.ReadAll()
	return result{state, ents}, err
}

// reopen closes a log and takes it again, read from a snapshot on.
func reopen(t *testing.T, fsys disk.FS, w *snapshots.WAL, snap *raftpb.SnapshotMetadata) *snapshots.WAL {
	t.Helper()
	must(t, w.Close())
	w, err := snapshots.Open(fsys, dir, snap, small)
	must(t, err)
	if _, _, _, err := w.ReadAll(); err != nil {
		t.Fatal(err)
	}
	return w
}

// same fails the test if what was read is not what is wanted.
func same(t *testing.T, got, want result) {
	t.Helper()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("ReadAll() mismatch (-want +got):\n%s", diff)
	}
}

// names returns the segments of a log.
func names(t *testing.T, fsys disk.FS) []string {
	t.Helper()
	list, err := segments.List(fsys, dir)
	must(t, err)
	return list
}
