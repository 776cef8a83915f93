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

func TestErrors(t *testing.T) {
	t.Parallel()
	const rw = os.O_RDWR
	openErr := func(name string, flag int) func(disk.FS) error {
		return func(fsys disk.FS) error {
			f, err := fsys.Open(name, flag, disk.FileMode)
			if err == nil {
				f.Close()
			}
			return err
		}
	}
	other := errors.New("some error without a class")
	tests := []struct {
		name string
		call func(disk.FS) error
		want error
	}{
		{"open_missing", openErr("none", os.O_RDONLY), fs.ErrNotExist},
		{"open_missing_for_writing", openErr("none", rw), fs.ErrNotExist},
		{"open_in_missing_folder", openErr("none/x", rw|os.O_CREATE), fs.ErrNotExist},
		{"open_below_a_file", openErr("file/x", os.O_RDONLY), other},
		{"create_below_a_file", openErr("file/x", rw|os.O_CREATE), other},
		{"open_below_a_file_in_a_file", openErr("file/x/y", os.O_RDONLY), other},
		{"create_exclusively_over_file", openErr("file", rw|os.O_CREATE|os.O_EXCL), fs.ErrExist},
		{"create_exclusively_over_folder", openErr("dir", rw|os.O_CREATE|os.O_EXCL), fs.ErrExist},
		{"open_existing_with_create", openErr("file", rw|os.O_CREATE), nil},
		{"open_folder", openErr("dir", os.O_RDONLY), disk.ErrIrregular},
		{"open_folder_for_writing", openErr("dir", rw), disk.ErrIrregular},
		{"create_over_folder", openErr("dir", rw|os.O_CREATE), disk.ErrIrregular},
		{"open_the_folder_itself", openErr(".", os.O_RDONLY), disk.ErrIrregular},
		{"open_the_folder_itself_for_writing", openErr(".", rw), disk.ErrIrregular},
		{"flag_write_only", openErr("file", os.O_WRONLY), fs.ErrInvalid},
		{"flag_append", openErr("file", rw|os.O_APPEND), fs.ErrInvalid},
		{"flag_create_without_write", openErr("file", os.O_CREATE), fs.ErrInvalid},
		{"flag_truncate_without_write", openErr("file", os.O_TRUNC), fs.ErrInvalid},
		{"flag_exclusive_without_create", openErr("file", rw|os.O_EXCL), fs.ErrInvalid},

		{"mkdir_existing", func(fsys disk.FS) error { return fsys.Mkdir("dir", 0o700) }, fs.ErrExist},
		{"mkdir_over_file", func(fsys disk.FS) error { return fsys.Mkdir("file", 0o700) }, fs.ErrExist},
		{"mkdir_without_parent", func(fsys disk.FS) error { return fsys.Mkdir("none/x", 0o700) }, fs.ErrNotExist},
		{"mkdir_below_a_file", func(fsys disk.FS) error { return fsys.Mkdir("file/x", 0o700) }, other},

		{"rename_missing", func(fsys disk.FS) error { return fsys.Rename("none", "x") }, fs.ErrNotExist},
		{"rename_missing_over_folder", func(fsys disk.FS) error { return fsys.Rename("none", "dir") }, fs.ErrNotExist},
		{"rename_to_missing_folder", func(fsys disk.FS) error { return fsys.Rename("file", "none/x") }, fs.ErrNotExist},
		{"rename_below_a_file", func(fsys disk.FS) error { return fsys.Rename("file2", "file/x") }, other},
		{"rename_from_below_a_file", func(fsys disk.FS) error { return fsys.Rename("file/x", "y") }, other},
		{"rename_file_over_folder", func(fsys disk.FS) error { return fsys.Rename("file", "dir") }, fs.ErrExist},
		{"rename_folder_over_file", func(fsys disk.FS) error { return fsys.Rename("dir", "file") }, other},
		{"rename_folder_over_empty_folder", func(fsys disk.FS) error { return fsys.Rename("dir", "empty") }, fs.ErrExist},
		{"rename_folder_over_full_folder", func(fsys disk.FS) error { return fsys.Rename("empty", "dir") }, fs.ErrExist},
		{"rename_folder_to_itself", func(fsys disk.FS) error { return fsys.Rename("dir", "dir") }, fs.ErrExist},
		{"rename_folder_into_itself", func(fsys disk.FS) error { return fsys.Rename("dir", "dir/x") }, fs.ErrInvalid},
		{"rename_file_to_itself", func(fsys disk.FS) error { return fsys.Rename("file", "file") }, nil},
		{"rename_missing_to_itself", func(fsys disk.FS) error { return fsys.Rename("none", "none") }, fs.ErrNotExist},

		{"remove_missing", func(fsys disk.FS) error { return fsys.Remove("none") }, fs.ErrNotExist},
		{"remove_full_folder", func(fsys disk.FS) error { return fsys.Remove("dir") }, fs.ErrExist},
		{"remove_below_a_file", func(fsys disk.FS) error { return fsys.Remove("file/x") }, other},

		{"list_missing", func(fsys disk.FS) error { _, err := fsys.List("none"); return err }, fs.ErrNotExist},
		{"list_file", func(fsys disk.FS) error { _, err := fsys.List("file"); return err }, other},
		{"stat_missing", func(fsys disk.FS) error { _, err := fsys.Stat("none"); return err }, fs.ErrNotExist},
		{"stat_below_a_file", func(fsys disk.FS) error { _, err := fsys.Stat("file/x"); return err }, other},
		{"syncdir_missing", func(fsys disk.FS) error { return fsys.SyncDir("none") }, fs.ErrNotExist},
		{"syncdir_file", func(fsys disk.FS) error { return fsys.SyncDir("file") }, other},
		{"syncdir", func(fsys disk.FS) error { return fsys.SyncDir("dir") }, nil},
		{"syncdir_the_folder_itself", func(fsys disk.FS) error { return fsys.SyncDir(".") }, nil},
	}
	both(t, func(t *testing.T, fsys disk.FS) {
		create(t, fsys, "file", "content")
		create(t, fsys, "file2", "content")
		must(t, fsys.Mkdir("dir", disk.DirMode))
		must(t, fsys.Mkdir("empty", disk.DirMode))
		create(t, fsys, "dir/inner", "content")
		for _, tt := range tests {
			wantClass(t, tt.name, tt.call(fsys), tt.want)
		}
		if got, want := list(t, fsys, "."), "dir empty file file2"; got != want {
			t.Errorf("after calls that fail, List() = %q, want %q", got, want)
		}
	})
}

// Every method refuses every name that could lead out of the folder, or be read differently on another platform.
func TestInvalidNames(t *testing.T) {
	t.Parallel()
	names := []string{
		"", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", "./a", "a/", "a//b", "a\\b", "c:x", "a\x00b", "\xff",
		strings.Repeat("n", 256), "dir/" + strings.Repeat("n", 256),
	}
	both(t, func(t *testing.T, fsys disk.FS) {
		create(t, fsys, "a", "content")
		for _, name := range names {
			_, err := fsys.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
			wantClass(t, fmt.Sprintf("Open(%q)", name), err, fs.ErrInvalid)
			wantClass(t, fmt.Sprintf("Mkdir(%q)", name), fsys.Mkdir(name, disk.DirMode), fs.ErrInvalid)
			wantClass(t, fmt.Sprintf("Rename(%q, b)", name), fsys.Rename(name, "b"), fs.ErrInvalid)
			wantClass(t, fmt.Sprintf("Rename(a, %q)", name), fsys.Rename("a", name), fs.ErrInvalid)
			wantClass(t, fmt.Sprintf("Remove(%q)", name), fsys.Remove(name), fs.ErrInvalid)
			_, err = fsys.List(name)
			wantClass(t, fmt.Sprintf("List(%q)", name), err, fs.ErrInvalid)
			_, err = fsys.Stat(name)
			wantClass(t, fmt.Sprintf("Stat(%q)", name), err, fs.ErrInvalid)
			wantClass(t, fmt.Sprintf("SyncDir(%q)", name), fsys.SyncDir(name), fs.ErrInvalid)
		}
		for call, err := range map[string]error{
			"Mkdir":       fsys.Mkdir(".", disk.DirMode),
			"Remove":      fsys.Remove("."),
			"Rename_from": fsys.Rename(".", "x"),
			"Rename_to":   fsys.Rename("a", "."),
		} {
			wantClass(t, call+` of "."`, err, fs.ErrInvalid)
		}
		if got := list(t, fsys, "."); got != "a" {
			t.Errorf("List() = %q, want only a", got)
		}
	})
}

// A name of 255 bytes is as long as names get.
func TestLongName(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		name := strings.Repeat("n", 255)
		create(t, fsys, name, "content")
		if got := list(t, fsys, "."); got != name {
			t.Errorf("List() = %q, want the long name", got)
		}
	})
}

func TestReadAndWrite(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		f := create(t, fsys, "file", "0123456789")
		read := func(size int, offset int64, want string, wantErr error) {
			t.Helper()
			p := make([]byte, size)
			n, err := f.ReadAt(p, offset)
			if got := string(p[:n]); got != want {
				t.Errorf("ReadAt(%d bytes, %d) read %q, want %q", size, offset, got, want)
			}
			wantClass(t, fmt.Sprintf("ReadAt(%d bytes, %d)", size, offset), err, wantErr)
		}
		read(4, 3, "3456", nil)
		read(10, 0, "0123456789", nil)
		read(4, 8, "89", io.EOF)
		read(1, 10, "", io.EOF)
		read(1, 1000, "", io.EOF)
		read(0, 5, "", nil)
		read(0, 1000, "", nil)
		read(1, -1, "", fs.ErrInvalid)

		write(t, f, "", 5000) // nothing is no reason to grow
		write(t, f, "ab", 9)  // over the end
		if got, want := fileContent(t, f), "012345678ab"; got != want {
			t.Errorf("content is %q, want %q", got, want)
		}
		write(t, f, "end", 1500) // beyond the end
		want := "012345678ab" + strings.Repeat("\x00", 1500-11) + "end"
		if diff := cmp.Diff(want, fileContent(t, f)); diff != "" {
			t.Errorf("content after a write beyond the end: mismatch (-want +got):\n%s", diff)
		}
		_, err := f.WriteAt([]byte("x"), -1)
		wantClass(t, "WriteAt(-1)", err, fs.ErrInvalid)

		// What reads as written is not what is kept by the caller.
		p := []byte("mine")
		write(t, f, "MINE", 0)
		f.WriteAt(p, 0)
		p[0] = 'X'
		if got := fileContent(t, f)[:4]; got != "mine" {
			t.Errorf("a file shares memory with the writer: %q", got)
		}
	})
}

func TestSizes(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		f := create(t, fsys, "file", strings.Repeat("x", 2000))
		must(t, f.Truncate(700))
		if got, want := fileContent(t, f), strings.Repeat("x", 700); got != want {
			t.Errorf("content after Truncate(700) is %q", got)
		}
		must(t, f.Truncate(1600))
		want := strings.Repeat("x", 700) + strings.Repeat("\x00", 900)
		if diff := cmp.Diff(want, fileContent(t, f)); diff != "" {
			t.Errorf("what Truncate cut off is back: mismatch (-want +got):\n%s", diff)
		}
		for _, tt := range []struct{ size, want int64 }{{0, 1600}, {1000, 1600}, {4096, 4096}, {4096, 4096}, {100, 4096}} {
			must(t, f.Preallocate(tt.size))
			if got, err := f.Size(); got != tt.want || err != nil {
				t.Errorf("after Preallocate(%d), Size() = %d, %v, want %d", tt.size, got, err, tt.want)
			}
		}
		want += strings.Repeat("\x00", 4096-1600)
		if diff := cmp.Diff(want, fileContent(t, f)); diff != "" {
			t.Errorf("content after Preallocate: mismatch (-want +got):\n%s", diff)
		}
		must(t, f.Truncate(0))
		must(t, f.Sync())
		if got := content(t, fsys, "file"); got != "" {
			t.Errorf("content after Truncate(0) is %q", got)
		}
		wantClass(t, "Truncate(-1)", f.Truncate(-1), fs.ErrInvalid)
		wantClass(t, "Preallocate(-1)", f.Preallocate(-1), fs.ErrInvalid)
	})
}

func TestOpenTruncates(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		create(t, fsys, "file", "content")
		open(t, fsys, "file", os.O_RDWR|os.O_CREATE)
		if got := content(t, fsys, "file"); got != "content" {
			t.Errorf("opened with O_CREATE, a file that is there holds %q, want its content", got)
		}
		open(t, fsys, "file", os.O_RDWR|os.O_CREATE|os.O_TRUNC)
		if got := content(t, fsys, "file"); got != "" {
			t.Errorf("opened with O_TRUNC, it holds %q, want nothing", got)
		}
	})
}

func TestRename(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		a := create(t, fsys, "a", "from a")
		b := create(t, fsys, "b", "from b")
		must(t, fsys.Rename("a", "b"))
		if got := list(t, fsys, ".") + ": " + content(t, fsys, "b"); got != "b: from a" {
			t.Errorf("after a rename over a file: %q, want %q", got, "b: from a")
		}
		write(t, a, "still", 0)
		if got := content(t, fsys, "b"); got != "stilla" {
			t.Errorf("an open file did not follow its rename: b holds %q", got)
		}
		if got := fileContent(t, b); got != "from b" {
			t.Errorf("an open file that was replaced holds %q, want what it held", got)
		}
		if a.Name() != "a" {
			t.Errorf("Name() = %q, want the name it was opened by", a.Name())
		}

		must(t, fsys.Mkdir("dir.tmp", disk.DirMode))
		create(t, fsys, "dir.tmp/x", "x")
		must(t, fsys.Rename("dir.tmp", "dir"))
		must(t, fsys.Rename("b", "dir/b"))
		if got := list(t, fsys, ".") + ", " + list(t, fsys, "dir"); got != "dir, b x" {
			t.Errorf("after renames of and into a folder: %q, want %q", got, "dir, b x")
		}
		if got := content(t, fsys, "dir/x"); got != "x" {
			t.Errorf("a file in a folder that was renamed holds %q", got)
		}
		must(t, fsys.SyncDir("dir"))
	})
}

func TestRemove(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		must(t, fsys.Mkdir("dir", disk.DirMode))
		f := create(t, fsys, "dir/file", "content")
		must(t, fsys.Remove("dir/file"))
		must(t, fsys.Remove("dir"))
		must(t, fsys.SyncDir("."))
		write(t, f, "C", 0)
		if got := fileContent(t, f); got != "Content" {
			t.Errorf("an open file that was removed holds %q, want %q", got, "Content")
		}
		must(t, f.Sync())
		must(t, f.Lock())
		if got := list(t, fsys, "."); got != "" {
			t.Errorf("List() = %q, want nothing", got)
		}
	})
}

func TestListAndStat(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		for _, name := range []string{"b", "a.tmp", "a", "c0", "B"} {
			create(t, fsys, name, name)
		}
		must(t, fsys.Mkdir("aa", disk.DirMode))
		if got, want := list(t, fsys, "."), "B a a.tmp aa b c0"; got != want {
			t.Errorf("List() = %q, want %q", got, want)
		}
		entries, err := fsys.List(".")
		must(t, err)
		var got []string
		for _, e := range entries {
			info, err := e.Info()
			must(t, err)
			stat, err := fsys.Stat(e.Name())
			must(t, err)
			if info.Mode() != stat.Mode() || e.IsDir() != stat.IsDir() || stat.Name() != e.Name() {
				t.Errorf("%s: List says %v, Stat says %v", e.Name(), info.Mode(), stat.Mode())
			}
			if !stat.IsDir() && stat.Size() != int64(len(e.Name())) {
				t.Errorf("%s: Stat says %d bytes, want %d", e.Name(), stat.Size(), len(e.Name()))
			}
			got = append(got, fmt.Sprintf("%v %s", stat.Mode(), e.Name()))
		}
		want := []string{
			"-rw------- B", "-rw------- a", "-rw------- a.tmp", "drwx------ aa", "-rw------- b", "-rw------- c0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("modes: mismatch (-want +got):\n%s", diff)
		}
		if sim, ok := fsys.(*disk.Sim); ok { // has no clock, and nothing beneath
			if stat, err := sim.Stat("a"); err != nil || !stat.ModTime().IsZero() || stat.Sys() != nil {
				t.Errorf("Stat(a) = %v, %v, want no time, and no more", stat, err)
			}
		}
		if stat, err := fsys.Stat("."); err != nil || !stat.IsDir() {
			t.Errorf("Stat(.) = %v, %v, want a folder", stat, err)
		}
	})
}

func TestLock(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		a := create(t, fsys, "file", "content")
		b := open(t, fsys, "file", os.O_RDWR)
		must(t, a.Lock())
		must(t, a.Lock())
		wantClass(t, "Lock by another file", b.Lock(), disk.ErrLocked)

		// Closing another descriptor must not release it, as it would a lock of the process.
		must(t, b.Close())
		b = open(t, fsys, "file", os.O_RDWR)
		wantClass(t, "Lock after another file was closed", b.Lock(), disk.ErrLocked)
		must(t, fsys.Rename("file", "renamed"))
		wantClass(t, "Lock after a rename", b.Lock(), disk.ErrLocked)
		write(t, b, "advisory", 0)

		must(t, a.Close())
		if err := b.Lock(); err != nil {
			t.Errorf("Lock after the holder was closed = %v, want nil", err)
		}
	})
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		create(t, fsys, "file", "content")
		f := open(t, fsys, "file", os.O_RDONLY)
		for name, call := range changing(f) {
			wantClass(t, name, call(), fs.ErrPermission)
		}
		if got := fileContent(t, f); got != "content" {
			t.Errorf("content is %q", got)
		}
	})
}

// changing are the calls of a File that need it open for writing.
func changing(f disk.File) map[string]func() error {
	return map[string]func() error{
		"WriteAt":     func() error { _, err := f.WriteAt([]byte("x"), 0); return err },
		"Truncate":    func() error { return f.Truncate(0) },
		"Preallocate": func() error { return f.Preallocate(100) },
		"Sync":        f.Sync,
		"Lock":        f.Lock,
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, fsys disk.FS) {
		f := create(t, fsys, "file", "content")
		stays := create(t, fsys, "stays", "content")
		must(t, f.Close())
		calls := changing(f)
		calls["ReadAt"] = func() error { _, err := f.ReadAt(make([]byte, 1), 0); return err }
		calls["Size"] = func() error { _, err := f.Size(); return err }
		calls["Close"] = f.Close
		for name, call := range calls {
			wantClass(t, "File."+name, call(), fs.ErrClosed)
		}
		if f.Name() != "file" {
			t.Errorf("Name() of a closed file = %q", f.Name())
		}

		must(t, fsys.Close())
		must(t, fsys.Close())
		for name, call := range map[string]func() error{
			"Open":        func() error { _, err := fsys.Open("file", os.O_RDONLY, 0); return err },
			"Open_write":  func() error { _, err := fsys.Open("file", os.O_RDWR, 0); return err },
			"Open_create": func() error { _, err := fsys.Open("new", os.O_RDWR|os.O_CREATE, 0); return err },
			"Mkdir":       func() error { return fsys.Mkdir("new", disk.DirMode) },
			"Rename":      func() error { return fsys.Rename("file", "new") },
			"Remove":      func() error { return fsys.Remove("file") },
			"List":        func() error { _, err := fsys.List("."); return err },
			"Stat":        func() error { _, err := fsys.Stat("file"); return err },
			"SyncDir":     func() error { return fsys.SyncDir(".") },
		} {
			wantClass(t, "FS."+name, call(), fs.ErrClosed)
		}
		if got := fileContent(t, stays); got != "content" {
			t.Errorf("a file that stays open behind a closed FS holds %q", got)
		}
	})
}
