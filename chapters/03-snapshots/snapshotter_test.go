package snapshots_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
)

// shelf returns an empty folder of snapshots.
func shelf(t *testing.T) (*disk.Sim, *snapshots.Snapshotter) {
	t.Helper()
	sim := disk.NewSim()
	must(t, sim.Mkdir(folder, disk.DirMode))
	must(t, sim.SyncDir("."))
	return sim, snapshots.New(sim, folder)
}

// file returns the name of a snapshot's file on the disk.
func file(index, term uint64) string { return fmt.Sprintf("%s/%016x-%016x.snap", folder, term, index) }

// contents returns what is in a folder, sorted.
func contents(t *testing.T, fsys disk.FS) []string {
	t.Helper()
	list, err := fsys.List(folder)
	must(t, err)
	var names []string
	for _, e := range list {
		names = append(names, folder+"/"+e.Name())
	}
	return names
}

// write makes a file of the given bytes.
func write(t *testing.T, fsys disk.FS, name string, b []byte) {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	must(t, err)
	_, err = f.WriteAt(b, 0)
	must(t, errors.Join(err, f.Close()))
}

// slurp returns a file's bytes.
func slurp(t *testing.T, fsys disk.FS, name string) []byte {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	must(t, err)
	defer f.Close()
	size, err := f.Size()
	must(t, err)
	b, err := io.ReadAll(io.NewSectionReader(f, 0, size))
	must(t, err)
	return b
}

// loads fails the test if not exactly this snapshot is loaded.
func loads(t *testing.T, s *snapshots.Snapshotter, want *raftpb.Snapshot) {
	t.Helper()
	got, err := s.Load()
	must(t, err)
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("Load() mismatch (-want +got):\n%s", diff)
	}
}

// A snapshot that was saved outlives any crash (S01); what a crash interrupts is
// not there, and what was there before is untouched (S02).
func TestSaveSnapCrashes(t *testing.T) {
	t.Parallel()
	sim, s := shelf(t)
	must(t, s.SaveSnap(snapshotAt(7, 2)))
	loads(t, snapshots.New(sim.Crash(disk.Lost), folder), snapshotAt(7, 2))
	states := 0
	sim.Watch(func(disk.Event) {
		for seed := range uint64(20) {
			states++
			got, err := snapshots.New(sim.Crash(disk.Random(seed)), folder).Load()
			if i := got.GetMetadata().GetIndex(); err != nil || i != 7 && i != 9 {
				t.Fatalf("seed %d: Load() = %v, %v", seed, got, err)
			}
		}
	})
	must(t, s.SaveSnap(snapshotAt(9, 2)))
	must(t, s.SaveSnap(snapshotAt(9, 2)))
	if states < 100 {
		t.Errorf("only %d disks were tried", states)
	}
	must(t, s.SaveSnap(snapshotAt(0, 0))) // of nothing (S07)
	if got := contents(t, sim); len(got) != 2 {
		t.Errorf("folder holds %v", got)
	}
}

// A failure leaves neither a half-written file nor the temporary one, and no
// harm to the file of the same name (S02).
func TestSaveSnapFails(t *testing.T) {
	t.Parallel()
	for _, op := range []disk.Op{disk.OpCreate, disk.OpWrite, disk.OpSync, disk.OpRename, disk.OpSyncDir} {
		t.Run(op.String(), func(t *testing.T) {
			t.Parallel()
			sim, s := shelf(t)
			must(t, s.SaveSnap(snapshotAt(9, 1)))
			if op != disk.OpCreate {
				write(t, sim, folder+"/snap.tmp", make([]byte, 1000)) // an earlier life's
			}
			sim.Inject(disk.Fault{Ops: op, Err: fs.ErrPermission})
			if err := s.SaveSnap(snapshotAt(9, 1)); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("SaveSnap() = %v", err)
			}
			if got := contents(t, sim); !slices.Equal(got, []string{file(9, 1)}) {
				t.Errorf("folder holds %v", got)
			}
			loads(t, s, snapshotAt(9, 1))
		})
	}
}

// What is proven to be broken is set aside, and an older one is taken; what only
// has the wrong name is left alone (S03, S05).
func TestLoadPassesOver(t *testing.T) {
	t.Parallel()
	sim, s := shelf(t)
	for _, i := range []uint64{5, 6, 7, 8} {
		must(t, s.SaveSnap(snapshotAt(i, 1)))
	}
	good := slurp(t, sim, file(5, 1))
	flipped := slices.Clone(good)
	flipped[len(flipped)/2] ^= 1
	write(t, sim, file(6, 1), flipped)
	write(t, sim, file(7, 1), nil)
	write(t, sim, file(7, 1)+".broken", []byte("kept"))
	write(t, sim, file(8, 1), good[:len(good)-1])
	write(t, sim, file(9, 1), good)             // another one's name
	write(t, sim, folder+"/manual.snap", good)  // no name
	write(t, sim, folder+"/0-9.snap.snap", nil) // nor this
	must(t, sim.Mkdir(file(99, 9), disk.DirMode))
	before := len(contents(t, sim))
	loads(t, s, snapshotAt(5, 1))
	passed := s.PassedOver()
	if len(passed) != 4 || !errors.Is(passed[0], snapshots.ErrName) {
		t.Fatalf("PassedOver() = %v", passed)
	}
	for _, err := range passed[1:] {
		if !errors.Is(err, snapshots.ErrCorrupt) {
			t.Errorf("passed over: %v", err)
		}
	}
	got := contents(t, sim.Crash(disk.Lost))
	for _, name := range []string{file(6, 1) + ".broken", file(7, 1) + ".broken", file(7, 1) + ".broken.1", file(8, 1) + ".broken", file(9, 1)} {
		if !slices.Contains(got, name) && name != file(9, 1) || !slices.Contains(contents(t, sim), name) {
			t.Errorf("%s is not among %v", name, got)
		}
	}
	if after := len(contents(t, sim)); after != before {
		t.Errorf("%d names, and %d before", after, before)
	}
	loads(t, s, snapshotAt(5, 1)) // and again
}

// A file that cannot be read may be good: it is an error, and nothing is renamed
// (S03).
func TestLoadUnreadable(t *testing.T) {
	t.Parallel()
	sim, s := shelf(t)
	must(t, s.SaveSnap(snapshotAt(5, 1)))
	must(t, s.SaveSnap(snapshotAt(6, 1)))
	sim.Inject(disk.Fault{Ops: disk.OpRead, Err: fs.ErrPermission})
	if _, err := s.Load(); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Load() = %v", err)
	}
	if got := contents(t, sim); !slices.Equal(got, []string{file(5, 1), file(6, 1)}) {
		t.Errorf("folder holds %v", got)
	}
	loads(t, s, snapshotAt(6, 1))
	empty, s := shelf(t)
	if _, err := s.Load(); !errors.Is(err, snapshots.ErrNoSnapshot) {
		t.Errorf("Load() of an empty folder: %v", err)
	}
	must(t, empty.Close())
}

// A checksum of 0 is a value like any other (S06).
func TestZeroChecksum(t *testing.T) {
	t.Parallel()
	sim, s := shelf(t)
	want := snapshotAt(3, 1)
	want.Data = make([]byte, 4)
	sum := func() uint32 {
		b, err := proto.Marshal(want)
		must(t, err)
		return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	}
	// Every bit of the four bytes changes the checksum by a pattern of its own,
	// whatever the others are: Gauss finds those that bring it to 0.
	type pattern struct{ sum, bits uint32 }
	var basis [32]pattern
	reduce := func(p pattern) pattern {
		for i := range basis {
			if p.sum>>i&1 == 1 && basis[i].sum != 0 {
				p.sum, p.bits = p.sum^basis[i].sum, p.bits^basis[i].bits
			}
		}
		return p
	}
	zero := sum()
	for bit := range 32 {
		binary.LittleEndian.PutUint32(want.Data, 1<<bit)
		p := reduce(pattern{sum() ^ zero, 1 << bit})
		basis[bits.TrailingZeros32(p.sum)] = p
	}
	binary.LittleEndian.PutUint32(want.Data, reduce(pattern{zero, 0}).bits)
	must(t, s.SaveSnap(want))
	if b := slurp(t, sim, file(3, 1)); !bytes.HasPrefix(b, []byte{0x08, 0x00, 0x12}) {
		t.Fatalf("the file begins with % x", b[:3])
	}
	loads(t, s, want)
}

// Match takes the newest that both know, and none only where the log reaches back
// to its beginning (S04, S08).
func TestMatch(t *testing.T) {
	t.Parallel()
	sim, w := create(t, small)
	s := snapshots.New(sim, folder)
	match := func(sim *disk.Sim) (uint64, error) {
		snap, err := snapshots.Match(sim, dir, snapshots.New(sim, folder))
		return snap.GetMetadata().GetIndex(), err
	}
	expect := func(want uint64) {
		t.Helper()
		if got, err := match(sim); got != want || err != nil {
			t.Errorf("Match() = %d, %v, want %d", got, err, want)
		}
	}
	expect(0)
	must(t, w.Save(state(1, 1, 9), run(1, 1, 10)))
	must(t, s.SaveSnap(snapshotAt(5, 1)))
	expect(0) // the file alone does not count
	must(t, w.SaveSnapshot(meta(5, 1)))
	expect(5)
	must(t, w.SaveSnapshot(meta(6, 1)))
	expect(5) // nor does the record
	must(t, s.SaveSnap(snapshotAt(20, 2)))
	must(t, w.SaveSnapshot(meta(20, 2)))
	expect(5) // nor both, before the commit
	must(t, w.Save(state(2, 1, 20), run(2, 21, 21)))
	must(t, w.Save(state(2, 1, 21), run(2, 22, 22)))
	expect(20)
	valid, err := snapshots.ValidSnapshotEntries(sim, dir)
	must(t, err)
	var indexes []uint64
	for _, m := range valid {
		indexes = append(indexes, m.GetIndex())
	}
	if diff := cmp.Diff([]uint64{0, 5, 6, 20}, indexes); diff != "" {
		t.Errorf("ValidSnapshotEntries() mismatch (-want +got):\n%s", diff)
	}
	if valid[3].GetConfState().GetVoters()[0] != 1 {
		t.Errorf("conf state is %v", valid[3].GetConfState())
	}
	for i := uint64(23); i < 40; i++ {
		must(t, w.Save(nil, run(2, i, i)))
	}
	must(t, w.SaveSnapshot(meta(21, 2)))
	must(t, w.ReleaseLockTo(40))
	must(t, w.Purge())
	must(t, w.Close())
	if got, err := match(sim); !errors.Is(err, snapshots.ErrNoSnapshot) {
		t.Errorf("Match() of a log without its beginning = %d, %v", got, err)
	}
}
