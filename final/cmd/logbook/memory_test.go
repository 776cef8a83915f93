package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

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

// Inspect follows all snapshots that a log has recorded in the same passes, and reads a
// snapshot file once; one whose lengths do not fit costs nothing. A pass takes 256 KiB,
// its window, so that their number shows. Not parallel, like TestMemory.
func TestInspectMemory(t *testing.T) {
	const snapshots, mib = 300, 1 << 20
	b := newBuilder(t)
	for i := uint64(1); i <= snapshots; i++ {
		b.entries(i, i, 1)
		b.state(1, i)
		b.snapshot(i, 1)
	}
	b.record(wal.TypeEntry, append([]byte{0x10, 1, 0x18, 0xad, 0x02, 0x22, 0x80, 0x80, 0x10}, make([]byte, 256<<10)...)) // entry 301
	log := b.write()
	dir := t.TempDir()
	if err := errors.Join(os.Rename(log, filepath.Join(dir, "wal")), os.Mkdir(filepath.Join(dir, "snap"), 0o700)); err != nil {
		t.Fatal(err)
	}
	large := snapshotFile(t, snapshots, 20*mib)
	sparse := filepath.Join(dir, "snap", "0000000000000001-0000000000000001.snap")
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "snap", fmt.Sprintf("%016x-%016x.snap", 1, snapshots)), large, 0o600),
		os.WriteFile(sparse, large[:100], 0o600), os.Truncate(sparse, 6<<30))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"inspect", dir}, {"inspect", "-json", dir}} {
		var out, messages bytes.Buffer
		used := allocated(func() {
			if code := (&app{out: &out, err: &messages}).run(args); code != exitLog {
				t.Errorf("logbook %q exits with %d, want 1 for the damaged file", args, code)
			}
		})
		if used > 30*mib {
			t.Errorf("logbook %q allocated %d MiB, want one snapshot, of 20, and little more", args, used/mib)
		}
		if !strings.Contains(messages.String(), "but the file ends") && !strings.Contains(messages.String(), "stands no field") {
			t.Errorf("logbook %q says %q, want the sizes of the damaged file", args, messages.String())
		}
	}
}

// snapshotFile returns a snapshot file with so much data.
func snapshotFile(t *testing.T, index uint64, size int) []byte {
	t.Helper()
	inner, err := proto.Marshal(&raftpb.Snapshot{Data: make([]byte, size), Metadata: &raftpb.SnapshotMetadata{Index: new(index), Term: new(uint64(1))}})
	if err != nil {
		t.Fatal(err)
	}
	head := binary.AppendUvarint([]byte{0x08}, uint64(crc32.Checksum(inner, crc32.MakeTable(crc32.Castagnoli))))
	return append(binary.AppendUvarint(append(head, 0x12), uint64(len(inner))), inner...)
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
