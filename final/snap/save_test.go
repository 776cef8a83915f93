package snap_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/snap"
)

// saved saves a snapshot on a new disk and returns the only file there.
func saved(t testing.TB, s *raftpb.Snapshot) (name string, content []byte) {
	t.Helper()
	sim := disk.NewSim()
	if err := snap.New(".", &snap.Options{FS: sim}).SaveSnap(s); err != nil {
		t.Fatalf("SaveSnap() = %v", err)
	}
	return listing(t, sim), contentOf(t, sim, listing(t, sim))
}

// contentOf returns the bytes of a file.
func contentOf(t testing.TB, fsys disk.FS, name string) []byte {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := f.Size()
	b := make([]byte, size)
	if n, _ := f.ReadAt(b, 0); err != nil || n != len(b) {
		t.Fatal(n, err)
	}
	return b
}

// at returns metadata with some conf state.
func at(index, term uint64, conf *raftpb.ConfState) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: new(index), Term: new(term), ConfState: conf}
}

// later puts fields that this raft does not know into a message.
func later[M proto.Message](m M, unknown ...byte) M {
	m.ProtoReflect().SetUnknown(unknown)
	return m
}

// golden are snapshots, and the files that etcd v3.7.3's SaveSnap has written for them.
func golden() map[string]struct {
	snap *raftpb.Snapshot
	file string
} {
	three := &raftpb.ConfState{Voters: []uint64{1, 2, 3}}
	joint := &raftpb.ConfState{Voters: []uint64{1, 1 << 63}, Learners: []uint64{4}, VotersOutgoing: []uint64{1, 2}, LearnersNext: []uint64{2}, AutoLeave: new(true)}
	state := []byte("state")
	return map[string]struct {
		snap *raftpb.Snapshot
		file string
	}{
		"small":            {&raftpb.Snapshot{Data: state, Metadata: at(5, 2, three)}, "08caecd1ac0f12150a057374617465120c0a0608010802080310051802"},
		"nil_data":         {&raftpb.Snapshot{Metadata: at(5, 2, three)}, "0891d3d3a00c120e120c0a0608010802080310051802"},
		"empty_data":       {&raftpb.Snapshot{Data: []byte{}, Metadata: at(5, 2, three)}, "08a08df8c00912100a00120c0a0608010802080310051802"},
		"empty_conf_state": {&raftpb.Snapshot{Data: state, Metadata: at(5, 2, &raftpb.ConfState{})}, "08c7e6daba0f120f0a05737461746512060a0010051802"},
		"joint": {&raftpb.Snapshot{Data: state, Metadata: at(300, 7, joint)},
			"08eae1e3d30a12270a057374617465121e0a17080108808080808080808080011004180118022002280110ac021807"},
		"no_auto_leave": {&raftpb.Snapshot{Data: state, Metadata: at(5, 2, &raftpb.ConfState{Voters: []uint64{1}, AutoLeave: new(false)})},
			"08b7a3feb80612130a057374617465120a0a040801280010051802"},
		"term_0": {&raftpb.Snapshot{Data: state, Metadata: at(5, 0, three)}, "08bd8dbca50112150a057374617465120c0a0608010802080310051800"},
		"largest": {&raftpb.Snapshot{Data: state, Metadata: at(1<<64-1, 1<<64-1, three)},
			"08e5add3bc0612270a057374617465121e0a0608010802080310ffffffffffffffffff0118ffffffffffffffffff01"},
		"later_raft": {later(&raftpb.Snapshot{Data: state, Metadata: later(at(5, 2, three), 10<<3, 2)}, 9<<3, 1),
			"088ceebc9e0412190a057374617465120e0a060801080208031005180250024801"},
	}
}

// TestSaveGolden: the same bytes as etcd, and they read back. B01
func TestSaveGolden(t *testing.T) {
	t.Parallel()
	for id, c := range golden() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			file, content := saved(t, c.snap)
			m := c.snap.GetMetadata()
			if want := name(m.GetIndex(), m.GetTerm()); file != want {
				t.Errorf("SaveSnap() left %q, want %s", file, want)
			}
			if diff := cmp.Diff(c.file, hex.EncodeToString(content)); diff != "" {
				t.Errorf("SaveSnap() mismatch (-etcd +ours):\n%s", diff)
			}
			got, err := snap.Read(file, &snap.Options{FS: folder(t, map[string][]byte{file: content})})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.snap, got, protocmp.Transform()); diff != "" {
				t.Errorf("Read() mismatch (-saved +got):\n%s", diff)
			}
		})
	}
}

// TestSaveFixtures: a file that a real etcd has written, of either dialect, is written again as it was. B01
func TestSaveFixtures(t *testing.T) {
	t.Parallel()
	for _, id := range fixtures.Names(t) {
		files, err := filepath.Glob(filepath.Join(fixtures.Unpack(t, id), "snap", "*.snap"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s holds no snapshots: %v", id, err)
		}
		for _, file := range files {
			s, err := snap.Read(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if name, got := saved(t, s); name != filepath.Base(file) || !bytes.Equal(got, want) {
				t.Errorf("%s: SaveSnap() of %s leaves %s, %d bytes, which differ from etcd's %d", id, filepath.Base(file), name, len(got), len(want))
			}
		}
	}
}

// TestSaveAnySize: around the sizes at which writing goes another way, the bytes are those of the general encoder.
func TestSaveAnySize(t *testing.T) {
	t.Parallel()
	const buffer = 256 << 10
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 1023, 1024, 1025, buffer - 40, buffer - 31, buffer - 30, buffer - 20, buffer, buffer + 1, 3*buffer + 7} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		s := snapshot(rng.Uint64()|1, rng.Uint64(), string(data))
		if _, got := saved(t, s); !bytes.Equal(got, encode(t, s)) {
			t.Errorf("SaveSnap() of %d bytes differs from the general encoder", size)
		}
	}
}

// TestSaveNothing: a snapshot of index 0 is not saved, and nothing is touched. S07
func TestSaveNothing(t *testing.T) {
	t.Parallel()
	for _, s := range []*raftpb.Snapshot{nil, {}, {Data: []byte("x")}, {Metadata: &raftpb.SnapshotMetadata{Term: new(uint64(1))}}, snapshot(0, 1, "x")} {
		sim := disk.NewSim()
		if err := snap.New("snap", &snap.Options{FS: sim}).SaveSnap(s); err != nil || len(sim.Log()) != 0 {
			t.Errorf("SaveSnap(%v) = %v, and did %v", s, err, sim.Log())
		}
	}
}

// TestSaveRefused: what the log would not record, or what would read back as another snapshot, is refused before anything is written. S09
func TestSaveRefused(t *testing.T) {
	t.Parallel()
	conf := &raftpb.ConfState{Voters: []uint64{1}}
	for id, s := range map[string]*raftpb.Snapshot{
		"no_term":               {Metadata: &raftpb.SnapshotMetadata{Index: new(uint64(5)), ConfState: conf}},
		"no_conf_state":         {Metadata: &raftpb.SnapshotMetadata{Index: new(uint64(5)), Term: new(uint64(2))}},
		"unknown_is_malformed":  later(snapshot(5, 2, "x"), 0xff),
		"unknown_is_data":       later(snapshot(5, 2, "x"), 1<<3|2, 1, 'y'),
		"unknown_is_metadata":   later(snapshot(5, 2, "x"), 2<<3|2, 2, 2<<3, 7),
		"metadata_is_malformed": {Metadata: later(at(5, 2, conf), 0xff)},
		"metadata_has_an_index": {Metadata: later(at(5, 2, conf), 2<<3, 9)},
		"conf_state_is_another": {Metadata: at(5, 2, later(&raftpb.ConfState{}, 1<<3, 9))},
	} {
		sim := disk.NewSim()
		err := snap.New("snap", &snap.Options{FS: sim}).SaveSnap(s)
		if !errors.Is(err, snap.ErrRefused) || !strings.Contains(err.Error(), name(5, s.GetMetadata().GetTerm())) || len(sim.Log()) != 0 {
			t.Errorf("%s: SaveSnap() = %v, want ErrRefused, and did %v", id, err, sim.Log())
		}
	}
}

// TestSaveChecksumZero: a checksum of 0 is written and read like any other; etcd would never load it again. S06
func TestSaveChecksumZero(t *testing.T) {
	t.Parallel()
	s := snapshot(5, 2, "data....")
	inner, err := proto.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	s.Data = forge(t, inner, 0)[2 : 2+len(s.Data)]
	file, content := saved(t, s)
	if content[1] != 0 || content[2] != 2<<3|2 {
		t.Fatalf("checksum is not 0, but %x", content[1:3])
	}
	got, err := snap.New(".", &snap.Options{FS: folder(t, map[string][]byte{file: content})}).Load()
	if err != nil || !bytes.Equal(got.GetData(), s.Data) {
		t.Errorf("Load() = %v, %v", got, err)
	}
}

// TestSaveMemory: beside its data, a snapshot takes a fixed buffer, to be written and to be purged before. Not parallel, so that no
// other test allocates meanwhile.
func TestSaveMemory(t *testing.T) {
	const most = 1 << 20
	s := snapshot(9, 2, strings.Repeat("snapshot", 8<<20))
	n := snap.New(filepath.Join(t.TempDir(), "snap"), nil)
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"SaveSnap", func() error { return n.SaveSnap(s) }},
		{"Purge", func() error { return errors.Join(n.SaveSnap(snapshot(5, 2, "")), n.Purge(s.GetMetadata(), 1)) }},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := c.do()
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > most {
			t.Errorf("%s() with 64 MiB = %v, allocated %d bytes, want at most %d", c.name, err, used, most)
		}
	}
	if got, err := n.Load(); err != nil || len(got.GetData()) != len(s.Data) {
		t.Errorf("Load() = %v", err)
	}
}

// TestModes: a file that only its owner reads, in a folder that only its owner enters, whatever lay there. S10
func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes do not tell")
	}
	dir := filepath.Join(t.TempDir(), "snap")
	mode := func(name string) fs.FileMode {
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "snap.tmp")
	if err := errors.Join(os.WriteFile(left, make([]byte, 1<<20), 0o600), os.Chmod(left, 0o644)); err != nil {
		t.Fatal(err)
	}
	s := snapshot(5, 2, "five")
	for _, dir := range []string{dir, filepath.Join(t.TempDir(), "new")} {
		if err := snap.New(dir, nil).SaveSnap(s); err != nil {
			t.Fatal(err)
		}
		if got := [2]fs.FileMode{mode(dir), mode(filepath.Join(dir, name(5, 2)))}; got != [2]fs.FileMode{0o700, 0o600} {
			t.Errorf("modes are %04o", got)
		}
		if b, err := os.ReadFile(filepath.Join(dir, name(5, 2))); err != nil || !bytes.Equal(b, encode(t, s)) {
			t.Errorf("file holds %d bytes: %v", len(b), err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*tmp")); len(left) != 0 {
			t.Errorf("left %v", left)
		}
	}
}

// FuzzSave: whatever the snapshot holds, its file is the general encoder's, and reads back as it was; or it is refused.
func FuzzSave(f *testing.F) {
	f.Add([]byte("data"), uint64(5), uint64(2), []byte{9 << 3, 1}, []byte{9 << 3, 1})
	f.Add([]byte(nil), uint64(1<<63), uint64(0), []byte{1<<3 | 2, 1, 'y'}, []byte{0xff})
	f.Fuzz(func(t *testing.T, data []byte, index, term uint64, unknown, metaUnknown []byte) {
		if index == 0 {
			return
		}
		s := snapshot(index, term, string(data))
		later(s, unknown...)
		later(s.Metadata, metaUnknown...)
		sim := disk.NewSim()
		err := snap.New(".", &snap.Options{FS: sim}).SaveSnap(s)
		if errors.Is(err, snap.ErrRefused) && len(unknown)+len(metaUnknown) > 0 {
			return
		}
		if err != nil {
			t.Fatalf("SaveSnap() = %v", err)
		}
		inner, err := proto.Marshal(s)
		if got := contentOf(t, sim, name(index, term)); err != nil || !bytes.Equal(got, wrap(inner)) {
			t.Errorf("SaveSnap() wrote %x, want %x", got, wrap(inner))
		}
		got, err := snap.New(".", &snap.Options{FS: sim}).Load()
		if err != nil || !proto.Equal(got, s) {
			t.Errorf("Load() = %v, %v, want %v", got, err, s)
		}
	})
}
