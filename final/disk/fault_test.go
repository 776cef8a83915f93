package disk_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
)

// everything does each operation once, in the order of the Op constants as far as it can, and returns their errors.
func everything(sim *disk.Sim) []error {
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	f, err := sim.Open("d/file", os.O_RDWR|os.O_CREATE, disk.FileMode)
	note(err)
	note(sim.Mkdir("new", disk.DirMode))
	note(sim.Rename("d/x", "d/y"))
	note(sim.Remove("d/z"))
	_, err = sim.List(".")
	note(err)
	_, err = sim.Stat("d")
	note(err)
	note(sim.SyncDir("d"))
	if f != nil {
		_, err = f.WriteAt([]byte("content"), 0)
		note(err)
		_, err = f.ReadAt(make([]byte, 3), 1)
		note(err)
		note(f.Sync())
		note(f.Truncate(100))
		note(f.Preallocate(200))
		_, err = f.Size()
		note(err)
		note(f.Lock())
		note(f.Close())
	}
	return errs
}

// stage returns a disk on which everything succeeds.
func stage(t *testing.T) *disk.Sim {
	t.Helper()
	sim := disk.NewSim()
	must(t, sim.Mkdir("d", disk.DirMode))
	create(t, sim, "d/x", "x")
	create(t, sim, "d/z", "z")
	sim.ClearLog()
	return sim
}

// words are the operations of everything, as the log tells them.
var words = []string{
	"create d/file", "mkdir new", "rename d/x to d/y", "remove d/z", "list .", "stat d", "syncdir d",
	"write d/file [0,7)", "read d/file [1,4)", "sync d/file", "truncate d/file to 100", "preallocate d/file to 200",
	"size d/file", "lock d/file", "close d/file",
}

func TestLog(t *testing.T) {
	t.Parallel()
	sim := stage(t)
	var watched []string
	var data string
	sim.Watch(func(e disk.Event) {
		watched = append(watched, e.String())
		data += string(e.Data)
		sim.Pending() // any method may be called
	})
	for i, err := range everything(sim) {
		if err != nil {
			t.Errorf("operation %d: %v", i, err)
		}
	}
	sim.Watch(nil)
	open(t, sim, "d/file", os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	open(t, sim, "d/fresh", os.O_RDWR|os.O_CREATE|os.O_TRUNC) // a new file is not truncated
	sim.Remove("none")
	if diff := cmp.Diff(words, watched); diff != "" || data != "content" {
		t.Errorf("watched with data %q: mismatch (-want +got):\n%s", data, diff)
	}
	var logged []string
	for _, e := range sim.Log() {
		logged = append(logged, e.String())
		if e.Data != nil {
			t.Errorf("%v: the log keeps data", e)
		}
	}
	want := append(words, "open d/file", "truncate d/file to 0", "create d/fresh", "remove none: file does not exist")
	if diff := cmp.Diff(want, logged); diff != "" {
		t.Errorf("Log() mismatch (-want +got):\n%s", diff)
	}
	sim.ClearLog()
	if n := len(sim.Log()); n != 0 {
		t.Errorf("after ClearLog, the log has %d operations", n)
	}
}

// The log and faults see the present name of an open file, not the one it was opened by.
func TestLogFollowsRenames(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	must(t, sim.Mkdir("d", disk.DirMode))
	f := create(t, sim, "d/a", "a")
	must(t, sim.Rename("d/a", "d/b"))
	must(t, sim.Rename("d", "e"))
	sim.ClearLog()
	struck := sim.Inject(disk.Fault{Ops: disk.OpSync, Name: "e/b"})
	f.Sync()
	if got := fmt.Sprint(sim.Log()); got != "[sync e/b: "+syscall.EIO.Error()+"]" || struck() != 1 {
		t.Errorf("Log() = %s, want the new name", got)
	}
	sim.ClearLog()
	sim.Rename("e/b", "none/b")
	f.ReadAt(make([]byte, 2), 0) // of which there is one byte
	if got, want := fmt.Sprint(sim.Log()), "[rename e/b to none/b: file does not exist read e/b [0,2): EOF]"; got != want {
		t.Errorf("Log() = %s, want %s", got, want)
	}
}

func TestOpString(t *testing.T) {
	t.Parallel()
	if got, want := (disk.OpWrite | disk.OpSync).String(), "write|sync"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	want := "create|mkdir|rename|remove|syncdir|write|sync|truncate|preallocate"
	if got := disk.OpChanges.String(); got != want {
		t.Errorf("OpChanges = %q, want %q", got, want)
	}
}

// F11, F12, F14: the sweep that every user of a disk should make. Each operation fails once, and for good; nothing of it
// happens; the others are not concerned.
func TestFaultAtEveryOperation(t *testing.T) {
	t.Parallel()
	for _, always := range []bool{false, true} {
		nth := 1
		for ; ; nth++ {
			sim := stage(t)
			struck := sim.Inject(disk.Fault{Nth: nth, Always: always, Err: syscall.ENOSPC})
			before := picture(t, sim.Kill())
			errs := everything(sim)
			if struck() == 0 {
				break
			}
			failed := 0
			for i, err := range errs {
				if err == nil || err == io.EOF { // the end, because the write before it failed
					continue
				}
				failed++
				if !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("operation %d of the sweep at %d: %v, want the injected error", i, nth, err)
				}
				if i+1 < nth {
					t.Errorf("operation %d failed, before number %d: %v", i+1, nth, err)
				}
			}
			if failed != struck() || !always && failed != 1 {
				t.Errorf("fault at %d: %d operations failed, the fault struck %d times", nth, failed, struck())
			}
			if nth == 1 && always && picture(t, sim.Kill()) != before {
				t.Errorf("every operation failed, but the disk shows %q instead of %q", picture(t, sim.Kill()), before)
			}
			sim.Heal()
			if _, err := sim.List("."); err != nil {
				t.Errorf("List() after Heal = %v", err)
			}
		}
		if nth != len(words)+1 {
			t.Errorf("the sweep ended at %d, want %d", nth, len(words)+1)
		}
	}
}

// A fault hits the kinds and names that it is for.
func TestFaultSelection(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault disk.Fault
		want  string // the operations that it hits
	}{
		{disk.Fault{}, "create d/file"},
		{disk.Fault{Ops: disk.OpRename}, "rename d/x to d/y"},
		{disk.Fault{Ops: disk.OpSync | disk.OpSyncDir, Nth: 2}, "sync d/file"},
		{disk.Fault{Ops: disk.OpSync | disk.OpSyncDir, Always: true}, "syncdir d, sync d/file"},
		{disk.Fault{Name: "file", Nth: 2}, "write d/file [0,7)"},
		{disk.Fault{Name: "d/f*", Nth: 3}, "read d/file [1,4)"},
		{disk.Fault{Name: "y"}, "rename d/x to d/y"},
		{disk.Fault{Name: "?", Ops: disk.OpRemove}, "remove d/z"},
		{disk.Fault{Name: "none"}, ""},
		{disk.Fault{Name: "[", Always: true}, ""},
		{disk.Fault{Ops: disk.OpLock, Nth: 2}, ""},
	}
	for _, tt := range tests {
		sim := stage(t)
		sim.Inject(tt.fault)
		everything(sim)
		var hit []string
		for _, e := range sim.Log() {
			if errors.Is(e.Err, syscall.EIO) {
				e.Err = nil
				hit = append(hit, e.String())
			}
		}
		if got := strings.Join(hit, ", "); got != tt.want {
			t.Errorf("%+v hit %q, want %q", tt.fault, got, tt.want)
		}
	}

	// Of two faults at one operation the first wins, and both count it.
	sim := disk.NewSim()
	first := sim.Inject(disk.Fault{Err: syscall.ENOSPC})
	second := sim.Inject(disk.Fault{Nth: 2})
	err1, err2 := sim.SyncDir("."), sim.SyncDir(".")
	if !errors.Is(err1, syscall.ENOSPC) || !errors.Is(err2, syscall.EIO) || first() != 1 || second() != 1 {
		t.Errorf("two faults: %v, %v, struck %d and %d times", err1, err2, first(), second())
	}
}

// F2, F11: a write that fails leaves a prefix of what it was to write.
func TestShortWrite(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int]string{0: "a=a4", 1: "a=b1a3", 5: "a=b5", 600: "a=b600", 999: "a=b600", -1: "a=a4"} {
		sim := disk.NewSim()
		f := durable(t, sim, "a", "aaaa")
		sim.Inject(disk.Fault{Ops: disk.OpWrite, Err: syscall.ENOSPC, Bytes: bytes})
		n, err := f.WriteAt([]byte(strings.Repeat("b", 600)), 0)
		if !errors.Is(err, syscall.ENOSPC) || n != max(0, min(bytes, 600)) {
			t.Errorf("WriteAt() = %d, %v, want %d bytes and the fault", n, err, bytes)
		}
		wantPicture(t, fmt.Sprintf("after %d bytes", bytes), sim, want)
		wantPicture(t, fmt.Sprintf("after %d bytes, Lost", bytes), sim.Crash(disk.Lost), "a=a4")
	}
}

// F14: a read that fails returns what came before; one that ends early looks like the end of the file.
func TestShortRead(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "abcdef")
	p := make([]byte, 4)
	sim.Inject(disk.Fault{Ops: disk.OpRead, Bytes: 2})
	n, err := f.ReadAt(p, 1)
	if string(p[:n]) != "bc" || err == nil || err.Error() != "read a: "+syscall.EIO.Error() {
		t.Errorf("ReadAt() = %q, %v, want bc and an error with the name", p[:n], err)
	}
	sim.Inject(disk.Fault{Ops: disk.OpRead, Bytes: 3, Err: io.EOF})
	if n, err = f.ReadAt(p, 1); string(p[:n]) != "bcd" || err != io.EOF {
		t.Errorf("ReadAt() = %q, %v, want bcd and io.EOF itself", p[:n], err)
	}
	if n, err = f.ReadAt(p, 1); string(p[:n]) != "bcde" || err != nil {
		t.Errorf("ReadAt() after the faults = %q, %v, want bcde", p[:n], err)
	}
}

// Done: the operation takes place, and fails all the same.
func TestFaultDone(t *testing.T) {
	t.Parallel()
	sim := stage(t)
	sim.Inject(disk.Fault{Ops: disk.OpRename | disk.OpRemove | disk.OpMkdir, Always: true, Done: true})
	everything(sim)
	wantPicture(t, "Done", sim, "d/ d/file=c1o1n1t1e1n1t1.193 d/y=x1 new/")
}

// F13: after a sync that failed, nothing is known about what it should have written, whatever a read returns, and a second
// sync that succeeds does not help. Only writing it again does.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pages disk.Pages
		read  string   // what the running process sees
		left  []string // what power loss may leave after a second sync
	}{
		{disk.PagesClean, "a=b1024c512", []string{"a=a1024.512", "a=b512a512.512", "a=a512b512.512", "a=b1024.512",
			"a=a1024c512", "a=b512a512c512", "a=a512b512c512", "a=b1024c512"}},
		{disk.PagesReverted, "a=a1024.512", []string{"a=a1024.512", "a=b512a512.512", "a=a512b512.512", "a=b1024.512",
			"a=a1024c512", "a=b512a512c512", "a=a512b512c512", "a=b1024c512"}},
		{disk.PagesDirty, "a=b1024c512", []string{"a=b1024c512"}},
	}
	for _, tt := range tests {
		sim := disk.NewSim()
		f := durable(t, sim, "a", fill("a", 2))
		write(t, f, fill("b", 2)+fill("c", 1), 0)
		sim.Inject(disk.Fault{Ops: disk.OpSync, Pages: tt.pages})
		if err := f.Sync(); !errors.Is(err, syscall.EIO) {
			t.Fatalf("Sync() = %v, want EIO", err)
		}
		wantPicture(t, "after the failed sync", sim, tt.read)
		if got := picture(t, sim.Crash(disk.Lost)); got != "a=a1024" {
			t.Errorf("the failed sync made %q durable", got)
		}
		must(t, f.Sync())
		if diff := cmp.Diff(tt.left, each(t, sim)); diff != "" {
			t.Errorf("pages %d: crashes after a second sync mismatch (-want +got):\n%s", tt.pages, diff)
		}

		// The second sector is written again, with the same content: now a sync writes it, and only it.
		write(t, f, fill("b", 1), 512)
		must(t, f.Sync())
		if got, want := len(each(t, sim)), (len(tt.left)+1)/2; got != want {
			t.Errorf("pages %d: one sector written again leaves %d disks possible, want %d", tt.pages, got, want)
		}
		must(t, f.Truncate(0))
		must(t, f.Sync())
		wantPicture(t, "after a truncate", sim.Crash(disk.Lost), "a=")
	}
}

// Truncating what has become clean by failure writes only what it cuts.
func TestFailedSyncAndSizes(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", fill("a", 3))
	must(t, f.Truncate(700))
	write(t, f, "bbbb", 0)
	sim.Inject(disk.Fault{Ops: disk.OpSync, Pages: disk.PagesReverted})
	f.Sync()
	wantPicture(t, "reverted below the present size", sim, "a=a700")
	must(t, f.Truncate(900))
	wantPicture(t, "grown again", sim, "a=a700.200")
	must(t, f.Sync())
	wantPending(t, sim, "a [0,512): 2 versions", "a [512,1024): 2 versions", "a [1024,1536): 2 versions")

	sim = disk.NewSim()
	f = durable(t, sim, "a", fill("a", 1))
	must(t, f.Truncate(0))
	sim.Inject(disk.Fault{Ops: disk.OpSync, Pages: disk.PagesReverted})
	f.Sync()
	must(t, f.Truncate(8))
	wantPicture(t, "reverted beyond the present size", sim, "a=.8")
}

// F12: a sync of a folder that fails leaves its names undecided, and a second one does not settle them, unless the pages
// stayed dirty. A later change of the same name does: what comes after proves what came before.
func TestFailedSyncDir(t *testing.T) {
	t.Parallel()
	for pages, want := range map[disk.Pages]string{
		disk.PagesClean: "c=a1", disk.PagesReverted: "c=a1", disk.PagesDirty: "b=b1 c=a1",
	} {
		sim := disk.NewSim()
		must(t, create(t, sim, "a", "a").Sync())
		must(t, create(t, sim, "b", "b").Sync())
		sim.Inject(disk.Fault{Ops: disk.OpSyncDir, Pages: pages})
		if err := sim.SyncDir("."); !errors.Is(err, syscall.EIO) {
			t.Fatalf("SyncDir() = %v, want EIO", err)
		}
		wantPending(t, sim, "create a", "create b")
		must(t, sim.Rename("a", "c"))
		must(t, sim.SyncDir("."))
		wantPicture(t, "after a second sync", sim.Crash(disk.Lost), want)
	}
}

// A file that fails to close is closed, and its lock released, as close(2) does on Linux.
func TestFailedClose(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := create(t, sim, "a", "a")
	must(t, f.Lock())
	sim.Inject(disk.Fault{Ops: disk.OpClose})
	if err := f.Close(); !errors.Is(err, syscall.EIO) {
		t.Errorf("Close() = %v, want EIO", err)
	}
	if err := open(t, sim, "a", os.O_RDWR).Lock(); err != nil {
		t.Errorf("Lock() after a Close that failed = %v", err)
	}
}

// A failing truncate makes Open with O_TRUNC fail, and leaves no file open.
func TestFailedOpenTruncate(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	create(t, sim, "a", "a")
	sim.ClearLog()
	sim.Inject(disk.Fault{Ops: disk.OpTruncate})
	if _, err := sim.Open("a", os.O_RDWR|os.O_TRUNC, 0); !errors.Is(err, syscall.EIO) {
		t.Errorf("Open() = %v, want EIO", err)
	}
	if got := fmt.Sprint(sim.Log()); got != "[open a truncate a to 0: "+syscall.EIO.Error()+" close a]" {
		t.Errorf("Log() = %s", got)
	}
}

// A simulated file ends at 4 GiB, by an error rather than by using up the memory.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := create(t, sim, "a", "a")
	_, err := f.WriteAt([]byte("x"), 1<<32)
	for call, err := range map[string]error{
		"WriteAt":     err,
		"Truncate":    f.Truncate(1<<32 + 1),
		"Preallocate": f.Preallocate(1<<63 - 1),
	} {
		if err == nil || !strings.Contains(err.Error(), "4 GiB") {
			t.Errorf("%s beyond 4 GiB = %v, want an error", call, err)
		}
	}
	must(t, f.Truncate(1<<32))
	wantPending(t, sim, "create a", "size of a: [0 1 4294967296]", "a [0,512): 2 versions")
}

// Several goroutines may use one disk, and disks that came from it, at the same time. The race detector watches.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			name := fmt.Sprint("file", i)
			f, err := sim.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			for n := range 50 {
				f.WriteAt([]byte(strings.Repeat("x", 700)), int64(n*600))
				crashed := sim.Crash(disk.Random(uint64(n)))
				if g, err := crashed.Open(name, os.O_RDWR, 0); err == nil {
					g.WriteAt([]byte("second life"), 5)
					g.Sync()
				}
				sim.Kill().List(".")
				f.Sync()
				sim.SyncDir(".")
				f.Truncate(int64(n * 300))
			}
		})
	}
	wg.Wait()
	if got := list(t, sim.Crash(disk.Lost), "."); got != "file0 file1 file2 file3" {
		t.Errorf("List() = %q", got)
	}
}

// A disk without a log works and names its errors as any other; and begins one when it is told to.
func TestKeepLog(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	sim.KeepLog(false)
	f, err := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err != nil {
		t.Fatal(err)
	}
	sim.Inject(disk.Fault{Ops: disk.OpSync, Name: "a"})
	if err := f.Sync(); err == nil || !strings.Contains(err.Error(), "sync a: ") {
		t.Errorf("Sync() = %v, want an error that names the file", err)
	}
	sim.Heal()
	if _, err := f.ReadAt(make([]byte, 1), -1); err == nil || !strings.Contains(err.Error(), "read a: ") {
		t.Errorf("ReadAt(-1) = %v, want an error that names the file", err)
	}
	if log := sim.Log(); len(log) > 0 {
		t.Errorf("Log() = %v, want none", log)
	}
	sim.KeepLog(true)
	f.Sync()
	if log := sim.Log(); len(log) != 1 || log[0].String() != "sync a" {
		t.Errorf("Log() = %v, want the sync", log)
	}
}
