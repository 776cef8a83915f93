package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/logbook/final/wal"
)

// A log of 512 MiB, sparse, whose second entry has 200 MiB of data. Hex needs the same
// few pages for it as for any other; dump and inspect hold one record at a time. Not
// parallel, so that no other test allocates meanwhile.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 1.5 GiB of zeros")
	}
	const large, mib = 200 << 20, 1 << 20
	dir := largeLog(t, large)
	segment := filepath.Join(dir, "0000000000000000-0000000000000000.wal")
	for _, c := range []struct {
		args []string
		most uint64 // bytes allocated in the whole run
	}{
		{[]string{"hex", segment}, 4 * mib},
		{[]string{"hex", "-shorten", segment}, 4 * mib},
		{[]string{"dump", dir}, large + 8*mib},
	} {
		var out bytes.Buffer
		used := allocated(func() {
			if code := (&app{out: &out, err: io.Discard}).run(c.args); code != exitFine {
				t.Errorf("logbook %s exits with %d", c.args[0], code)
			}
		})
		if used > c.most {
			t.Errorf("logbook %s allocated %d MiB, want at most %d", strings.Join(c.args, " "), used/mib, c.most/mib)
		}
		if !strings.Contains(out.String(), "commit 2") {
			t.Errorf("logbook %s does not reach the end:\n%s", c.args[0], out.String())
		}
	}
}

// allocated is how many bytes f allocates in all, which is at least what it holds at
// any one time.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// largeLog writes a log with an entry of so many zeros, which take no room on disk.
func largeLog(t *testing.T, size int64) (dir string) {
	t.Helper()
	b := newBuilder(t)
	b.entries(1, 1, 1)
	at := int64(len(b.files[b.names[0]]))

	data := binary.AppendUvarint([]byte{0x10, 1, 0x18, 2, 0x22}, uint64(size))
	table := crc32.MakeTable(crc32.Castagnoli)
	b.crc = crc32.Update(b.crc, table, data)
	for left, zeros := size, make([]byte, 1<<20); left > 0; left -= int64(len(zeros)) {
		b.crc = crc32.Update(b.crc, table, zeros[:min(left, int64(len(zeros)))])
	}
	rec := binary.AppendUvarint([]byte{0x08, byte(wal.TypeEntry), 0x10}, uint64(b.crc))
	rec = append(binary.AppendUvarint(append(rec, 0x1a), uint64(int64(len(data))+size)), data...)
	whole := int64(len(rec)) + size
	pad := -whole & 7
	word := uint64(whole)
	if pad > 0 {
		word |= uint64(0x80|pad) << 56
	}

	behind := &builder{t: t, names: b.names, files: map[string][]byte{}, crc: b.crc}
	behind.state(1, 2)
	dir = b.write()
	f, err := os.OpenFile(filepath.Join(dir, b.names[0]), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := f.WriteAt(append(binary.LittleEndian.AppendUint64(nil, word), rec...), at)
	_, err2 := f.WriteAt(behind.files[b.names[0]], at+8+whole+pad)
	if err := errors.Join(err1, err2, f.Truncate(512<<20), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}
