package snap_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/snap"
)

// TestTogether saves, purges and loads by many goroutines, on a real disk. Every load finds a whole snapshot, no older than the last
// that was acknowledged before it began. Run with -race.
func TestTogether(t *testing.T) {
	t.Parallel()
	const last = 60
	s := snap.New(filepath.Join(t.TempDir(), "snap"), &snap.Options{RenameBroken: true})
	save := func(index uint64) {
		if err := s.SaveSnap(snapshot(index, 2, wide(fmt.Sprint(index)))); err != nil {
			t.Errorf("SaveSnap(%d) = %v", index, err)
		}
	}
	save(1)
	var mu sync.Mutex
	acknowledged, done := uint64(1), false
	now := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		return acknowledged, done
	}
	var all sync.WaitGroup
	all.Go(func() {
		for index := uint64(2); index <= last; index++ {
			save(index)
			mu.Lock()
			acknowledged, done = index, index == last
			mu.Unlock()
		}
	})
	repeat := func(f func(index uint64)) {
		all.Go(func() {
			for index, done := now(); !done; index, done = now() {
				f(index)
			}
		})
	}
	for range 2 {
		repeat(func(index uint64) {
			if err := s.Purge(meta(index, 2), 2); err != nil {
				t.Errorf("Purge(%d) = %v", index, err)
			}
		})
		repeat(func(index uint64) {
			got, err := s.Load()
			if err != nil || got.GetMetadata().GetIndex() < index || len(s.Rejected()) != 0 {
				t.Errorf("Load() = %d, %v, rejected %v, want %d or later", got.GetMetadata().GetIndex(), err, s.Rejected(), index)
			}
		})
	}
	all.Wait()
	save(last) // the same once more
	if files, err := s.List(); err != nil || len(files) == 0 || files[0].Index != last {
		t.Errorf("List() = %v, %v", files, err)
	}
}

// TestTwoProcesses: while one saves, another that saves is refused at once, one that purges leaves its temporary file alone, one that
// renames puts that off, and the first is not disturbed. F21
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "snap")
	other := snap.New(dir, &snap.Options{RenameBroken: true})
	if err := other.SaveSnap(snapshot(5, 2, "five")); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(dir, name(7, 2))
	if err := os.WriteFile(damaged, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	beside := func(e snap.Event) {
		if e.Op != snap.OpSync {
			return
		}
		if err := other.SaveSnap(snapshot(12, 2, "twelve")); !errors.Is(err, disk.ErrLocked) {
			t.Errorf("SaveSnap() beside another = %v, want ErrLocked", err)
		}
		if err := other.Purge(meta(5, 2), 1); err != nil {
			t.Errorf("Purge() beside another = %v", err)
		}
		if got, err := other.Load(); err != nil || got.GetMetadata().GetIndex() != 5 || len(other.Rejected()) != 1 {
			t.Errorf("Load() beside another = %v, %v", got, err)
		}
		if _, err := os.Stat(damaged); err != nil {
			t.Errorf("the damaged file is renamed beside another: %v", err)
		}
	}
	if err := snap.New(dir, &snap.Options{Observe: beside}).SaveSnap(snapshot(9, 2, "nine")); err != nil {
		t.Errorf("SaveSnap() = %v", err)
	}
	if got, err := other.Load(); err != nil || string(got.GetData()) != "nine" {
		t.Errorf("Load() = %v, %v", got, err)
	}
	if err := other.SaveSnap(snapshot(12, 2, "twelve")); err != nil {
		t.Errorf("SaveSnap() when the other is done = %v", err)
	}
}

// TestLockedUntilRenamed: until it has its name, another process must not take the temporary file for a leftover and put its own in
// its place. Nor while a failed one is removed. F21
func TestLockedUntilRenamed(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		sim := disk.NewSim()
		times := 0
		refused := func(string) {
			times++
			if err := snap.New(".", &snap.Options{FS: sim}).SaveSnap(snapshot(12, 2, "twelve")); !errors.Is(err, disk.ErrLocked) {
				t.Errorf("SaveSnap() beside another = %v, want ErrLocked", err)
			}
		}
		if fails {
			sim.Inject(disk.Fault{Ops: disk.OpSync})
		}
		err := snap.New(".", &snap.Options{FS: &hooked{FS: sim, rename: refused, remove: refused}}).SaveSnap(snapshot(9, 2, "nine"))
		if (err != nil) != fails || times != 1 {
			t.Errorf("SaveSnap() = %v, after %d attempts of another", err, times)
		}
	}
}

// TestTakenAway: a temporary file that does not have its name any more when it is locked is another's snapshot by now. It is not
// touched, nor is the one that another has begun under that name.
func TestTakenAway(t *testing.T) {
	t.Parallel()
	tmp, taken := "snap.tmp", name(9, 2)
	for _, c := range []struct {
		name string
		// then is what another does before ours is locked, for the n-th time.
		then func(fsys disk.FS, n int) error
		want string // of the error
		left string // in the temporary file
	}{
		{"saved", func(fsys disk.FS, n int) error {
			if n > 1 {
				return nil
			}
			return fsys.Rename(tmp, taken)
		}, "", ""},
		{"saved_and_begun_again", func(fsys disk.FS, n int) error {
			if n > 1 {
				return nil
			}
			if err := fsys.Rename(tmp, taken); err != nil {
				return err
			}
			f, err := fsys.Open(tmp, os.O_RDWR|os.O_CREATE, disk.FileMode) // open to the end
			if err == nil {
				_, err = f.WriteAt([]byte("begun"), 0)
			}
			return errors.Join(err, f.Lock())
		}, disk.ErrLocked.Error(), "begun"},
		{"always", func(fsys disk.FS, n int) error { return fsys.Rename(tmp, taken) }, "take it away all the time", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			real, err := disk.OS(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer real.Close()
			put(t, real, tmp, []byte("the other's"))
			n := 0
			hook := &lockHooked{FS: real, before: func() {
				n++
				if err := c.then(real, n); err != nil {
					t.Error(err)
				}
			}}
			err = snap.New(".", &snap.Options{FS: hook, AllowShared: true}).SaveSnap(snapshot(12, 2, "twelve"))
			if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("SaveSnap() = %v, want %q", err, c.want)
			}
			if c.name != "always" && string(contentOf(t, real, taken)) != "the other's" {
				t.Errorf("the other's file holds %q", contentOf(t, real, taken))
			}
			if _, err := real.Stat(tmp); (err == nil) != (c.left != "") || err == nil && string(contentOf(t, real, tmp)) != c.left {
				t.Errorf("snap.tmp: %v, want %q in it", err, c.left)
			}
		})
	}
}

// lockHooked is a disk on which something happens before a file is locked.
type lockHooked struct {
	disk.FS
	before func()
}

func (l *lockHooked) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	f, err := l.FS.Open(name, flag, mode)
	if f == nil {
		return nil, err
	}
	return &lockHookedFile{f, l.before}, err
}

type lockHookedFile struct {
	disk.File
	before func()
}

func (f *lockHookedFile) Lock() error {
	f.before()
	return f.File.Lock()
}

func (f *lockHookedFile) Stat() (fs.FileInfo, error) {
	return f.File.(interface{ Stat() (fs.FileInfo, error) }).Stat()
}

// TestObserve: what is told for metrics.
func TestObserve(t *testing.T) {
	t.Parallel()
	var events []snap.Event
	files := series(t, 3, 5)
	files[name(20, 2)] = nil
	s := snap.New(".", &snap.Options{FS: folder(t, files), Observe: func(e snap.Event) { events = append(events, e) }})
	nine := snapshot(9, 2, "nine")
	_, err := s.Load()
	if err := errors.Join(err, s.SaveSnap(nine), s.Purge(meta(9, 2), 1)); err != nil {
		t.Fatal(err)
	}
	want := []snap.Event{
		{Op: snap.OpReject, File: name(20, 2)},
		{Op: snap.OpLoad, File: name(5, 2), Bytes: int64(len(files[name(5, 2)]))},
		{Op: snap.OpSync, File: name(9, 2), Bytes: int64(len(encode(t, nine)))},
		{Op: snap.OpSave, File: name(9, 2), Bytes: int64(len(encode(t, nine)))},
		{Op: snap.OpPurge, File: name(3, 2)},
		{Op: snap.OpPurge, File: name(5, 2)},
	}
	if diff := cmp.Diff(want, events, cmpopts.IgnoreFields(snap.Event{}, "Took")); diff != "" {
		t.Errorf("Observe mismatch (-want +got):\n%s", diff)
	}
	for _, e := range events {
		if e.Took < 0 || e.Took > time.Minute {
			t.Errorf("%v", e)
		}
	}
}

// slowDisk syncs slowly.
type slowDisk struct {
	disk.FS
	took time.Duration
}

func (d *slowDisk) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	f, err := d.FS.Open(name, flag, mode)
	return &slowFile{f, d.took}, err
}

type slowFile struct {
	disk.File
	took time.Duration
}

func (f *slowFile) Sync() error {
	time.Sleep(f.took)
	return f.File.Sync()
}

// TestSlowSync: the logger is told of a sync of more than a second, and of no other. F20
func TestSlowSync(t *testing.T) {
	t.Parallel()
	for took, told := range map[time.Duration]bool{time.Second: false, 10 * time.Second: true} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			s := snap.New(".", &snap.Options{FS: &slowDisk{disk.NewSim(), took}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err := s.SaveSnap(snapshot(9, 2, "nine")); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(log.String(), "slow sync") && strings.Contains(log.String(), name(9, 2)) && strings.Contains(log.String(), "took=10s"); got != told {
				t.Errorf("after a sync of %v the log says %q", took, log.String())
			}
		})
	}
}

// childFolder names the folder in which a child process of TestKill saves.
const childFolder = "LOGBOOK_SNAP_CHILD"

// TestKill kills a process that saves and purges, again and again. All that it acknowledged is there, and whole. F1
func TestKill(t *testing.T) {
	if dir := os.Getenv(childFolder); dir != "" {
		child(dir)
		return
	}
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := filepath.Join(t.TempDir(), "snap")
	last := uint64(0)
	for round := range 20 {
		acknowledged := killed(t, dir, time.Duration(round%7)*time.Millisecond)
		last = max(last, acknowledged)
		got, err := snap.New(dir, nil).Load()
		if last > 0 && (err != nil || got.GetMetadata().GetIndex() < last) {
			t.Fatalf("round %d: Load() = %d, %v; %d was acknowledged", round, got.GetMetadata().GetIndex(), err, last)
		}
	}
	if last == 0 {
		t.Error("no child has saved anything")
	}
}

// killed lets a child save, kills it after the first save and a while, and returns the last that it acknowledged.
func killed(t *testing.T, dir string, after time.Duration) (acknowledged uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if acknowledged == 0 {
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
		if n, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
			acknowledged = max(acknowledged, n)
		} else {
			t.Errorf("the child says %s", lines.Text())
			cmd.Process.Kill()
		}
	}
	cmd.Wait()
	return acknowledged
}

// child saves one snapshot after the other behind those that are there, and says which it has saved.
func child(dir string) {
	s := snap.New(dir, nil)
	from := uint64(0)
	if got, err := s.Load(); err == nil {
		from = got.GetMetadata().GetIndex()
	}
	for index := from + 1; ; index++ {
		err := s.SaveSnap(snapshot(index, 2, strings.Repeat("x", 100_000)))
		if err == nil {
			fmt.Println(index)
			err = s.Purge(meta(index, 2), 2)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
	}
}

// hiding is a disk whose first listing misses a name, as one may that was interrupted by a rename.
type hiding struct {
	disk.FS
	name   string
	listed int
}

func (h *hiding) List(name string) ([]fs.DirEntry, error) {
	all, err := h.FS.List(name)
	if h.listed++; h.listed == 1 {
		all = slices.DeleteFunc(all, func(e fs.DirEntry) bool { return e.Name() == h.name })
	}
	return all, err
}

// TestListedTwice: a name that one listing misses does not make an older snapshot the newest, or none.
func TestListedTwice(t *testing.T) {
	t.Parallel()
	sim := folder(t, map[string][]byte{name(5, 2): encode(t, snapshot(5, 2, "five")), name(9, 2): encode(t, snapshot(9, 2, "nine"))})
	got, err := snap.New(".", &snap.Options{FS: &hiding{FS: sim, name: name(9, 2)}}).Load()
	if err != nil || got.GetMetadata().GetIndex() != 9 {
		t.Errorf("Load() = %v, %v, want index 9", got.GetMetadata(), err)
	}
}
