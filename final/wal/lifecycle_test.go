package wal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// put writes a file on a simulated disk, durably.
func put(t testing.TB, fsys disk.FS, name string, b []byte) {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
	must(t, err)
	_, err = f.WriteAt(b, 0)
	must(t, errors.Join(err, f.Sync(), f.Close(), fsys.SyncDir(filepath.Dir(name))))
}

// list returns the names in the log's folder.
func list(t testing.TB, fsys disk.FS) string {
	t.Helper()
	files, err := fsys.List(folderName)
	must(t, err)
	var names []string
	for _, info := range files {
		names = append(names, info.Name())
	}
	return strings.Join(names, " ")
}

// TestCreateRefuses: a folder with anything in it is refused and left as it is; one that is empty, holds the leftover of a Create, or a file system's own
// folder, is taken. W25 W40
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	const segment = "0000000000000000-0000000000000000.wal"
	for _, c := range []struct {
		name string
		file string // "/" at the end: a folder
		ok   bool
		want string
	}{
		{"nothing", "", true, ""},
		{"leftover", "0.tmp", true, ""},
		{"lost_and_found", "lost+found/", true, ""},
		{"precious", "precious.txt", false, "precious.txt"},
		{"broken", segment + ".broken", false, segment + ".broken"},
		{"a_folder_in_the_way", "0.tmp/", false, "0.tmp"},
		{"log", segment, false, "holds a log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			must(t, sim.Mkdir(folderName, disk.DirMode))
			if name, ok := strings.CutSuffix(c.file, "/"); ok {
				must(t, sim.Mkdir(folderName+"/"+name, disk.DirMode))
			} else if name != "" {
				put(t, sim, folderName+"/"+name, bytes.Repeat([]byte{0xab}, 3000))
			}
			before := list(t, sim)
			w, err := wal.Create(folderName, nil, quiet(sim, 0))
			if c.ok {
				must(t, err)
				must(t, w.Save(hs(1, 1, 0), ents(1, 1, 1)))
				must(t, w.Close())
				if _, r := reopen(t, sim, 0, nil); len(r.ents) != 1 {
					t.Errorf("ReadAll() = %v", r.ents)
				}
				return
			}
			if !errors.Is(err, wal.ErrExist) || !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Create() error = %v, want ErrExist that names %s", err, c.want)
			}
			if after := list(t, sim); after != before {
				t.Errorf("folder holds %s, held %s", after, before)
			}
		})
	}
	if _, err := wal.Create("none/log", nil, quiet(disk.NewSim(), 0)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Create() without a parent: %v", err)
	}
	if _, err := wal.Create(filepath.Join(t.TempDir(), "none", "log"), nil, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Create() without a parent, on the real disk: %v", err)
	}
}

// TestCreateFails: whatever fails, there is no log then, nothing is locked, and the next Create succeeds. W35 W37 W40
func TestCreateFails(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		sim := disk.NewSim()
		struck := sim.Inject(disk.Fault{Nth: n, Err: syscall.ENOSPC})
		w, err := wal.Create(folderName, nil, quiet(sim, 0))
		done := struck() == 0
		sim.Heal()
		if done {
			must(t, err)
			must(t, w.Close())
			break
		}
		if err == nil {
			t.Errorf("operation %d failed, and Create did not tell", n)
			continue
		}
		if ok, err := wal.Exist(folderName, quiet(sim, 0)); ok || err != nil {
			t.Errorf("operation %d failed: Exist() = %v, %v", n, ok, err)
		}
		w, err = wal.Create(folderName, nil, quiet(sim, 0))
		if err != nil {
			t.Errorf("operation %d failed: Create() again: %v", n, err)
			continue
		}
		must(t, w.Close())
	}
}

// TestCreateIsDurable: when Create has returned, all names that lead to the log are durable. W35
func TestCreateIsDurable(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	create(t, sim, 0)
	reopen(t, sim.Crash(disk.Lost), 0, nil)
}

// TestOpenIsDurable: what Open has found is durable when it has read it: the last words of a process that was killed, and the names that it gave. F1 F5
func TestOpenIsDurable(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, w.Save(hs(1, 1, 0), ents(1, 5, 1)))
	must(t, w.Save(hs(1, 1, 5), nil)) // not synced
	killed := sim.Kill()
	_, r := reopen(t, killed, 0, nil)
	if r.state.GetCommit() != 5 {
		t.Fatalf("commit is %d", r.state.GetCommit())
	}
	if _, r := reopen(t, killed.Crash(disk.Lost), 0, nil); r.state.GetCommit() != 5 {
		t.Errorf("a commit that was read is lost in a crash: %d", r.state.GetCommit())
	}
	// Nor are names: those of a Create and of a cut that were killed before they were.
	for _, last := range []disk.Event{{Op: disk.OpRename}, {Op: disk.OpSyncDir}} {
		sim = disk.NewSim()
		var at *disk.Sim
		sim.Watch(func(e disk.Event) {
			if e.Op == last.Op && at == nil {
				at = sim.Kill()
			}
		})
		create(t, sim, 0)
		w, _ := reopen(t, at, 0, nil)
		must(t, w.Save(hs(1, 1, 0), ents(1, 5, 1)))
		if _, r := reopen(t, at.Crash(disk.Lost), 0, nil); len(r.ents) != 5 {
			t.Errorf("killed behind the first %v: %d entries left of 5", last.Op, len(r.ents))
		}
		// A disk may keep a folder's name as soon as something in it is durable, as this one does; another need not.
		if !slices.ContainsFunc(at.Log(), func(e disk.Event) bool { return e.Op == disk.OpSyncDir && e.Name == "." }) {
			t.Error("the folder above the log's was not synced")
		}
	}
}

// TestShared: a folder that others may list or write is refused, unless the caller insists.
func TestShared(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "wal")
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Chmod(dir, 0o755))
	if _, err := wal.Create(dir, nil, nil); !errors.Is(err, wal.ErrShared) {
		t.Errorf("Create() error = %v, want ErrShared", err)
	}
	o := &wal.Options{AllowShared: true, SegmentSize: 1 << 16}
	w, err := wal.Create(dir, nil, o)
	must(t, err)
	must(t, w.Close())
	if _, err := wal.Open(dir, nil, nil); !errors.Is(err, wal.ErrShared) {
		t.Errorf("Open() error = %v, want ErrShared", err)
	}
	info, err := os.Stat(filepath.Join(dir, "0000000000000000-0000000000000000.wal"))
	must(t, err)
	if info.Mode().Perm() != 0o600 || info.Size() != 1<<16 {
		t.Errorf("segment has mode %v and %d bytes", info.Mode(), info.Size())
	}
}

// TestOneWriter: a second opener is refused at once, a reader is not; and nothing blocks when the first is gone. F21
func TestOneWriter(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "wal")
	w, err := wal.Create(dir, nil, nil)
	must(t, err)
	must(t, w.Save(hs(1, 1, 0), ents(1, 3, 1)))
	if _, err := wal.Open(dir, nil, nil); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("Open() error = %v, want ErrLocked", err)
	}
	if _, err := wal.Repair(dir, nil); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("Repair() error = %v, want ErrLocked", err)
	}
	if _, err := wal.Verify(dir, nil, nil); err != nil {
		t.Errorf("Verify() beside a writer: %v", err)
	}
	must(t, w.Close())
	if open := openBelow(t, dir); len(open) > 0 {
		t.Errorf("open after Close: %v", open)
	}
	w, err = wal.Open(dir, nil, nil)
	must(t, err)
	if _, err := wal.Open(dir, nil, nil); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("Open() before ReadAll: error = %v, want ErrLocked", err)
	}
	must(t, w.Close())
}

// TestObserve: what is observed are the operations. W38
func TestObserve(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	o := quiet(sim, 1000)
	var events []wal.Event
	o.Observe = func(e wal.Event) { events = append(events, e) }
	w, err := wal.Create(folderName, nil, o)
	must(t, err)
	for i := uint64(1); i <= 5; i++ {
		must(t, w.Save(hs(1, 1, 0), []*raftpb.Entry{ent(i, 1, 700)}))
	}
	counts, bytes := map[wal.Op]int{}, int64(0)
	for _, e := range events {
		counts[e.Op]++
		bytes += e.Bytes
		if e.Took < 0 || e.Took > time.Minute || e.Segment == "" {
			t.Errorf("event %+v", e)
		}
	}
	want := 0
	for _, b := range segments(t, sim) {
		want += (len(b) + 7) / 8 * 8
	}
	if counts[wal.OpCut] != len(w.Segments())-1 || counts[wal.OpSync] != countOps(sim, disk.OpSync) || bytes != int64(want) {
		t.Errorf("observed %v and %d bytes of %d", counts, bytes, want)
	}
}

// TestNoSync writes everything to the kernel, and syncs nothing. W39
func TestNoSync(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	o := quiet(sim, 1000)
	o.UnsafeNoSync = true
	w, err := wal.Create(folderName, nil, o)
	must(t, err)
	for i := uint64(1); i <= 5; i++ {
		must(t, w.Save(hs(1, 1, i), []*raftpb.Entry{ent(i, 1, 700)}))
	}
	must(t, w.SaveSnapshot(snapshot(4, 1)))
	must(t, w.ReleaseLockTo(4))
	must(t, w.Purge())
	if n := countOps(sim, disk.OpSync|disk.OpSyncDir); n != 0 {
		t.Errorf("%d syncs", n)
	}
	if _, r := reopen(t, sim.Kill(), 1000, at(4, 1)); indexes(r.ents) != "[5/1]" {
		t.Errorf("after a kill ReadAll() = %v", indexes(r.ents))
	}
}

// TestSaveAllocates nothing, whether it is one goroutine's or many goroutines' log.
func TestSaveAllocates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wal")
	w, err := wal.Create(dir, nil, &wal.Options{UnsafeNoSync: true, NoBackground: true})
	must(t, err)
	defer w.Close()
	state, batch := hs(1, 1, 0), ents(1, 100, 1)
	batch[50].Data = make([]byte, 100<<10)
	first := uint64(1)
	save := func() {
		for i, e := range batch {
			*e.Index = first + uint64(i)
		}
		first += uint64(len(batch))
		*state.Commit = first - 1
		if err := w.Save(state, batch); err != nil {
			t.Fatal(err)
		}
	}
	save()
	if n := testing.AllocsPerRun(100, save); n > 0 {
		t.Errorf("Save allocates %v times", n)
	}
}

// TestErrorsNameTheSegment by its name, also while it is the one that Create has made under another. B02
func TestErrorsNameTheSegment(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	sim.Inject(disk.Fault{Ops: disk.OpWrite})
	err := w.Save(hs(1, 1, 0), nil)
	const want = "wal: write log/0000000000000000-0000000000000000.wal: input/output error; the log takes nothing more: close it, and open it again"
	if err == nil || err.Error() != want {
		t.Errorf("Save() error = %v, want %s", err, want)
	}
}

// TestSlowSync: the logger is told of a sync that takes a second, with how long it took; nothing else is different. W38 F20
func TestSlowSync(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	o := quiet(&slow{FS: disk.NewSim()}, 0)
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	w, err := wal.Create(folderName, nil, o)
	must(t, err)
	must(t, w.Save(hs(1, 1, 0), nil))
	if text := log.String(); strings.Count(text, "sync of the log was slow") != 1 || !strings.Contains(text, "took=1.") {
		t.Errorf("the logger was told %q", text)
	}
}

// slow is a disk whose second sync of a file takes more than a second.
type slow struct {
	disk.FS
	syncs int
}

func (s *slow) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	f, err := s.FS.Open(name, flag, mode)
	return &slowFile{f, s}, err
}

type slowFile struct {
	disk.File
	s *slow
}

func (f *slowFile) Sync() error {
	if f.s.syncs++; f.s.syncs == 2 {
		time.Sleep(1050 * time.Millisecond)
	}
	return f.File.Sync()
}
