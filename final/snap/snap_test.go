package snap_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/snap"
	"example.com/logbook/final/wal"
)

// fileReport is a snapshot file as etcd reads it.
type fileReport struct {
	Name             string
	Index, Term      uint64
	Voters, Learners []uint64
	DataSize         int
	DataSHA256       string
}

// TestFixtures reads the snapshot files that a real etcd has written, in both dialects, and picks the one that etcd picks. B01
func TestFixtures(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures.Names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want struct {
				SnapFiles []fileReport
				Newest    string
			}
			if err := json.Unmarshal(fixtures.JSON(t, name), &want); err != nil {
				t.Fatal(err)
			}
			dir := fixtures.Unpack(t, name)
			s := snap.New(filepath.Join(dir, "snap"), nil)
			files, err := s.List()
			if err != nil || len(files) != len(want.SnapFiles) {
				t.Fatalf("List() = %v, %v, want %d files", files, err, len(want.SnapFiles))
			}
			for _, f := range want.SnapFiles {
				checkFile(t, filepath.Join(dir, "snap", f.Name), f)
			}
			recorded, err := wal.ValidSnapshotEntries(filepath.Join(dir, "wal"), nil)
			if err != nil {
				t.Fatal(err)
			}
			newest, err := s.LoadNewestAvailable(recorded)
			if err != nil || len(s.Rejected()) != 0 {
				t.Fatalf("LoadNewestAvailable() = %v, rejected %v", err, s.Rejected())
			}
			m := newest.GetMetadata()
			if got := fmt.Sprintf("%016x-%016x.snap", m.GetTerm(), m.GetIndex()); got != want.Newest {
				t.Errorf("LoadNewestAvailable() is of %s, want %s", got, want.Newest)
			}
		})
	}
}

// checkFile compares one file with etcd's report, and with the general decoder.
func checkFile(t *testing.T, name string, want fileReport) {
	t.Helper()
	got, err := snap.Read(name, nil)
	if err != nil {
		t.Errorf("Read() = %v", err)
		return
	}
	m := got.GetMetadata()
	if m.GetIndex() != want.Index || m.GetTerm() != want.Term || !cmp.Equal(m.GetConfState().GetVoters(), want.Voters) {
		t.Errorf("Read() metadata = %v, want %+v", m, want)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(got.GetData())); len(got.GetData()) != want.DataSize || sum != want.DataSHA256 {
		t.Errorf("Read() gives %d bytes of %s, want %d of %s", len(got.GetData()), sum, want.DataSize, want.DataSHA256)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	_, _, n := protowire.ConsumeField(b)
	inner, _ := protowire.ConsumeBytes(b[n+1:])
	whole := &raftpb.Snapshot{}
	if err := proto.Unmarshal(inner, whole); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, got, protocmp.Transform()); diff != "" {
		t.Errorf("Read() mismatch (-proto.Unmarshal +got):\n%s", diff)
	}
}

// snapshot returns a snapshot of some application data.
func snapshot(index, term uint64, data string) *raftpb.Snapshot {
	return &raftpb.Snapshot{
		Data:     []byte(data),
		Metadata: &raftpb.SnapshotMetadata{Index: new(index), Term: new(term), ConfState: &raftpb.ConfState{Voters: []uint64{1, 2}}},
	}
}

// encode returns a snapshot file.
func encode(t testing.TB, s *raftpb.Snapshot) []byte {
	t.Helper()
	return mustEncode(s)
}

// mustEncode is encode for examples.
func mustEncode(s *raftpb.Snapshot) []byte {
	inner, err := proto.Marshal(s)
	if err != nil {
		panic(err)
	}
	return wrap(inner)
}

// wrap puts a checksum before a marshalled snapshot.
func wrap(inner []byte) []byte {
	b := protowire.AppendVarint([]byte{1 << 3}, uint64(crc32.Checksum(inner, crc32.MakeTable(crc32.Castagnoli))))
	return protowire.AppendBytes(append(b, 2<<3|2), inner)
}

// name returns a snapshot file's name.
func name(index, term uint64) string { return fmt.Sprintf("%016x-%016x.snap", term, index) }

// folder writes files into a new simulated disk.
func folder(t testing.TB, files map[string][]byte) *disk.Sim {
	t.Helper()
	return mustFolder(files)
}

// mustFolder is folder for examples.
func mustFolder(files map[string][]byte) *disk.Sim {
	sim := disk.NewSim()
	for name, data := range files {
		f, err := sim.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
		if err == nil && len(data) > 0 {
			_, err = f.WriteAt(data, 0)
		}
		if err != nil {
			panic(err)
		}
		f.Close()
	}
	return sim
}

// listing returns the names in a folder.
func listing(t testing.TB, fsys disk.FS) string {
	t.Helper()
	entries, err := fsys.List(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestFallBack: a damaged file is passed over for an older one, told, and left alone unless asked. S03
func TestFallBack(t *testing.T) {
	t.Parallel()
	good := encode(t, snapshot(5, 2, "five"))
	newer := encode(t, snapshot(9, 2, "nine"))
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"empty", nil},
		{"cut", newer[:len(newer)-3]},
		{"flipped", append(append([]byte{}, newer[:len(newer)-1]...), newer[len(newer)-1]^1)},
		{"zeros", make([]byte, len(newer))},
		{"no_snapshot", wrap(nil)},
		{"no_metadata", wrap([]byte{1<<3 | 2, 1, 'x'})},
		{"not_a_message", wrap([]byte{0xff})},
		{"metadata_not_a_message", wrap([]byte{2<<3 | 2, 1, 0xff})},
		{"data_cut", wrap([]byte{1<<3 | 2, 9, 'x'})},
		{"checksum_too_long", append([]byte{1 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, newer...)},
		{"foreign_field", append([]byte{3 << 3, 1}, newer...)},
		{"checksum_cut", []byte{1 << 3, 0xff}},
		{"tag_cut", []byte{0xff}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := folder(t, map[string][]byte{name(5, 2): good, name(9, 2): c.data, "db.tmp123": nil})
			before := listing(t, sim)
			var log bytes.Buffer
			s := snap.New(".", &snap.Options{FS: sim, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			got, err := s.Load()
			if err != nil || string(got.GetData()) != "five" {
				t.Fatalf("Load() = %v, %v, want the older one", got, err)
			}
			rejected := s.Rejected()
			if len(rejected) != 1 || rejected[0].File != name(9, 2) || !errors.Is(rejected[0].Err, snap.ErrCorrupt) {
				t.Errorf("Rejected() = %v, want %s as corrupt", rejected, name(9, 2))
			}
			if !strings.Contains(log.String(), name(9, 2)) {
				t.Errorf("log does not name the file: %s", log.String())
			}
			if after := listing(t, sim); after != before {
				t.Errorf("Load() changed the folder from %s to %s", before, after)
			}
		})
	}
}

// TestRenameBroken: only what is proven corrupt is renamed, only when asked, durably, and never over an older one. S03
func TestRenameBroken(t *testing.T) {
	t.Parallel()
	good := encode(t, snapshot(5, 2, "five"))
	sim := folder(t, map[string][]byte{
		name(5, 2): good, name(9, 2): []byte("damaged"), name(9, 2) + ".broken": []byte("earlier"), name(7, 2): good,
	})
	s := snap.New(".", &snap.Options{FS: sim, RenameBroken: true})
	if _, err := s.Load(); err != nil || len(s.Rejected()) != 2 {
		t.Fatalf("Load() = %v, rejected %v", err, s.Rejected())
	}
	want := strings.Join([]string{name(5, 2), name(7, 2), name(9, 2) + ".broken", name(9, 2) + ".broken.1"}, " ")
	if got := listing(t, sim); got != want {
		t.Errorf("folder is %s, want %s", got, want)
	}
	if _, err := s.Load(); err != nil || len(s.Rejected()) != 1 {
		t.Errorf("Load() again = %v, rejected %v, want only the one with a wrong name", err, s.Rejected())
	}
}

// TestNames: a name counts only to the letter, and only if the content agrees. S05
func TestNames(t *testing.T) {
	t.Parallel()
	five := encode(t, snapshot(5, 2, "five"))
	sim := folder(t, map[string][]byte{
		name(5, 2): five, name(99, 2): five,
		"manual-backup.snap": five, "2-63.snap": five, name(98, 2) + ".snap": five, strings.ReplaceAll(name(0xab, 2), "ab", "AB"): five, "0000000000000002-00000000000000zz.snap": five,
	})
	if err := sim.Mkdir(name(100, 2), disk.DirMode); err != nil {
		t.Fatal(err)
	}
	before := listing(t, sim)
	var log bytes.Buffer
	s := snap.New(".", &snap.Options{FS: sim, RenameBroken: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	got, err := s.Load()
	if err != nil || got.GetMetadata().GetIndex() != 5 {
		t.Fatalf("Load() = %v, %v", got, err)
	}
	rejected := s.Rejected()
	if len(rejected) != 1 || rejected[0].File != name(99, 2) || !errors.Is(rejected[0].Err, snap.ErrName) {
		t.Errorf("Rejected() = %v, want %s for its name", rejected, name(99, 2))
	}
	if after := listing(t, sim); after != before {
		t.Errorf("Load() changed the folder from %s to %s", before, after)
	}
	for _, strange := range []string{"manual-backup.snap", "2-63.snap", "00AB", name(100, 2)} {
		if !strings.Contains(log.String(), strange) {
			t.Errorf("log does not tell of %s", strange)
		}
	}
	files, err := s.List()
	if want := []snap.File{{Name: name(99, 2), Term: 2, Index: 99}, {Name: name(5, 2), Term: 2, Index: 5}}; err != nil || !cmp.Equal(files, want) {
		t.Errorf("List() = %v, %v, want %v", files, err, want)
	}
}

// TestNewestAvailable: only what the log has recorded is loaded, in whatever order it is listed. S04
func TestNewestAvailable(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	for _, at := range [][2]uint64{{5, 2}, {9, 2}, {7, 3}, {20, 3}} {
		files[name(at[0], at[1])] = encode(t, snapshot(at[0], at[1], "data"))
	}
	files[name(30, 3)] = []byte("damaged, and not recorded")
	meta := func(index, term uint64) *raftpb.SnapshotMetadata {
		return &raftpb.SnapshotMetadata{Index: new(index), Term: new(term)}
	}
	for _, c := range []struct {
		name     string
		recorded []*raftpb.SnapshotMetadata
		want     uint64 // 0: none
		newer    int    // files
	}{
		{"none", nil, 0, 5},
		{"only_the_beginning", []*raftpb.SnapshotMetadata{meta(0, 0)}, 0, 5},
		{"in_order", []*raftpb.SnapshotMetadata{meta(0, 0), meta(5, 2), meta(9, 2), meta(7, 3)}, 7, 2},
		{"in_another_order", []*raftpb.SnapshotMetadata{meta(9, 2), meta(5, 2)}, 9, 3},
		{"another_term", []*raftpb.SnapshotMetadata{meta(5, 2), meta(9, 3)}, 5, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			s := snap.New(".", &snap.Options{FS: folder(t, files), Logger: slog.New(slog.NewTextHandler(&log, nil))})
			got, err := s.LoadNewestAvailable(c.recorded)
			if got.GetMetadata().GetIndex() != c.want || (err == nil) != (c.want != 0) || err != nil && !errors.Is(err, snap.ErrNoSnapshot) {
				t.Errorf("LoadNewestAvailable() = %v, %v, want index %d", got, err, c.want)
			}
			if err != nil && (len(files) == 0 || !strings.Contains(err.Error(), fmt.Sprintf("%d files, none of them recorded", len(files)))) {
				t.Errorf("LoadNewestAvailable() = %v, want it to count the %d files", err, len(files))
			}
			if told := strings.Count(log.String(), "level=WARN msg=\"snapshot is not loaded"); told != c.newer {
				t.Errorf("the logger is told of %d files, want the %d that are newer than what is loaded:\n%s", told, c.newer, log.String())
			}
			if len(s.Rejected()) != 0 {
				t.Errorf("Rejected() = %v: a file that is not recorded was looked at", s.Rejected())
			}
		})
	}
}

// TestNoSnapshot: an error that names what was rejected.
func TestNoSnapshot(t *testing.T) {
	t.Parallel()
	s := snap.New(".", &snap.Options{FS: folder(t, map[string][]byte{name(9, 2): nil, name(0, 0): encode(t, snapshot(0, 0, ""))})})
	_, err := s.Load()
	if !errors.Is(err, snap.ErrNoSnapshot) || !errors.Is(err, snap.ErrCorrupt) || !strings.Contains(err.Error(), name(9, 2)) {
		t.Errorf("Load() = %v, want ErrNoSnapshot and what was rejected", err)
	}
	if _, err := snap.New(t.TempDir(), nil).Load(); !errors.Is(err, snap.ErrNoSnapshot) || errors.Is(err, snap.ErrCorrupt) {
		t.Errorf("Load() of an empty folder = %v, want ErrNoSnapshot", err)
	}
	if _, err := snap.New(filepath.Join(t.TempDir(), "none"), nil).Load(); !errors.Is(err, fs.ErrNotExist) || !errors.Is(err, snap.ErrNoSnapshot) || !strings.Contains(err.Error(), "check the path") {
		t.Errorf("Load() of no folder = %v, want fs.ErrNotExist, ErrNoSnapshot and a remedy", err)
	}
	if _, err := snap.Read(filepath.Join(t.TempDir(), "none", name(1, 1)), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read() of no folder = %v, want fs.ErrNotExist", err)
	}
}

// TestIndexZero: a snapshot of nothing is never written, and a file that claims to be one is rejected. S07
func TestIndexZero(t *testing.T) {
	t.Parallel()
	s := snap.New(".", &snap.Options{FS: folder(t, map[string][]byte{name(0, 0): encode(t, snapshot(0, 0, "?"))})})
	if got, err := s.Load(); got != nil || !errors.Is(err, snap.ErrNoSnapshot) || len(s.Rejected()) != 1 {
		t.Errorf("Load() = %v, %v, rejected %v", got, err, s.Rejected())
	}
}

// TestChecksumZero: a checksum of 0 is one like any other. S06
func TestChecksumZero(t *testing.T) {
	t.Parallel()
	inner, err := proto.Marshal(snapshot(5, 2, "data....")) // the last field's place is taken by what is forged
	if err != nil {
		t.Fatal(err)
	}
	inner = forgeZero(t, inner)
	file := wrap(inner)
	if file[1] != 0 {
		t.Fatal("checksum is not 0")
	}
	sim := folder(t, map[string][]byte{name(5, 2): file})
	if got, err := snap.New(".", &snap.Options{FS: sim}).Load(); err != nil || got.GetMetadata().GetIndex() != 5 {
		t.Errorf("Load() = %v, %v", got, err)
	}
	// Stored 0, but the bytes give another.
	inner[3] ^= 1
	file = protowire.AppendBytes([]byte{1 << 3, 0, 2<<3 | 2}, inner)
	if _, err := snap.Read(name(5, 2), &snap.Options{FS: folder(t, map[string][]byte{name(5, 2): file})}); !errors.Is(err, snap.ErrCorrupt) {
		t.Errorf("Read() of a checksum that does not fit = %v, want ErrCorrupt", err)
	}
}

// forgeZero changes four bytes of the data, which begins at 2, so that the checksum becomes 0: the checksum is linear, so each of the 32
// bits changes it by a fixed pattern, and the patterns that sum up to it are found by elimination.
func forgeZero(t *testing.T, b []byte) []byte {
	t.Helper()
	table := crc32.MakeTable(crc32.Castagnoli)
	want := crc32.Checksum(b, table)
	type row struct{ pattern, bits uint32 }
	var basis [32]row
	for bit := range 32 {
		c := append([]byte(nil), b...)
		c[2+bit/8] ^= 1 << (bit % 8)
		r := row{crc32.Checksum(c, table) ^ want, 1 << bit}
		for i := 31; i >= 0; i-- {
			if r.pattern>>i&1 == 0 {
				continue
			}
			if basis[i].pattern == 0 {
				basis[i] = r
				break
			}
			r = row{r.pattern ^ basis[i].pattern, r.bits ^ basis[i].bits}
		}
	}
	var flips uint32
	for i := 31; i >= 0; i-- {
		if want>>i&1 != 0 {
			want ^= basis[i].pattern
			flips ^= basis[i].bits
		}
	}
	out := append([]byte(nil), b...)
	for bit := range 32 {
		out[2+bit/8] ^= byte(flips>>bit&1) << (bit % 8)
	}
	return out
}

// TestOldSnapshots: before conf states were recorded there are none; and what a later raft may add is kept. S09
func TestOldSnapshots(t *testing.T) {
	t.Parallel()
	bare := &raftpb.Snapshot{Data: []byte("d"), Metadata: &raftpb.SnapshotMetadata{Index: new(uint64(5)), Term: new(uint64(2))}}
	inner, err := proto.Marshal(bare)
	if err != nil {
		t.Fatal(err)
	}
	later := append(append([]byte(nil), inner...), 9<<3, 1)
	split := append(append([]byte(nil), inner...), 2<<3|2, 2, 3<<3, 2) // metadata in two pieces, as protobuf allows
	for _, b := range [][]byte{inner, later, split} {
		want := &raftpb.Snapshot{}
		if err := proto.Unmarshal(b, want); err != nil {
			t.Fatal(err)
		}
		got, err := snap.Read(name(5, 2), &snap.Options{FS: folder(t, map[string][]byte{name(5, 2): wrap(b)})})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("Read() mismatch (-want +got):\n%s", diff)
		}
	}
}

// TestOneCopy: a snapshot's data is a part of the file's bytes, not a copy.
func TestOneCopy(t *testing.T) {
	const size = 8 << 20
	sim := folder(t, map[string][]byte{name(5, 2): encode(t, snapshot(5, 2, strings.Repeat("x", size)))})
	s := snap.New(".", &snap.Options{FS: sim})
	r := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := s.Load(); err != nil {
				b.Fatal(err)
			}
		}
	})
	if got := r.AllocedBytesPerOp(); got > size*3/2 {
		t.Errorf("Load() of %d bytes allocates %d", size, got)
	}
}

// FuzzRead: whatever the file holds, reading it gives a snapshot that the general decoder gives too, or says that it is corrupt.
func FuzzRead(f *testing.F) {
	whole := encode(f, snapshot(5, 2, "data"))
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(wrap(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, file := range [][]byte{b, wrap(b)} {
			got, err := snap.Read("x", &snap.Options{FS: folder(t, map[string][]byte{"x": file})})
			if err != nil {
				if !errors.Is(err, snap.ErrCorrupt) {
					t.Errorf("Read() error = %v", err)
				}
				continue
			}
			if got.GetMetadata() == nil {
				t.Errorf("Read() = %v", got)
			}
		}
		want := &raftpb.Snapshot{}
		wantErr := proto.Unmarshal(b, want)
		got, err := snap.Read("x", &snap.Options{FS: folder(t, map[string][]byte{"x": wrap(b)})})
		if err == nil && (wantErr != nil || !proto.Equal(want, got)) {
			t.Errorf("Read() = %v, proto.Unmarshal gives %v, %v", got, want, wantErr)
		}
	})
}
