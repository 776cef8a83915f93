package wal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// tracedDir is set in the process that is traced: the folder to work in.
const tracedDir = "LOGBOOK_TRACED_DIR"

func init() { processes[tracedDir] = workTraced }

// recorder is a disk that prints what changes it, in the words in which traced says what strace saw.
type recorder struct {
	disk.FS
	now map[string]*recordedFile // by present name
}

type recordedFile struct {
	disk.File
	name string
}

func (r *recorder) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	_, missing := r.Stat(name)
	f, err := r.FS.Open(name, flag, mode)
	if err != nil {
		return nil, err
	}
	if missing != nil {
		fmt.Println("create", name)
	} else if flag&os.O_TRUNC != 0 {
		fmt.Println("truncate", name, 0)
	}
	r.now[name] = &recordedFile{f, name}
	return r.now[name], nil
}

func (r *recorder) Mkdir(name string, mode fs.FileMode) error {
	fmt.Println("mkdir", name)
	return r.FS.Mkdir(name, mode)
}

func (r *recorder) Rename(from, to string) error {
	fmt.Println("rename", from, to)
	if f := r.now[from]; f != nil {
		f.name, r.now[to] = to, f
	}
	return r.FS.Rename(from, to)
}

func (r *recorder) Remove(name string) error {
	fmt.Println("remove", name)
	return r.FS.Remove(name)
}

func (r *recorder) SyncDir(name string) error {
	fmt.Println("syncdir", name)
	return r.FS.SyncDir(name)
}

func (f *recordedFile) WriteAt(p []byte, off int64) (int, error) {
	fmt.Println("write", f.name, len(p), off)
	return f.File.WriteAt(p, off)
}

func (f *recordedFile) Truncate(size int64) error {
	fmt.Println("truncate", f.name, size)
	return f.File.Truncate(size)
}

func (f *recordedFile) Preallocate(size int64) error {
	fmt.Println("preallocate", f.name, size)
	return f.File.Preallocate(size)
}

func (f *recordedFile) Sync() error {
	fmt.Println("sync", f.name)
	return f.File.Sync()
}

// workTraced does all that a log does, through a recorder.
func workTraced(dir string) error {
	fsys, err := disk.OS(dir)
	if err != nil {
		return err
	}
	o := &wal.Options{FS: &recorder{fsys, map[string]*recordedFile{}}, SegmentSize: 8 << 10, NoBackground: true, AllowShared: true}
	w, err := wal.Create(folderName, []byte("md"), o)
	if err != nil {
		return err
	}
	var errs []error
	save := func(first uint64) {
		for i := first; i < first+15; i++ {
			errs = append(errs, w.Save(hs(1, 1, i-1), ents(i, i, 1)), w.Save(hs(1, 1, i), nil))
			if i%5 == 0 {
				errs = append(errs, w.Save(nil, []*raftpb.Entry{ent(i+1, 1, 3000)}))
			}
		}
	}
	save(1)
	errs = append(errs, w.SaveSnapshot(snapshot(14, 1)), w.Prepare(), w.ReleaseLockTo(14), w.Purge(), w.Save(nil, ents(17, 18, 1)), w.Prepare(), w.Close())
	// A torn end, to be cut off.
	files, err := fsys.List(folderName)
	errs = append(errs, err)
	last := folderName + "/" + files[len(files)-1].Name()
	end, err := tornEnd(fsys, last)
	errs = append(errs, err)
	if w, err = wal.Open(folderName, at(14, 1), o); err != nil {
		return errors.Join(append(errs, err)...)
	}
	_, _, found, err := w.ReadAll()
	if err == nil && !w.Tail().Torn {
		err = fmt.Errorf("the log is not torn at %d", end)
	}
	errs = append(errs, err)
	save(14 + uint64(len(found)) + 1)
	errs = append(errs, w.Close())
	// Without an FS nothing is recorded: of this log it is only looked at whether its own name is made durable.
	own, err := wal.Create(filepath.Join(dir, ownName), nil, &wal.Options{NoBackground: true})
	if err != nil {
		return err
	}
	fmt.Println("syncdir .")
	return errors.Join(append(errs, own.Close())...)
}

// tornEnd cuts the last bytes off a segment's last record.
func tornEnd(fsys disk.FS, name string) (int64, error) {
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	size, err := f.Size()
	b := make([]byte, size)
	_, errRead := f.ReadAt(b, 0)
	end := int64(len(bytes.TrimRight(b, "\x00"))) - 4
	return end, errors.Join(err, errRead, f.Close(), os.Truncate(filepath.Join(os.Getenv(tracedDir), name), end))
}

// ownName is the log that opens its folder itself.
const ownName = "own"

// calls are the lines of strace that matter, and what they are in the recorder's words.
var calls = []struct {
	re    *regexp.Regexp
	words string
}{
	{regexp.MustCompile(`openat\(\d+<([^>]*)>, "([^"]*)", [^,]*O_CREAT`), "create $1/$2"},
	{regexp.MustCompile(`mkdirat\(\d+<([^>]*)>, "([^"]*)"`), "mkdir $1/$2"},
	{regexp.MustCompile(`renameat2?\(\d+<([^>]*)>, "([^"]*)", \d+<([^>]*)>, "([^"]*)"`), "rename $1/$2 $3/$4"},
	{regexp.MustCompile(`unlinkat\(\d+<([^>]*)>, "([^"]*)"`), "remove $1/$2"},
	{regexp.MustCompile(`pwrite64\(\d+<([^>]*)>, [^,]*, (\d+), (\d+)`), "write $1 $2 $3"},
	{regexp.MustCompile(`ftruncate\(\d+<([^>]*)>, (\d+)`), "truncate $1 $2"},
	{regexp.MustCompile(`fallocate\(\d+<([^>]*)>, 0, 0, (\d+)`), "preallocate $1 $2"},
	{regexp.MustCompile(`fdatasync\(\d+<([^>]*)>`), "sync $1"},
	{regexp.MustCompile(`fsync\(\d+<([^>]*)>`), "syncdir $1"},
}

// traced returns what strace saw below dir, in the recorder's words.
func traced(dir, output string) (all []string) {
	for line := range strings.Lines(output) {
		for _, c := range calls {
			m := c.re.FindStringSubmatchIndex(line)
			if m == nil {
				continue
			}
			words := string(c.re.ExpandString(nil, c.words, line, m))
			if strings.Contains(words, dir) && !strings.Contains(words, dir+"/"+ownName) {
				words = strings.ReplaceAll(strings.ReplaceAll(words, dir+"/", ""), dir, ".")
				all = append(all, words)
			}
			break
		}
	}
	return all
}

// TestSystemCalls compares the system calls of a run on the real disk, as strace sees them, with the operations that a log makes on an FS: nothing is synced only in
// our words, and nothing happens that the crash search does not see.
func TestSystemCalls(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no strace: install it to compare with the system calls")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	output := filepath.Join(t.TempDir(), "strace")
	cmd := exec.Command(strace, "-f", "-y", "-s", "0", "-o", output, "-e", "trace=openat,mkdirat,renameat,renameat2,unlinkat,pwrite64,ftruncate,fallocate,fdatasync,fsync", os.Args[0])
	cmd.Env = append(os.Environ(), tracedDir+"="+dir)
	recorded, err := cmd.CombinedOutput()
	if err != nil {
		if b, _ := os.ReadFile(output); len(b) == 0 {
			t.Skipf("strace cannot trace here: %v: %s", err, recorded)
		}
		t.Fatalf("%v: %s", err, recorded)
	}
	b, err := os.ReadFile(output)
	must(t, err)
	want, got := strings.Split(strings.TrimSpace(string(recorded)), "\n"), traced(dir, string(b))
	for _, op := range []string{"create", "rename", "remove", "write", "truncate", "preallocate", "sync", "syncdir"} {
		if !strings.Contains(string(recorded), op+" ") {
			t.Errorf("the run made no %s", op)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("system calls mismatch (-recorded +strace):\n%s", diff)
	}
	t.Logf("%d operations", len(want))
}
