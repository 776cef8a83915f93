package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"reflect"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"

	"example.com/logbook/final/disk"
)

// inMemory is a segment's file that is only read.
type inMemory struct {
	disk.File
	*bytes.Reader
}

// ReadAt reads from memory.
func (f inMemory) ReadAt(p []byte, off int64) (int, error) { return f.Reader.ReadAt(p, off) }

// Size is how much there is.
func (f inMemory) Size() (int64, error) { return f.Reader.Size(), nil }

// scannerOf returns a scanner over segments of these contents.
func scannerOf(recovery Recovery, contents ...[]byte) *scanner {
	var segs []file
	for i, b := range contents {
		name := formatName(uint64(i), uint64(100*i))
		segs = append(segs, file{Segment{Name: name, Seq: uint64(i), Size: int64(len(b))}, inMemory{Reader: bytes.NewReader(b)}})
	}
	o := (&Options{Recovery: recovery}).orDefault()
	return newScanner(segs, &o)
}

// written returns the segments of a log in which entries of all kinds and sizes stand, in which they are overwritten, in two terms and behind a leader's
// snapshot.
func written(t testing.TB) (contents [][]byte) {
	t.Helper()
	sim := disk.NewSim()
	w, err := Create("log", []byte("md"), &Options{FS: sim, SegmentSize: 1200, NoBackground: true, NoFill: true})
	if err != nil {
		t.Fatal(err)
	}
	next := uint64(1)
	save := func(term, commit uint64, sizes ...int) {
		var ents []*raftpb.Entry
		for _, size := range sizes {
			e := &raftpb.Entry{Term: new(term), Index: new(next)}
			if size >= 0 {
				e.Data = bytes.Repeat([]byte{byte(next)}, size)
			}
			if next%3 > 0 {
				e.Type = raftpb.EntryType(next % 3).Enum()
			}
			ents = append(ents, e)
			next++
		}
		if err := w.Save(&raftpb.HardState{Term: new(term), Vote: new(uint64(1)), Commit: new(commit)}, ents); err != nil {
			t.Fatal(err)
		}
	}
	save(1, 0, -1, 0, 1, 5, 7, 8, 90, 120, 130, 3, 4)
	next = 5
	save(2, 4, 1, 40, 50, 60, 70, 80)
	save(300, 8, 0, 200, 17, 17, 17, 17, 18, 19)
	for range 5 {
		save(300, next-1, 30, 31, 32, 33, 34)
	}
	at := &raftpb.SnapshotMetadata{Index: new(next + 100), Term: new(uint64(300)), ConfState: &raftpb.ConfState{Voters: []uint64{1}}}
	if err := w.SaveSnapshot(at); err != nil {
		t.Fatal(err)
	}
	next += 101
	save(300, next-1, 10, 11, 12)
	save(300, next-1, 13, 14, 100)
	return closed(t, sim, w)
}

// large returns the segment of a log of n entries of a size, saved together.
func large(t *testing.T, n, size int) [][]byte {
	t.Helper()
	sim := disk.NewSim()
	w, err := Create("log", nil, &Options{FS: sim, SegmentSize: int64(2 * n * size), NoBackground: true, NoFill: true})
	if err != nil {
		t.Fatal(err)
	}
	var ents []*raftpb.Entry
	for i := range n {
		ents = append(ents, &raftpb.Entry{Term: new(uint64(1)), Index: new(uint64(i + 1)), Data: make([]byte, size)})
	}
	if err := w.Save(&raftpb.HardState{Term: new(uint64(1))}, ents); err != nil {
		t.Fatal(err)
	}
	return closed(t, sim, w)
}

// closed closes a log and returns what its segments hold.
func closed(t testing.TB, sim *disk.Sim, w *WAL) (contents [][]byte) {
	t.Helper()
	segs := w.Segments()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range segs {
		f, err := sim.Open("log/"+s.Name, os.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		size, _ := f.Size()
		b := make([]byte, size)
		if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		contents = append(contents, b)
	}
	return contents
}

// carefully is scanner.next without plain.
func carefully(s *scanner) (*Record, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	return s.careful()
}

// same fails the test unless plain makes no difference to what is read of the segments, and returns how many records were read.
func same(t *testing.T, recovery Recovery, contents ...[]byte) (all int) {
	t.Helper()
	one, other := scannerOf(recovery, contents...), scannerOf(recovery, contents...)
	for {
		got, err := one.next()
		want, wantErr := carefully(other)
		switch {
		case (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error():
			t.Fatalf("next() at offset %d of segment %d ends with %v, without plain with %v", other.off, other.i, err, wantErr)
		case !reflect.DeepEqual(got, want):
			t.Fatalf("next() = %+v, without plain %+v", got, want)
		case one.off != other.off || one.i != other.i || one.crc != other.crc || one.chained != other.chained || one.tail != other.tail:
			t.Fatalf("behind %+v the scanner stands at %d of %d, %08x; without plain at %d of %d, %08x", want, one.off, one.i, one.crc, other.off, other.i, other.crc)
		}
		if err != nil {
			one.check.entry, other.check.entry = entryFields{}, entryFields{} // of no record
		}
		if !reflect.DeepEqual(&one.check, &other.check) {
			t.Fatalf("behind %+v the checker is %+v, without plain %+v", want, one.check, other.check)
		}
		if one.failed != nil {
			return all
		}
		all++
	}
}

// TestPlain reads a log with one bit changed, each in turn, with and without plain: the same records, the same reasons, the same state behind each.
func TestPlain(t *testing.T) {
	t.Parallel()
	contents := written(t)
	if all := same(t, TornTail, contents...); all < 40 {
		t.Fatalf("only %d records were read", all)
	}
	for i, b := range contents {
		for at := range b {
			for _, bit := range []byte{1 << (at % 7), 0x80} {
				b[at] ^= bit
				same(t, TornTail, contents[:i+1]...)
				b[at] ^= bit
			}
		}
	}
}

// crafted returns a segment of records whose checksums fit, behind a head if it is to have one.
func crafted(crc uint32, head bool, records ...[]byte) (b []byte, end uint32) {
	e := encoder{wrote: func(int) {}}
	e.reset(nil, 0, crc)
	if head {
		e.seed()
		e.record(TypeMetadata, []byte("md"))
	}
	for _, r := range records {
		if RecordType(r[0]) == TypeCRC {
			e.seed()
			continue
		}
		e.record(RecordType(r[0]), r[1:])
	}
	return append(e.buf, make([]byte, plainRoom)...), e.crc
}

// TestPlainCrafted reads records that verify, and that are not quite what plain takes, with and without it.
func TestPlainCrafted(t *testing.T) {
	t.Parallel()
	good := func(index byte) []byte {
		return []byte{byte(TypeEntry), tag1, 0, tag2, 2, tag3, index, tagData, 1, 'x'}
	}
	begin := []byte{byte(TypeSnapshot), tag1, 0, tag2, 0}
	entry := func(b ...byte) []byte { return append([]byte{byte(TypeEntry)}, b...) }
	for i, odd := range [][]byte{
		good(1), good(3), good(4), good(0),
		entry(tag1, 0, tag2, 0, tag3, 3), entry(tag1, 0, tag2, 1, tag3, 3), entry(tag1, 0, tag2, 3, tag3, 3),
		entry(tag1, 2, tag2, 2, tag3, 3), entry(tag1, 3, tag2, 2, tag3, 3), entry(tag1, 0x82, 1, tag2, 2, tag3, 3), entry(tag1, 0x82, 0, tag2, 2, tag3, 3),
		entry(tag2, 2, tag3, 3), entry(tag3, 3, tag2, 2), entry(tag2, 2, tag2, 3), entry(tag3, 2, tag3, 3), entry(tag2, 2, tag3, 3, 0x2a, 0), entry(tag2, 2, 0x20, 3),
		entry(tag2, 0x82, 0, tag3, 3), entry(tag2, 2, tag3, 0x83, 0x80, 0), entry(tag2, 2, tag3, 0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0),
		entry(tag2, 2, tag3, 0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0), entry(tag2, 2, tag3, 3, tagData, 2, 'x'), entry(tag2, 2, tag3, 3, tagData, 1, 'x', tag1, 1),
		entry(tag2, 2, tag3, 3, tagData, 1, 'x', 'y'), entry(tag2, 2, tag3, 3, tagData, 0), entry(tag2, 2), entry(tag2, 2, tag3, 3, 0x2a, 1, 'x'), entry(tag2, 2, tag3, 3, 0x0a, 1, 'x'),
		append(entry(tag2, 2, tag3, 3, tagData, 0x80), make([]byte, 128)...), // a length of zero, in too many bytes
		{byte(TypeSnapshot), tag1, 90, tag2, 2}, {byte(TypeState), tag1, 2, tag2, 1, tag3, 2}, {byte(TypeMetadata), 1}, {byte(TypeCRC)},
	} {
		for _, follows := range []byte{3, 4, 91} {
			b, crc := crafted(0, true, begin, good(1), good(2), odd, good(follows), good(follows+1))
			same(t, Recovery(i%3), b)
			same(t, Salvage, b)
			bare, _ := crafted(crc, false, good(follows+2), good(follows+3), good(follows+4))
			same(t, TornTail, b, bare)
			same(t, TornTail, b[:len(b)-plainRoom])
		}
	}
	loose, _ := crafted(0, true, []byte{byte(TypeSnapshot), tag1, 5, tag2, 2}, good(6), good(9))
	if all := same(t, TornTail, loose); all < 4 {
		t.Errorf("%d records behind a leader's snapshot", all)
	}
	waits, _ := crafted(0, true, begin, good(1), []byte{byte(TypeState), tag1, 2, tag2, 1, tag3, 1}, []byte{byte(TypeSnapshot), tag1, 90, tag2, 2}, good(91), good(92))
	same(t, TornTail, waits)
	low, _ := crafted(0, true, entry(tag2, 2, tag3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), entry(tag2, 2, tag3, 0))
	same(t, TornTail, low)
	zero, _ := crafted(0, true, begin, entry(tag2, 0, tag3, 1))
	same(t, TornTail, zero)
	first, crc := crafted(0, true, begin, good(1), good(2))
	noMetadata, _ := crafted(crc, false, []byte{byte(TypeCRC)}, good(3))
	same(t, TornTail, first, noMetadata)
	short, _ := crafted(0, true, begin, good(1), good(2), entry(tag2, 2, tag3, 3))
	same(t, TornTail, short[:len(short)-plainRoom])
	long, crc := crafted(0, true, begin, good(1))
	data := good(2)[1:]
	sum := crc32.Update(crc, castagnoli, data)
	record := protowire.AppendVarint([]byte{tagRecordType, byte(TypeEntry), tagRecordCRC}, uint64(sum))
	record = append(append(record, tagRecordData, byte(len(data))|0x80, 0), data...) // a length that could be shorter
	frame := append(binary.LittleEndian.AppendUint64(nil, encodeLength(int64(len(record)))), record...)
	copy(long[len(long)-plainRoom:], frame)
	same(t, TornTail, long)
	wide, _ := crafted(0, true, []byte{byte(TypeSnapshot), tag1, 5, tag2, 0}, entry(tag2, 0, tag3, 6))
	same(t, TornTail, wide)
}

// TestPlainRoom: a frame whose fields are as long as they may be, at the end of the window, is not read beyond plainRoom.
func TestPlainRoom(t *testing.T) {
	t.Parallel()
	wide := bytes.Repeat([]byte{0xff}, 7)
	for _, sum := range [][]byte{{1}, {0xff, 0xff, 0xff, 0xff, 0xf}, append(wide, 1)} {
		for _, term := range [][]byte{{1}, append(wide, 1)} {
			entry := append(append([]byte{tag1, 0, tag2}, term...), tag3)
			entry = append(append(append(entry, wide...), 1), tagData, 0x80)
			record := append(append([]byte{tagRecordType, byte(TypeEntry), tagRecordCRC}, sum...), tagRecordData, byte(len(entry)))
			record = append(record, entry...)
			b := append(binary.LittleEndian.AppendUint64(nil, encodeLength(int64(len(record)))), record...)
			for len(b)%wordSize > 0 {
				b = append(b, 0)
			}
			b = append(b, make([]byte, max(plainRoom-len(b), 0))...)
			if _, size, _ := new(entryFields).plain(b[:len(b):len(b)]); size != 0 {
				t.Errorf("plain(% x) takes %d bytes, and there is no data", b, size)
			}
		}
	}
}

// TestPlainIsTaken: what is written, plain takes; also where a segment is larger than the window.
func TestPlainIsTaken(t *testing.T) {
	t.Parallel()
	if taken, all := takenOf(t, written(t)); taken < all*6/10 {
		t.Errorf("plain took %d of %d entries", taken, all)
	}
	const size = windowSize / 50
	if taken, all := takenOf(t, large(t, 200, size)); all != 200 || taken < 200-1-200*size/windowSize-1 {
		t.Errorf("plain took %d of %d entries in more than one window", taken, all)
	}
}

// takenOf reads segments, and returns how many of their entries plain took.
func takenOf(t *testing.T, contents [][]byte) (taken, all int) {
	t.Helper()
	s := scannerOf(TornTail, contents...)
	for {
		if s.plain() {
			taken++
			all++
			continue
		}
		r, err := s.careful()
		if errors.Is(err, io.EOF) {
			return taken, all
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Type == TypeEntry {
			all++
		}
	}
}

// FuzzPlain compares the same for whatever bytes.
func FuzzPlain(f *testing.F) {
	for _, b := range written(f) {
		f.Add(b, uint8(0))
		f.Add(b, uint8(Salvage))
	}
	f.Fuzz(func(t *testing.T, b []byte, recovery uint8) {
		same(t, Recovery(recovery%3), b)
	})
}
