package snap_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/snap"
)

// series returns the files of snapshots of term 2.
func series(t testing.TB, indexes ...uint64) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, i := range indexes {
		files[name(i, 2)] = encode(t, snapshot(i, 2, fmt.Sprint("state ", i)))
	}
	return files
}

// meta is a snapshot as the log has recorded it.
func meta(index, term uint64) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: new(index), Term: new(term)}
}

// left returns the indexes of the snapshot files of term 2 that are there.
func left(t testing.TB, fsys disk.FS) string {
	t.Helper()
	files, err := snap.New(".", &snap.Options{FS: fsys}).List()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		all = append(all, fmt.Sprint(f.Index))
	}
	return strings.Join(all, " ")
}

// TestPurge: the recorded one stays, the newest before it up to the number, and all that is newer.
func TestPurge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to   *raftpb.SnapshotMetadata
		keep int
		want string
	}{
		{meta(9, 2), 5, "12 9 7 5 3"},
		{meta(9, 2), 4, "12 9 7 5 3"},
		{meta(9, 2), 3, "12 9 7 5"},
		{meta(9, 2), 1, "12 9"},
		{meta(9, 2), 0, "12 9"},
		{meta(9, 2), -1, "12 9"},
		{meta(12, 2), 2, "12 9"},
		{meta(3, 2), 1, "12 9 7 5 3"},
		{meta(0, 0), 1, "12 9 7 5 3"},
		{nil, 1, "12 9 7 5 3"},
	} {
		sim := folder(t, series(t, 3, 5, 7, 9, 12))
		if err := snap.New(".", &snap.Options{FS: sim}).Purge(c.to, c.keep); err != nil {
			t.Errorf("Purge(%v, %d) = %v", c.to, c.keep, err)
		}
		if got := left(t, sim); got != c.want {
			t.Errorf("Purge(%v, %d) leaves %s, want %s", c.to, c.keep, got, c.want)
		}
	}
}

// TestPurgeOrder: oldest first; the recorded one and its name are durable before.
func TestPurgeOrder(t *testing.T) {
	t.Parallel()
	sim := folder(t, series(t, 3, 5, 9))
	sim.ClearLog()
	if err := snap.New(".", &snap.Options{FS: sim}).Purge(meta(9, 2), 1); err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, e := range sim.Log() {
		if e.Op&disk.OpChanges != 0 {
			did = append(did, e.String())
		}
	}
	want := fmt.Sprintf("sync %s, syncdir ., remove %s, remove %s, syncdir .", name(9, 2), name(3, 2), name(5, 2))
	if got := strings.Join(did, ", "); got != want {
		t.Errorf("Purge() did\n%s, want\n%s", got, want)
	}
}

// TestPurgeKeepsWhatCounts: as long as the recorded file is not found whole under its name, nothing is removed.
func TestPurgeKeepsWhatCounts(t *testing.T) {
	t.Parallel()
	whole := encode(t, snapshot(9, 2, "nine"))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	noMeta := wrap([]byte{1<<3 | 2, 1, 'x'})
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"gone", nil, fs.ErrNotExist},
		{"empty", []byte{}, snap.ErrCorrupt},
		{"cut", whole[:len(whole)-1], snap.ErrCorrupt},
		{"flipped", flipped, snap.ErrCorrupt},
		{"another", encode(t, snapshot(8, 2, "eight")), snap.ErrName},
		{"no_metadata", noMeta, snap.ErrCorrupt},
		{"no_field", wrap([]byte{0xff}), snap.ErrCorrupt},
		{"data_too_long", wrap([]byte{1<<3 | 2, 9, 'x'}), snap.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := series(t, 3, 5, 12)
			if c.data != nil {
				files[name(9, 2)] = c.data
			}
			sim := folder(t, files)
			before := listing(t, sim)
			err := snap.New(".", &snap.Options{FS: sim}).Purge(meta(9, 2), 1)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "nothing was removed") || !strings.Contains(err.Error(), name(9, 2)) {
				t.Errorf("Purge() = %v, want %v", err, c.want)
			}
			if got := listing(t, sim); got != before {
				t.Errorf("Purge() leaves %s of %s", got, before)
			}
		})
	}
	inner := append([]byte{2<<3 | 2, 6, 0x0a, 0, 2 << 3, 9, 3 << 3, 2}, 1<<3|2, 1, 'x') // the data behind the metadata
	files := series(t, 3)
	files[name(9, 2)] = wrap(inner)
	sim := folder(t, files)
	if err := snap.New(".", &snap.Options{FS: sim}).Purge(meta(9, 2), 1); err != nil || left(t, sim) != "9" {
		t.Errorf("Purge() before a snapshot whose fields come in another order = %v, leaves %s", err, left(t, sim))
	}
}

// TestPurgeOnlySnapshots: what is not exactly a snapshot's name stays, whatever it is; a temporary file that a crash left goes. S10
func TestPurgeOnlySnapshots(t *testing.T) {
	t.Parallel()
	files := series(t, 3, 9)
	for _, stays := range []string{"db", "0000000000000003.snap.db", name(2, 2) + ".broken", "manual-backup.snap", "2-1.snap", strings.ReplaceAll(name(0xab, 1), "ab", "AB"), "db.tmp1"} {
		files[stays] = files[name(3, 2)]
	}
	sim := folder(t, files)
	if err := sim.Mkdir(name(4, 2), disk.DirMode); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(listing(t, sim), name(3, 2)+" ", "", 1)
	put(t, sim, "snap.tmp", []byte("half"))
	if err := snap.New(".", &snap.Options{FS: sim}).Purge(meta(9, 2), 1); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, sim); got != want {
		t.Errorf("Purge() leaves\n%s, want\n%s", got, want)
	}
}

// put writes a file, and leaves it to be made durable.
func put(t testing.TB, fsys disk.FS, name string, content []byte) {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err == nil {
		_, err = f.WriteAt(content, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// hooked is a disk on which something else happens before a file is removed, renamed or opened.
type hooked struct {
	disk.FS
	remove, rename, open func(name string)
}

func (h *hooked) Rename(from, to string) error {
	if h.rename != nil {
		h.rename(from)
	}
	return h.FS.Rename(from, to)
}

func (h *hooked) Remove(name string) error {
	if h.remove != nil {
		h.remove(name)
	}
	return h.FS.Remove(name)
}

func (h *hooked) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	if h.open != nil {
		h.open(name)
	}
	return h.FS.Open(name, flag, mode)
}

// TestPurgeGone: a file that another has removed meanwhile is done; the rest goes on. W44
func TestPurgeGone(t *testing.T) {
	t.Parallel()
	sim := folder(t, series(t, 3, 5, 7, 9))
	h := &hooked{FS: sim, remove: func(string) { sim.Remove(name(3, 2)); sim.Remove(name(5, 2)) }}
	if err := snap.New(".", &snap.Options{FS: h}).Purge(meta(9, 2), 1); err != nil || left(t, sim) != "9" {
		t.Errorf("Purge() beside another = %v, leaves %s", err, left(t, sim))
	}
}

// TestLoadBesidePurge: a file that is purged after it was listed is no reason to take an older one, or none: there is a newer one by
// then. F18
func TestLoadBesidePurge(t *testing.T) {
	t.Parallel()
	sim := folder(t, series(t, 3, 5))
	purged := false
	h := &hooked{FS: sim}
	h.open = func(opened string) {
		if opened == name(5, 2) && !purged {
			purged = true
			other := snap.New(".", &snap.Options{FS: sim})
			if err := errors.Join(other.SaveSnap(snapshot(9, 2, "nine")), other.Purge(meta(9, 2), 1)); err != nil {
				t.Error(err)
			}
		}
	}
	s := snap.New(".", &snap.Options{FS: h})
	if got, err := s.Load(); err != nil || got.GetMetadata().GetIndex() != 9 || len(s.Rejected()) != 0 {
		t.Errorf("Load() = %v, %v, rejected %v, want 9", got, err, s.Rejected())
	}
}

// TestSetAsideBesideSave: a corrupt file that has been saved again since it was read is not renamed.
func TestSetAsideBesideSave(t *testing.T) {
	t.Parallel()
	files := series(t, 5)
	files[name(9, 2)] = []byte("damaged")
	sim := folder(t, files)
	h := &hooked{FS: sim}
	h.open = func(opened string) {
		if opened == "snap.tmp" {
			h.open = nil
			if err := snap.New(".", &snap.Options{FS: sim}).SaveSnap(snapshot(9, 2, "nine")); err != nil {
				t.Error(err)
			}
		}
	}
	s := snap.New(".", &snap.Options{FS: h, RenameBroken: true})
	if got, err := s.Load(); err != nil || string(got.GetData()) != "nine" || len(s.Rejected()) != 0 {
		t.Errorf("Load() = %v, %v, rejected %v", got, err, s.Rejected())
	}
	if got, want := listing(t, sim), name(5, 2)+" "+name(9, 2); got != want {
		t.Errorf("folder is %s, want %s", got, want)
	}
}

// TestIrregular: what is no file is neither replaced nor removed nor written through, and a folder that others may enter is not
// changed unless it is asked for.
func TestIrregular(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need permissions, and modes do not tell")
	}
	place := func() (dir, outside string) {
		dir, outside = filepath.Join(t.TempDir(), "snap"), filepath.Join(t.TempDir(), "precious")
		if err := errors.Join(snap.New(dir, nil).SaveSnap(snapshot(9, 2, "nine")), os.WriteFile(outside, []byte("precious"), 0o600)); err != nil {
			t.Fatal(err)
		}
		return dir, outside
	}
	for _, link := range []string{"snap.tmp", name(10, 2)} {
		dir, outside := place()
		if err := os.Symlink(outside, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		if err := snap.New(dir, nil).SaveSnap(snapshot(10, 2, "ten")); !errors.Is(err, disk.ErrIrregular) || !strings.Contains(err.Error(), link) || !strings.Contains(err.Error(), "move away") {
			t.Errorf("SaveSnap() where %s is a link = %v", link, err)
		}
		if target, err := os.Readlink(filepath.Join(dir, link)); err != nil || target != outside {
			t.Errorf("link is %s: %v", target, err)
		}
		if err := snap.New(dir, nil).Purge(meta(9, 2), 1); err != nil {
			t.Errorf("Purge() beside a link = %v", err)
		}
	}
	dir, outside := place()
	if err := os.Symlink(outside, filepath.Join(dir, name(5, 2))); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if err := snap.New(dir, &snap.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}).Purge(meta(9, 2), 1); err != nil || !strings.Contains(log.String(), name(5, 2)) {
		t.Errorf("Purge() before a link = %v, and says %s", err, log.String())
	}
	if _, err := os.Lstat(filepath.Join(dir, name(5, 2))); err != nil {
		t.Errorf("link is gone: %v", err)
	}
	for _, file := range []string{dir, filepath.Join(dir, name(5, 2))} { // a folder, and a link that leads out of its folder
		if _, err := snap.Read(file, nil); err == nil || errors.Is(err, snap.ErrCorrupt) {
			t.Errorf("Read(%s) = %v, want an error of the disk", file, err)
		}
	}
	if _, err := snap.Read(dir, nil); !errors.Is(err, disk.ErrIrregular) || !strings.Contains(err.Error(), "put the file itself") {
		t.Errorf("Read() of a folder = %v, want ErrIrregular", err)
	}
	if err := os.Chmod(dir, 0o710); err != nil {
		t.Fatal(err)
	}
	s := snap.New(dir, nil)
	for what, err := range map[string]error{"SaveSnap": s.SaveSnap(snapshot(10, 2, "ten")), "Purge": s.Purge(meta(9, 2), 1)} {
		if !errors.Is(err, snap.ErrShared) || !strings.Contains(err.Error(), "0710") || !strings.Contains(err.Error(), "AllowShared") {
			t.Errorf("%s() in a folder open to others = %v", what, err)
		}
	}
	if got, err := s.Load(); err != nil || got.GetMetadata().GetIndex() != 9 {
		t.Errorf("Load() in a folder open to others = %v, %v", got, err)
	}
	if err := snap.New(dir, &snap.Options{AllowShared: true}).SaveSnap(snapshot(10, 2, "ten")); err != nil {
		t.Errorf("SaveSnap() with AllowShared = %v", err)
	}
}

// TestPurgeBehindOverlongData: a snapshot whose data would end behind the file, by as little as a byte, is corrupt, and nothing is removed for it.
func TestPurgeBehindOverlongData(t *testing.T) {
	t.Parallel()
	for more := range uint64(4) {
		data := []byte("data without metadata")
		inner := append(protowire.AppendVarint([]byte{1<<3 | 2}, uint64(len(data))+more), data...)
		files := series(t, 5)
		files[name(9, 2)] = wrap(inner)
		sim := folder(t, files)
		if err := snap.New(".", &snap.Options{FS: sim}).Purge(meta(9, 2), 1); !errors.Is(err, snap.ErrCorrupt) {
			t.Errorf("Purge() before data that is %d bytes too long = %v, want ErrCorrupt", more, err)
		}
	}
}

// TestPurgeStops: a file that cannot be removed ends the purge, and the error is told; the newer ones stay.
func TestPurgeStops(t *testing.T) {
	t.Parallel()
	sim := folder(t, series(t, 5, 6, 7, 9))
	sim.Inject(disk.Fault{Ops: disk.OpRemove, Name: name(5, 2), Always: true})
	if err := snap.New(".", &snap.Options{FS: sim}).Purge(meta(9, 2), 1); !errors.Is(err, syscall.EIO) {
		t.Errorf("Purge() = %v, want EIO", err)
	}
	if names, err := sim.List("."); err != nil || len(names) < 4 {
		t.Errorf("left are %v, %v, want all", names, err)
	}
}
