package disk_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
)

// both runs a test on a real folder and on a simulated disk: what it asserts holds for each FS.
func both(t *testing.T, test func(t *testing.T, fsys disk.FS)) {
	t.Run("OS", func(t *testing.T) {
		t.Parallel()
		test(t, newOS(t, t.TempDir()))
	})
	t.Run("Sim", func(t *testing.T) {
		t.Parallel()
		test(t, disk.NewSim())
	})
}

// newOS opens a real folder until the end of the test.
func newOS(t *testing.T, dir string) disk.FS {
	t.Helper()
	fsys, err := disk.OS(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fsys.Close() })
	return fsys
}

// open opens a file until the end of the test.
func open(t *testing.T, fsys disk.FS, name string, flag int) disk.File {
	t.Helper()
	f, err := fsys.Open(name, flag, disk.FileMode)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// create creates a file with a content, nothing of it durable.
func create(t *testing.T, fsys disk.FS, name, content string) disk.File {
	t.Helper()
	f := open(t, fsys, name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	write(t, f, content, 0)
	return f
}

// write writes all of content.
func write(t *testing.T, f disk.File, content string, offset int64) {
	t.Helper()
	if n, err := f.WriteAt([]byte(content), offset); n != len(content) || err != nil {
		t.Fatalf("WriteAt() = %d, %v, want %d, nil", n, err, len(content))
	}
}

// content returns what a file holds.
func content(t *testing.T, fsys disk.FS, name string) string {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return fileContent(t, f)
}

// fileContent returns what an open file holds.
func fileContent(t *testing.T, f disk.File) string {
	t.Helper()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(io.NewSectionReader(f, 0, size))
	if err != nil || int64(len(b)) != size {
		t.Fatalf("%s has size %d, but %d bytes can be read: %v", f.Name(), size, len(b), err)
	}
	return string(b)
}

// list returns the names in a folder.
func list(t *testing.T, fsys disk.FS, dir string) string {
	t.Helper()
	entries, err := fsys.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// must fails the test for an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// classes are the errors that an FS promises to tell apart.
var classes = []error{
	fs.ErrNotExist, fs.ErrExist, fs.ErrInvalid, fs.ErrPermission, fs.ErrClosed, disk.ErrLocked, disk.ErrIrregular, io.EOF,
}

// class returns the class of an error, by name.
func class(err error) string {
	if err == nil {
		return "ok"
	}
	for _, c := range classes {
		if errors.Is(err, c) {
			return c.Error()
		}
	}
	return "other"
}

// wantClass compares the class of an error.
func wantClass(t *testing.T, call string, err, want error) {
	t.Helper()
	if class(err) != class(want) {
		t.Errorf("%s = %v, want %v", call, err, want)
	}
}

// fill returns n sectors of one letter.
func fill(letter string, n int) string { return strings.Repeat(letter, n*disk.SectorSize) }

// durable creates a file that a crash does not touch.
func durable(t *testing.T, sim *disk.Sim, name, content string) disk.File {
	t.Helper()
	f := create(t, sim, name, content)
	must(t, f.Sync())
	must(t, sim.SyncDir("."))
	return f
}

// picture draws a disk: its folders and files, and what they hold, with runs of a letter as letter and count.
func picture(t *testing.T, fsys disk.FS) string {
	t.Helper()
	var b strings.Builder
	var draw func(dir string)
	draw = func(dir string) {
		entries, err := fsys.List(dir)
		must(t, err)
		for _, e := range entries {
			name := strings.TrimPrefix(dir+"/"+e.Name(), "./")
			if e.IsDir() {
				fmt.Fprintf(&b, "%s/ ", name)
				draw(name)
				continue
			}
			fmt.Fprintf(&b, "%s=%s ", name, runs(content(t, fsys, name)))
		}
	}
	draw(".")
	return strings.TrimSpace(b.String())
}

// runs shortens a text: "aaab" is "a3b1"; a zero is written as a dot.
func runs(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		n := 1
		for n < len(s) && s[n] == s[0] {
			n++
		}
		fmt.Fprintf(&b, "%s%d", strings.ReplaceAll(s[:1], "\x00", "."), n)
		s = s[n:]
	}
	return b.String()
}

// pending lists in words what is undecided.
func pending(sim *disk.Sim) []string {
	var list []string
	for i, u := range sim.Pending() {
		if u.Index != i {
			list = append(list, fmt.Sprintf("index %d at %d", u.Index, i))
		}
		list = append(list, u.String())
	}
	return list
}

// wantPending compares what is undecided.
func wantPending(t *testing.T, sim *disk.Sim, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, pending(sim)); diff != "" {
		t.Errorf("Pending() mismatch (-want +got):\n%s", diff)
	}
}

// wantPicture compares a disk.
func wantPicture(t *testing.T, what string, fsys disk.FS, want string) {
	t.Helper()
	if got := picture(t, fsys); got != want {
		t.Errorf("%s: the disk shows %q, want %q", what, got, want)
	}
}

// outcomes is a choice by index; what it does not name is lost.
func outcomes(m map[int]disk.Outcome) disk.Choice {
	return func(u disk.Undecided) disk.Outcome { return m[u.Index] }
}

// each returns the pictures of all disks that a crash may leave, one for each combination of versions, in the order of
// counting with the first that is undecided fastest.
func each(t *testing.T, sim *disk.Sim) []string {
	t.Helper()
	var list []string
	versions := make([]int, len(sim.Pending()))
	for {
		crashed := sim.Crash(func(u disk.Undecided) disk.Outcome { return disk.Outcome{Version: versions[u.Index]} })
		list = append(list, picture(t, crashed))
		i := 0
		for ; i < len(versions); i++ {
			if versions[i]++; versions[i] < sim.Pending()[i].Versions {
				break
			}
			versions[i] = 0
		}
		if i == len(versions) {
			return list
		}
	}
}
