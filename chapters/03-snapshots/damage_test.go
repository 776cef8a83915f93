package snapshots_test

import (
	"errors"
	"hash/crc32"
	"os"
	"testing"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
)

// A log may go back where nothing is committed, and the names of its segments do
// not (W04).
func TestNamesWhereTheLogGoesBack(t *testing.T) {
	t.Parallel()
	_, w := create(t, &snapshots.Options{SegmentSize: 1})
	for i := uint64(1); i <= 10; i++ {
		must(t, w.Save(state(1, 1, 1), run(1, i, i)))
	}
	must(t, w.Save(state(2, 1, 1), run(2, 5, 5)))
	must(t, w.Save(state(2, 1, 5), run(2, 6, 6)))
	must(t, w.Close())
}

// What no raft node writes is corrupt, although every checksum fits (W05, W12).
func TestMeaning(t *testing.T) {
	t.Parallel()
	rec := func(typ int64, m proto.Message) records.Record {
		b, err := proto.Marshal(m)
		must(t, err)
		return records.Record{Type: typ, Data: b}
	}
	entry := func(term, index uint64) records.Record { return rec(records.TypeEntry, run(term, index, index)[0]) }
	hard := func(term, vote, commit uint64) records.Record {
		return rec(records.TypeState, state(term, vote, commit))
	}
	owner := records.Record{Type: records.TypeMetadata, Data: []byte("n1")}
	zero := records.Record{Type: records.TypeSnapshot, Data: []byte{8, 0, 16, 0}}
	for name, list := range map[string][]records.Record{
		"commit beyond the log":  {owner, zero, entry(1, 1), hard(1, 1, 2)},
		"no metadata":            {zero, entry(1, 1)},
		"metadata twice":         {owner, owner, zero},
		"unknown type":           {owner, zero, {Type: 6}},
		"entry read as a state":  {owner, zero, {Type: records.TypeState, Data: entry(1, 1).Data}},
		"no snapshot record":     {owner, {Type: records.TypeSnapshot, Data: []byte{1}}},
		"term goes down":         {owner, zero, entry(2, 1), entry(1, 2)},
		"committed, overwritten": {owner, zero, entry(1, 1), hard(2, 1, 1), entry(2, 1)},
		"hard state's term":      {owner, zero, hard(2, 1, 0), hard(1, 1, 0)},
		"hard state's vote":      {owner, zero, hard(2, 1, 0), hard(2, 3, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			l, err := segments.Create(sim, dir, list, &segments.Options{SegmentSize: 512})
			must(t, err)
			must(t, l.Close())
			if _, err := read(t, sim, nil); !errors.Is(err, segments.ErrCorrupt) {
				t.Errorf("ReadAll() = %v, want ErrCorrupt", err)
			}
		})
	}
}

// A torn end hides nothing that stands before it.
func TestValidInTornLog(t *testing.T) {
	t.Parallel()
	sim, w := create(t, small)
	must(t, w.Save(state(1, 1, 2), run(1, 1, 2)))
	must(t, w.SaveSnapshot(meta(2, 1)))
	size := int64(0)
	for rec, err := range segments.Read(sim, dir) {
		must(t, err)
		size = rec.Offset
	}
	must(t, w.Save(nil, run(1, 3, 3)))
	must(t, w.Close())
	f, err := sim.Open(path(names(t, sim)[0]), os.O_RDWR, 0)
	must(t, err)
	must(t, errors.Join(f.Truncate(size+60), f.Close())) // inside what follows the snapshot
	if _, err := snapshots.Open(sim, dir, nil, small); !errors.Is(err, segments.ErrTorn) {
		t.Fatalf("Open() = %v, want ErrTorn", err)
	}
	valid, err := snapshots.ValidSnapshotEntries(sim, dir)
	must(t, err)
	if len(valid) != 2 || valid[1].GetIndex() != 2 {
		t.Errorf("ValidSnapshotEntries() = %v", valid)
	}
}

// A stored checksum of 0 is compared like any other, and a snapshot of nothing is
// none, whatever its file is called.
func TestStrangeSnapshots(t *testing.T) {
	t.Parallel()
	sim, s := shelf(t)
	put := func(snap *raftpb.Snapshot, crc uint32) string {
		data, err := proto.Marshal(snap)
		must(t, err)
		b := protowire.AppendVarint([]byte{0x08}, uint64(crc))
		name := file(snap.GetMetadata().GetIndex(), snap.GetMetadata().GetTerm())
		write(t, sim, name, protowire.AppendBytes(append(b, 0x12), data))
		return name
	}
	put(snapshotAt(7, 1), 0)
	nothing, err := proto.Marshal(snapshotAt(0, 1))
	must(t, err)
	put(snapshotAt(0, 1), crc32.Checksum(nothing, crc32.MakeTable(crc32.Castagnoli)))
	if _, err := s.Load(); !errors.Is(err, snapshots.ErrNoSnapshot) || len(s.PassedOver()) != 2 {
		t.Errorf("Load() = %v; passed over are %v", err, s.PassedOver())
	}
}

// When the folder cannot be synced, what was removed may come back: nothing
// behind it is removed, or a crash would leave a gap.
func TestPurgeStuck(t *testing.T) {
	t.Parallel()
	sim, w := create(t, &snapshots.Options{SegmentSize: 1})
	for i := uint64(1); i < 6; i++ {
		must(t, w.Save(state(1, 1, i), run(1, i, i)))
	}
	must(t, w.SaveSnapshot(meta(4, 1)))
	must(t, w.ReleaseLockTo(4))
	list := names(t, sim)
	sim.Inject(disk.Fault{Ops: disk.OpSyncDir})
	for range 2 {
		if err := w.Purge(); err == nil {
			t.Error("Purge() = nil, want the disk's error")
		}
	}
	if got := names(t, sim); len(got) != len(list)-1 {
		t.Errorf("left are %v of %v", got, list)
	}
	must(t, w.Close())
	names(t, sim.Crash(disk.Lost)) // which fails at a gap
}
