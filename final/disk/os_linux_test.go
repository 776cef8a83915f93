package disk_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"example.com/logbook/final/disk"
)

// helperDir tells a child process, which is this test binary again, the folder to work in.
const helperDir = "DISK_TEST_DIR"

// TestChild is no test: it is what the child process of the tests below does. It creates a file and a folder under a
// hostile umask, locks the file, and waits for its death.
func TestChild(t *testing.T) {
	dir := os.Getenv(helperDir)
	if dir == "" {
		t.Skip("runs only as the child of another test")
	}
	syscall.Umask(0o277)
	fsys := newOS(t, dir)
	f := create(t, fsys, "file", "content")
	must(t, fsys.Mkdir("folder", disk.DirMode))
	must(t, f.Lock())
	os.Stdout.WriteString("ready")
	io.Copy(io.Discard, os.Stdin)
}

// child starts a child process and waits until it holds the lock.
func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	_, err = cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	ready := make([]byte, 5)
	if _, err := io.ReadFull(out, ready); err != nil || string(ready) != "ready" {
		t.Fatalf("the child says %q: %v", ready, err)
	}
	return cmd
}

// F1, F21: another process is refused at once, and kill -9 leaves no lock behind. Permissions are exact, whatever the
// umask.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := child(t, dir)
	fsys := newOS(t, dir)
	f := open(t, fsys, "file", os.O_RDWR)
	err := f.Lock()
	wantClass(t, "Lock while another process holds it", err, disk.ErrLocked)
	must(t, cmd.Process.Kill())
	cmd.Wait()
	if err := f.Lock(); err != nil {
		t.Errorf("Lock after the holder was killed = %v", err)
	}
	for name, want := range map[string]fs.FileMode{"file": disk.FileMode, "folder": fs.ModeDir | disk.DirMode} {
		if info, err := fsys.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("under umask 0277, %s was created with mode %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
}

// etcd locks with F_OFD_SETLK on the whole file: it must be refused while Lock holds, and Lock while it holds.
func TestLockAgainstEtcd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ours := create(t, newOS(t, dir), "file", "content")
	theirs, err := os.OpenFile(filepath.Join(dir, "file"), os.O_RDWR, 0)
	must(t, err)
	defer theirs.Close()
	const setLock = 37 // F_OFD_SETLK in fcntl.h
	etcd := func(typ int16) error {
		return syscall.FcntlFlock(theirs.Fd(), setLock, &syscall.Flock_t{Type: typ, Whence: io.SeekStart})
	}
	must(t, ours.Lock())
	if err := etcd(syscall.F_WRLCK); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("etcd's lock while ours holds = %v, want EAGAIN", err)
	}
	must(t, ours.Close())
	must(t, etcd(syscall.F_WRLCK))
	again := open(t, newOS(t, dir), "file", os.O_RDWR)
	wantClass(t, "Lock while etcd's holds", again.Lock(), disk.ErrLocked)
	must(t, etcd(syscall.F_UNLCK))
	must(t, again.Lock())
}

// A child that is being started has a copy of the descriptor, and with it the lock, until it becomes another program: Close
// does not leave the lock to it.
func TestCloseUnlocks(t *testing.T) {
	t.Parallel()
	fsys := newOS(t, t.TempDir())
	f := create(t, fsys, "file", "content")
	must(t, f.Lock())
	copied, err := syscall.Dup(int(f.(interface{ Fd() uintptr }).Fd()))
	must(t, err)
	defer syscall.Close(copied)
	must(t, f.Close())
	must(t, open(t, fsys, "file", os.O_RDWR).Lock())
}

// Nothing leads out of the folder, and what is not a regular file is neither read nor written, nor waited for.
func TestNeverFollowedOut(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("content"), 0o600))
	must(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "out")))
	must(t, os.Symlink(filepath.Join(outside, "new"), filepath.Join(dir, "dangling")))
	must(t, os.Symlink(outside, filepath.Join(dir, "outdir")))
	must(t, os.Symlink("file", filepath.Join(dir, "in")))
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	fsys := newOS(t, dir)

	fails := func(what string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s was followed out of the folder", what)
		}
	}
	const create = os.O_RDWR | os.O_CREATE
	_, err := fsys.Open("out", os.O_RDONLY, 0)
	fails("Open for reading", err)
	_, err = fsys.Open("outdir/secret", os.O_RDONLY, 0)
	fails("Open in a folder", err)
	_, err = fsys.Open("outdir/new", create, 0o600)
	fails("Open in a folder, creating", err)
	_, err = fsys.List("outdir")
	fails("List", err)
	fails("Mkdir", fsys.Mkdir("outdir/new", 0o700))
	fails("Remove", fsys.Remove("outdir/secret"))
	fails("Rename", fsys.Rename("file", "outdir/file"))
	fails("SyncDir", fsys.SyncDir("outdir"))
	for _, name := range []string{"out", "dangling", "outdir", "in", "pipe"} {
		for _, flag := range []int{os.O_RDWR, create, create | os.O_TRUNC} {
			_, err = fsys.Open(name, flag, 0o600)
			wantClass(t, "Open for writing of "+name, err, disk.ErrIrregular)
		}
	}
	_, err = fsys.Open("pipe", os.O_RDONLY, 0)
	wantClass(t, "Open for reading of a pipe", err, disk.ErrIrregular)
	if got := content(t, fsys, "in"); got != "content" {
		t.Errorf("a link inside the folder reads %q, want its target", got)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside there is %v, %v, want only what was there", entries, err)
	}
}

// An existing file keeps the permissions that it has.
func TestExistingModeStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	must(t, os.Chmod(filepath.Join(dir, "file"), 0o644))
	fsys := newOS(t, dir)
	open(t, fsys, "file", os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if info, err := fsys.Stat("file"); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode is %v, %v, want -rw-r--r--", info.Mode(), err)
	}
}

func TestOSNeedsAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := disk.OS(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OS() of a missing folder = %v, want fs.ErrNotExist", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	if _, err := disk.OS(filepath.Join(dir, "file")); err == nil {
		t.Error("OS() of a file succeeded")
	}
}

// Preallocate reserves blocks, where the file system can.
func TestPreallocateReserves(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	probe, err := os.Create(filepath.Join(dir, "probe"))
	must(t, err)
	defer probe.Close()
	if err := syscall.Fallocate(int(probe.Fd()), 0, 0, 4096); err != nil {
		t.Skipf("this file system cannot reserve space: %v", err)
	}
	f := create(t, newOS(t, dir), "file", "content")
	must(t, f.Preallocate(1<<20))
	info, err := os.Stat(filepath.Join(dir, "file"))
	must(t, err)
	if got := info.Sys().(*syscall.Stat_t).Blocks * 512; got < 1<<20 {
		t.Errorf("%d bytes are reserved, want 1 MiB", got)
	}
}

// Writeback leaves a file as it is, and is refused by a closed one.
func TestWriteback(t *testing.T) {
	t.Parallel()
	f := create(t, newOS(t, t.TempDir()), "file", "content")
	back, ok := f.(interface{ Writeback(off, n int64) error })
	if !ok {
		if runtime.GOARCH != "arm" {
			t.Error("a file of Linux has no Writeback")
		}
		return
	}
	must(t, back.Writeback(0, 7))
	b := make([]byte, 7)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "content" {
		t.Errorf("ReadAt() = %q, %v behind Writeback", b, err)
	}
	if err := back.Writeback(-1, 1); !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, syscall.EINVAL) {
		t.Errorf("Writeback(-1, 1) = %v, want invalid", err)
	}
	must(t, f.Close())
	if err := back.Writeback(0, 7); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Writeback() of a closed file = %v, want %v", err, fs.ErrClosed)
	}
}

// Two that open the same name with O_CREATE, while a third removes it, get a file each time.
func TestOpenRace(t *testing.T) {
	t.Parallel()
	fsys := newOS(t, t.TempDir())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			if f, err := fsys.Open("file", os.O_RDWR|os.O_CREATE, disk.FileMode); err == nil {
				f.Close()
			}
			fsys.Remove("file")
		}
	}()
	for range 300 {
		f, err := fsys.Open("file", os.O_RDWR|os.O_CREATE, disk.FileMode)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			t.Errorf("Open() = %v: it must create the file or open it", err)
		}
		if err == nil {
			f.Close()
		}
	}
	<-done
}
