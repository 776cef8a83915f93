package wal_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// fourSegments returns a log of four segments, 25 Saves each, and a snapshot in each.
func fourSegments() *build {
	b := newBuild([]byte("md"))
	for i := uint64(1); i <= 100; i++ {
		b.save(hs(1, 1, i-1), ent(i, 1, 100))
		if i%25 == 0 && i < 100 {
			b.snapshot(i-5, 1)
			b.cut()
		}
	}
	return b
}

// everyReader runs all that reads a log and returns their errors by name.
func everyReader(t *testing.T, fsys disk.FS) map[string]error {
	t.Helper()
	opts := &wal.Options{FS: fsys}
	errs := map[string]error{}
	_, errs["Verify"] = wal.Verify(".", nil, opts)
	w, err := wal.OpenForRead(".", nil, opts)
	if err != nil {
		return map[string]error{"OpenForRead": err}
	}
	defer w.Close()
	_, _, _, errs["ReadAll"] = w.ReadAll()
	errs["Records"] = nil
	for _, err := range w.Records() {
		errs["Records"] = err
	}
	return errs
}

// TestSealedSegments: damage in a segment with another behind it is an error, whatever it looks like. W13 W14 W26
func TestSealedSegments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		hit  func(file []byte) []byte
	}{
		{"cut_inside_a_record", func(f []byte) []byte { return f[:len(f)-20] }},
		{"cut_between_records", func(f []byte) []byte { return f[:framesOf(f)[9].start] }},
		{"empty", func([]byte) []byte { return nil }},
		{"all_zeros", func(f []byte) []byte { return make([]byte, len(f)) }},
		{"zeros_at_the_end", func(f []byte) []byte { clear(f[framesOf(f)[30].start:]); return f }},
		{"zeros_inside_a_record", func(f []byte) []byte { clear(f[len(f)-20:]); return f }},
		{"length_bit_40", func(f []byte) []byte { f[framesOf(f)[9].start+5] ^= 1; return f }},
		{"first_checksum", func(f []byte) []byte { f[12] ^= 1; return f }},
		{"garbage_behind", func(f []byte) []byte { return append(f, 1, 2, 3) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := fourSegments()
			for _, seg := range []int{0, 1, 2} {
				m := b.files()
				name := m.names()[seg]
				m[name] = c.hit(m[name])
				for reader, err := range everyReader(t, m) {
					if !errors.Is(err, wal.ErrCorrupt) {
						t.Errorf("segment %d: %s() error = %v, want ErrCorrupt", seg, reader, err)
					}
				}
			}
		})
	}
}

// TestFirstChecksum: the first record of all has nothing before it to be compared with; damage shows at the next. W26
func TestFirstChecksum(t *testing.T) {
	t.Parallel()
	b := saves(3)
	for bit := range 8 {
		m := b.files()
		m[b.name][11] ^= 1 << bit
		if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) {
			t.Errorf("bit %d: ReadAll() error = %v, want ErrCorrupt", bit, r.err)
		}
	}
}

// TestChecksumZero: a running checksum that happens to be 0, or the largest, is compared like any other. W26
func TestChecksumZero(t *testing.T) {
	t.Parallel()
	for sum, bytes := range map[uint32]uint32{0: 0x9be09bab, 0xffffffff: 0xffffffff} { // whose four bytes, little-endian, have that checksum
		b := newBuild(nil)
		e := ent(1, 1, 96)
		before := marshal(e)
		before = before[:len(before)-4]
		forged := crc32.Update(b.crc, castagnoli, before) ^ bytes
		binary.LittleEndian.PutUint32(e.Data[len(e.Data)-4:], forged)
		b.save(nil, e)
		if b.crc != sum {
			t.Fatalf("running checksum is %08x, not %08x", b.crc, sum)
		}
		b.cut().save(hs(1, 1, 1), ent(2, 1))
		m := b.files()
		if r := read(t, m, nil); r.err != nil || len(r.ents) != 2 {
			t.Fatalf("checksum %08x: ReadAll() = %v, %v", sum, indexes(r.ents), r.err)
		}
		m[b.name][11] ^= 1
		var corrupt *wal.CorruptError
		if r := read(t, m, nil); !errors.As(r.err, &corrupt) || corrupt.Offset != 0 || corrupt.Segment != b.name {
			t.Errorf("checksum %08x: ReadAll() error = %v, want the crc record of %s", sum, r.err, b.name)
		}
	}
}

// TestSealedSectors swaps and doubles sectors of sealed segments, within one and between two. F16
func TestSealedSectors(t *testing.T) {
	t.Parallel()
	b := fourSegments()
	names := b.image.names()
	one, two := b.image[names[0]], b.image[names[1]]
	tries := 0
	for i := 0; i+512 <= len(one); i += 512 {
		for _, src := range [][]byte{one, two} {
			for j := 0; j+512 <= len(src); j += 512 {
				m := b.files()
				if copy(m[names[0]][i:i+512], src[j:j+512]); string(m[names[0]]) == string(one) {
					continue
				}
				tries++
				if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) {
					t.Errorf("sector at %d replaced by the one at %d: %v", i, j, r.err)
				}
			}
		}
	}
	t.Logf("%d of %d refused", tries, tries)
}

// TestSequence: a missing segment in the middle is named. One missing at the end cannot be known from the files alone, unless a hard
// state proves more entries than are left. W16
func TestSequence(t *testing.T) {
	t.Parallel()
	for _, missing := range []int{1, 2} {
		m := fourSegments().files()
		delete(m, m.names()[missing])
		for reader, err := range everyReader(t, m) {
			if !errors.Is(err, wal.ErrSequence) {
				t.Errorf("segment %d missing: %s() error = %v, want ErrSequence", missing, reader, err)
			}
		}
		// Behind the gap the log still reads.
		if r := read(t, m, at(70, 1)); missing == 1 && (r.err != nil || len(r.ents) != 30) {
			t.Errorf("ReadAll() behind the gap = %v, %v", indexes(r.ents), r.err)
		}
	}
	m := fourSegments().files()
	delete(m, m.names()[3])
	if r := read(t, m, nil); r.err != nil || len(r.ents) != 75 {
		t.Errorf("ReadAll() without the last segment = %d entries, %v", len(r.ents), r.err)
	}
	b := fourSegments()
	b.save(nil, ents(101, 103, 1)...).cut().save(hs(1, 1, 103))
	m = b.files()
	delete(m, m.names()[3])
	if r := read(t, m, nil); !errors.Is(r.err, wal.ErrSequence) {
		t.Errorf("ReadAll() = %v, want ErrSequence", r.err)
	}
}

// TestNames: only names that are a segment's to the letter are segments. W31
func TestNames(t *testing.T) {
	t.Parallel()
	const copied = "0000000000000004-00000000000000ff.wal.wal"
	for _, name := range []string{
		copied, "4-ff.wal", "0000000000000004-00000000000000FF.wal", "0000000000000004-00000000000000fg.wal",
		"+000000000000004-00000000000000ff.wal", "0000000000000004_00000000000000ff.wal", "foo.wal", ".wal", "0.tmp",
		"0000000000000004-00000000000000ff.wal.broken",
	} {
		m := saves(3).files()
		m[name] = []byte("junk")
		if r := read(t, m, nil); r.err != nil || len(r.ents) != 3 {
			t.Errorf("beside %q: ReadAll() = %v, %v", name, indexes(r.ents), r.err)
		}
		only := image{name: []byte("junk")}
		if ok, err := wal.Exist(".", &wal.Options{FS: only}); ok || err != nil {
			t.Errorf("Exist() with nothing but %q = %v, %v", name, ok, err)
		}
		if _, err := wal.OpenForRead(".", nil, &wal.Options{FS: only}); !errors.Is(err, wal.ErrFileNotFound) {
			t.Errorf("OpenForRead() with nothing but %q: %v, want ErrFileNotFound", name, err)
		}
	}
	if ok, err := wal.Exist(".", &wal.Options{FS: saves(1).files()}); !ok || err != nil {
		t.Errorf("Exist() = %v, %v", ok, err)
	}
	if ok, err := wal.Exist(filepath.Join(t.TempDir(), "none"), nil); ok || err != nil {
		t.Errorf("Exist() of a folder that is not there = %v, %v", ok, err)
	}
	if ok, err := wal.Exist("segments_test.go", nil); ok || err == nil {
		t.Errorf("Exist() of a file = %v, %v, want an error", ok, err)
	}
}

// TestErrorText: an error names the record's type as a number or word, file and offset; no pointers. W30
func TestErrorText(t *testing.T) {
	t.Parallel()
	b := saves(2)
	b.record(9, []byte("?"))
	r := read(t, b.files(), nil)
	want := fmt.Sprintf("wal: %s is corrupt at offset %d: record type 9 does not exist", b.name, b.starts[len(b.starts)-1])
	if r.err == nil || !strings.HasPrefix(r.err.Error(), want) {
		t.Errorf("error is %v, want %s…", r.err, want)
	}
	if strings.Contains(fmt.Sprint(r.err), "0xc0") {
		t.Errorf("error shows a pointer: %v", r.err)
	}
}

// TestValidSnapshotEntries: what a log can be opened at, also after its oldest segments are gone, or damaged. W32
func TestValidSnapshotEntries(t *testing.T) {
	t.Parallel()
	valid := func(m disk.FS) string {
		snaps, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: m})
		var all []uint64
		for _, s := range snaps {
			all = append(all, s.GetIndex())
		}
		return fmt.Sprint(all, err != nil)
	}
	b := fourSegments()
	b.snapshot(100, 1) // beyond commit, which is 99
	check := func(what string, m disk.FS, want string) {
		t.Helper()
		if got := valid(m); got != want {
			t.Errorf("%s: ValidSnapshotEntries() = %s, want %s", what, got, want)
		}
	}
	check("all", b.files(), "[0 20 45 70] false")
	purged := b.files()
	delete(purged, purged.names()[0])
	check("(i) the first segment purged", purged, "[45 70] false")
	damaged := b.files()
	damaged[damaged.names()[0]][500] ^= 1
	check("(iii) the first segment damaged", damaged, "[45 70] false")
	last := b.files()
	last[last.names()[3]][500] ^= 1
	check("the last segment damaged", last, "[] true")
	twice := newBuild(nil).save(hs(1, 1, 5), ents(1, 5, 1)...).snapshot(4, 1).snapshot(4, 2).save(hs(2, 1, 5), ent(5, 2)).files()
	check("(iv) one index with two terms", twice, "[0 4 4] false")
	stray := b.files()
	stray["stray.wal"] = nil
	check("(v) a stray file and no logger", stray, "[0 20 45 70] false")
	check("(ii) segments purged while they are opened", &vanishing{image: b.files(), n: 2}, "[70] false")
	check("segments that vanish for ever", &vanishing{image: b.files(), n: 1 << 20}, "[] true")
}

// vanishing removes the oldest segment each time a file is opened.
type vanishing struct {
	image
	n int
}

func (v *vanishing) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	if v.n > 0 {
		v.n--
		if names := v.names(); len(names) > 1 {
			delete(v.image, names[0])
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return v.image.Open(name, flag, mode)
}

// TestFilesAreClosed: no path leaves a file open, and Close says nil. W23
func TestFilesAreClosed(t *testing.T) {
	t.Parallel()
	if _, err := os.ReadDir("/proc/self/fd"); err != nil {
		t.Skip("no /proc/self/fd to count open files with")
	}
	good, bad := t.TempDir(), t.TempDir()
	write(t, good, fourSegments().files())
	damaged := fourSegments().files()
	damaged[damaged.names()[1]][700] ^= 1
	write(t, bad, damaged)
	gap := t.TempDir()
	missing := fourSegments().files()
	delete(missing, missing.names()[1])
	write(t, gap, missing)
	if err := os.Mkdir(filepath.Join(gap, "0000000000000004-0000000000000100.wal"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{good, bad, gap, filepath.Join(good, "none")} {
		for _, run := range []func(*wal.WAL){
			func(*wal.WAL) {},
			func(w *wal.WAL) { w.ReadAll() },
			func(w *wal.WAL) {
				for range w.Records() {
					break
				}
			},
		} {
			w, err := wal.OpenForRead(dir, nil, nil)
			if err == nil {
				run(w)
				if err := w.Close(); err != nil {
					t.Errorf("Close() = %v", err)
				}
				if err := w.Close(); !errors.Is(err, wal.ErrClosed) {
					t.Errorf("Close() again = %v, want ErrClosed", err)
				}
				if _, _, _, err := w.ReadAll(); !errors.Is(err, wal.ErrClosed) {
					t.Errorf("ReadAll() after Close = %v, want ErrClosed", err)
				}
				for _, err := range w.Records() {
					if !errors.Is(err, wal.ErrClosed) {
						t.Errorf("Records() after Close = %v, want ErrClosed", err)
					}
				}
			}
		}
		wal.Verify(dir, nil, nil)
		wal.ValidSnapshotEntries(dir, nil)
		wal.Exist(dir, nil)
		if open := openBelow(t, dir); len(open) > 0 {
			t.Errorf("%s: files left open: %v", dir, open)
		}
	}
}

// write puts an image on the real disk.
func write(t testing.TB, dir string, m image) {
	t.Helper()
	for name, data := range m {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// openBelow lists the files below dir, and dir itself, that this process has open.
func openBelow(t *testing.T, dir string) []string {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, fd := range fds {
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && strings.HasPrefix(name, dir) {
			open = append(open, name)
		}
	}
	return open
}

// TestReadErrors lets the n-th read fail, for every n: by an error, and by giving fewer bytes. It is told with file and offset, and
// never taken for the end of the log, for torn, or for corrupt. F14
func TestReadErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("input/output error")
	near, far := fourSegments().files(), newBuild(nil).save(hs(1, 1, 0), ents(1, 20, 1)...)
	clear(near[near.names()[3]][1024:1100]) // so that the search for evidence reads too
	for i := uint64(21); i < 25; i++ {      // and more than it reads at once
		far.save(nil, ent(i, 1, 300<<10))
	}
	clear(far.image[far.name][1024:1100])
	early := newBuild(nil).save(hs(1, 1, 0)).save(nil, ent(1, 1, 700)) // which ends one byte early, and zeros for more than is read at once
	last := framesOf(early.image[early.name])[4]
	clear(early.image[early.name][last.end-paddingOf(early.image[early.name][last.start:])-1:])
	early.reserve = 300 << 10
	for i, m := range []image{fourSegments().files(), near, far.files(), early.files()} {
		damage := i > 0
		for _, short := range []bool{false, true} {
			for n := 0; ; n++ {
				f := &failing{image: m, left: n, err: boom, short: short}
				failed := false
				for reader, err := range everyReader(t, f) {
					switch {
					case err == nil || !f.struck:
						continue
					case errors.Is(err, wal.ErrCorrupt) && damage:
						continue // this reader was not the one that met the fault
					case !strings.Contains(err.Error(), ".wal at offset "), !short && !errors.Is(err, boom), errors.Is(err, wal.ErrCorrupt):
						t.Errorf("read %d failed: %s() error = %v", n, reader, err)
					}
					failed = true
				}
				if f.struck && !failed {
					t.Errorf("read %d failed (short %v, damage %v), and nobody told", n, short, damage)
				}
				if !f.struck {
					break
				}
			}
		}
	}
}

// failing is a disk whose n-th read fails.
type failing struct {
	image
	left   int
	err    error
	short  bool
	struck bool
}

func (f *failing) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	file, err := f.image.Open(name, flag, mode)
	return &failingFile{file, f}, err
}

type failingFile struct {
	disk.File
	disk *failing
}

func (f *failingFile) ReadAt(p []byte, off int64) (int, error) {
	f.disk.left--
	if f.disk.left != -1 {
		return f.File.ReadAt(p, off)
	}
	f.disk.struck = true
	if f.disk.short {
		n, _ := f.File.ReadAt(p[:len(p)/2], off)
		return n, nil
	}
	return 0, f.disk.err
}
