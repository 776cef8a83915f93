package wal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// Tests of this file stand on both sides of a boundary, where a changed operator would show.

// TestPages: what etcd writes, and what it holds, in one formula. What does not fit is written up to the end of its page, if it goes beyond that, and from
// there on in whole pages, if it is more than one.
func TestPages(t *testing.T) {
	t.Parallel()
	const most, page = 128 << 10, 4096
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		offset := random.Int64N(3 * page)
		written, held := offset, int64(0)
		var sizes []int64
		for range 60 {
			n := 8 * random.Int64N(1<<random.IntN(15))
			if room := most - held; random.IntN(4) == 0 && room > 0 { // so that it fits exactly, or does not by a word
				n = room + 8*random.Int64N(2)
			} else if rest := -(written + held) & (page - 1); random.IntN(2) == 0 { // so that it ends with a page, or next to it
				n = rest + page*random.Int64N(3) + 8*(random.Int64N(3)-1)
			}
			sizes = append(sizes, max(0, n))
			end, border := written+held+sizes[len(sizes)-1], (written+held+page-1)/page*page
			switch rest := end - border; {
			case end-written <= most, rest < 0:
			case rest > page:
				written = end - rest%page
			default:
				written = border
			}
			held = end - written
			if gotWritten, gotHeld := wal.Written(offset, sizes...); gotWritten != written || gotHeld != held {
				t.Fatalf("from %d on, %v: %d written and %d held, want %d and %d", offset, sizes, gotWritten, gotHeld, written, held)
			}
		}
	}
}

// TestOverwriteAtARun: entries are overwritten where a term begins, and before; the terms of those that are left are known.
func TestOverwriteAtARun(t *testing.T) {
	t.Parallel()
	for first, want := range map[uint64]string{4: "[1/2 2/2 3/2 4/4 5/4]", 3: "[1/2 2/2 3/4 4/4]", 5: "[1/2 2/2 3/2 4/3 5/4 6/4]", 1: "[1/4 2/4]"} {
		sim := disk.NewSim()
		w := create(t, sim, 0)
		must(t, errors.Join(w.Save(hs(2, 1, 0), ents(1, 3, 2)), w.Save(hs(3, 1, 0), ents(4, 6, 3)), w.Save(hs(4, 1, 0), ents(first, first+1, 4))))
		if err := w.Save(nil, ents(first+2, first+2, 3)); !errors.Is(err, wal.ErrRefused) {
			t.Errorf("Save() of term 3 behind entry %d of term 4: %v, want ErrRefused", first+1, err)
		}
		if first > 1 {
			if err := w.Save(nil, ents(first, first, 1)); !errors.Is(err, wal.ErrRefused) {
				t.Errorf("Save() of term 1 behind entry %d: %v, want ErrRefused", first-1, err)
			}
		}
		must(t, w.Close())
		if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != want {
			t.Errorf("ReadAll() = %v, want %v", indexes(r.ents), want)
		}
	}
}

// TestOverwriteFarBack: of an entry that is not among the youngest, the term is what Save compares; ReadAll, which has it, compares all.
func TestOverwriteFarBack(t *testing.T) {
	t.Parallel()
	const last = 1100
	sim := disk.NewSim()
	w := create(t, sim, 1<<20)
	must(t, w.Save(hs(2, 1, last), ents(1, last, 2)))
	if err := w.Save(hs(3, 1, last), ents(10, last, 3)); !errors.Is(err, wal.ErrRefused) {
		t.Errorf("Save() over what is committed: %v, want ErrRefused", err)
	}
	must(t, w.Save(nil, ents(10, last+1, 2)))
	must(t, w.Close())
	if _, r := reopen(t, sim, 1<<20, nil); len(r.ents) != last+1 {
		t.Errorf("ReadAll() = %d entries, want %d", len(r.ents), last+1)
	}
	other := ent(10, 2)
	other.Type = new(raftpb.EntryConfChange)
	if r := read(t, newBuild(nil).save(hs(2, 1, last), ents(1, last, 2)...).save(nil, other).files(), nil); !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), "differs from the one") {
		t.Errorf("ReadAll() of another type = %v, want ErrCorrupt", r.err)
	}
}

// TestOverwriteCommitted: a committed entry is written once more. It is the same, to the byte; also when the log is opened behind its beginning.
func TestOverwriteCommitted(t *testing.T) {
	t.Parallel()
	log := func(e *raftpb.Entry) image {
		return newBuild(nil).save(hs(1, 1, 8), ents(1, 10, 1)...).snapshot(3, 1).save(nil, e).save(nil, ents(e.GetIndex()+1, 10, 1)...).files()
	}
	other := ent(6, 1)
	other.Data[0] ^= 1
	for _, start := range []*raftpb.SnapshotMetadata{nil, at(3, 1)} {
		if r := read(t, log(ent(6, 1)), start); r.err != nil || r.ents[len(r.ents)-1].GetIndex() != 10 {
			t.Errorf("ReadAll() at %v = %v, %v", start, indexes(r.ents), r.err)
		}
		if r := read(t, log(other), start); !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), "differs from the one") {
			t.Errorf("ReadAll() at %v of another entry = %v, want ErrCorrupt", start, r.err)
		}
	}
}

// TestWithoutTheBeginning: a log of which the head does not say that it begins there is written on from its first entry, and before.
func TestWithoutTheBeginning(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 0), ents(1, 3, 1)...)
	b.image = image{"0000000000000007-0000000000000000.wal": b.files()[b.name]}
	sim := onDisk(t, b.image)
	w, _ := reopen(t, sim, 0, nil)
	must(t, errors.Join(w.Save(hs(2, 1, 0), ents(1, 2, 2)), w.Close()))
	if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != "[1/2 2/2]" {
		t.Errorf("ReadAll() = %v", indexes(r.ents))
	}
	b = newBuild(nil).save(hs(1, 1, 0), ents(3, 9, 1)...)
	m := image{"0000000000000007-0000000000000000.wal": b.files()[b.name]}
	if r := read(t, m, nil); !errors.Is(r.err, wal.ErrSliceOutOfRange) || !strings.Contains(r.err.Error(), "entry 3 at offset") || !strings.Contains(r.err.Error(), "continue index 0;") {
		t.Errorf("ReadAll() = %v, %v, want the first gap", indexes(r.ents), r.err)
	}
}

// TestCloseIsDurable: a commit that was only handed to the kernel is durable when Close has returned.
func TestCloseIsDurable(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, errors.Join(w.Save(hs(1, 1, 0), ents(1, 3, 1)), w.Save(hs(1, 1, 3), nil), w.Close()))
	if _, r := reopen(t, sim.Crash(disk.Lost), 0, nil); r.state.GetCommit() != 3 {
		t.Errorf("commit is %d", r.state.GetCommit())
	}
}

// TestOpenRemedy: a file that may not be opened is told from one that is none.
func TestOpenRemedy(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		sim := disk.NewSim()
		must(t, create(t, sim, 0).Close())
		sim.Inject(disk.Fault{Ops: disk.OpOpen, Err: fs.ErrPermission})
		if lost {
			sim.Inject(disk.Fault{Ops: disk.OpStat, Nth: 2}) // the first is the folder's
		}
		if _, err := wal.Open(folderName, nil, quiet(sim, 0)); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "check the permissions") {
			t.Errorf("Open() = %v, want a remedy", err)
		}
	}
}

// TestCreateHere: a log may be the whole of a disk.
func TestCreateHere(t *testing.T) {
	t.Parallel()
	w, err := wal.Create(".", nil, quiet(disk.NewSim(), 0))
	must(t, err)
	must(t, w.Close())
}

// TestLongZeros: behind the last record stand more zeros than are read at once, and nothing is taken for a rest of what stood before in memory.
func TestLongZeros(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 0))
	for i := uint64(1); b.size() < 200<<10; i++ {
		b.save(nil, ent(i, 1, 700))
	}
	b.reserve = 100 << 10
	if r := read(t, b.files(), nil); r.err != nil || r.tail.Torn || r.tail.Offset != int64(b.size()) {
		t.Errorf("ReadAll() = %d entries, %v, tail %+v, want its end at %d", len(r.ents), r.err, r.tail, b.size())
	}
}

// TestLastByteGone: only the last byte of a record is missing. Where another record follows at once, no crash has done it.
func TestLastByteGone(t *testing.T) {
	t.Parallel()
	for _, more := range []bool{false, true} {
		b := newBuild(nil).save(hs(1, 1, 0)).save(nil, ent(1, 1, 700))
		f := framesOf(b.image[b.name])[4]
		if more {
			b.save(hs(1, 1, 1))
		}
		m := b.files()
		m[b.name][f.end-paddingOf(m[b.name][f.start:])-1] = 0
		if r := read(t, m, nil); errors.Is(r.err, wal.ErrCorrupt) != more || r.tail.Torn == more {
			t.Errorf("with a record behind it (%t): ReadAll() = %v, tail %+v", more, r.err, r.tail)
		}
	}
}

// TestCutBehindDamage: what stands behind damage is cut by the end of the file, at every byte. It is no evidence, and no error of the disk.
func TestCutBehindDamage(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 0), ents(1, 3, 1)...)
	at := b.size()
	b.save(hs(1, 1, 0), ent(4, 1, 600)) // is damaged, and shows that it is an entry
	end := b.size()
	b.save(nil, ent(5, 1, 50)) // would prove that it was synced
	for n := end; n <= b.size(); n++ {
		m := image{b.name: bytes.Clone(b.image[b.name][:n])}
		clear(m[b.name][alignUp(at+40) : alignUp(at+40)+64])
		if r := read(t, m, nil); n < b.size() && (r.err != nil || !r.tail.Torn) || n == b.size() && !errors.Is(r.err, wal.ErrCorrupt) {
			t.Errorf("cut at %d of %d: ReadAll() = %v, tail %+v", n-end, b.size()-end, r.err, r.tail)
		}
	}
}

// TestRecordWithItsError: a record that verifies and cannot be is given with the error; one that does not verify is not.
func TestRecordWithItsError(t *testing.T) {
	t.Parallel()
	for _, verifies := range []bool{false, true} {
		b := saves(3)
		b.record(7, []byte("strange"))
		m := b.files()
		if !verifies {
			m[b.name][b.size()-10] ^= 1
		}
		b.save(nil, ent(4, 1))
		w, err := wal.OpenForRead(".", nil, &wal.Options{FS: m})
		must(t, err)
		for rec, err := range w.Records() {
			if err != nil && (rec.Type == 7) != verifies {
				t.Errorf("Records() gives %+v with %v", rec, err)
			}
		}
		must(t, w.Close())
	}
}

// TestSalvageGoesOn: behind a damaged hard state, of which another stands behind, no entry is missing, and all are returned with the damage.
func TestSalvageGoesOn(t *testing.T) {
	t.Parallel()
	b := saves(4)
	end := b.size()
	b.save(hs(1, 1, 4)).save(hs(1, 1, 4)).save(hs(1, 1, 5), ents(5, 9, 1)...)
	m := b.files()
	m[b.name][end+20] ^= 1
	if r := read(t, m, nil, salvage); !errors.Is(r.err, wal.ErrCorrupt) || indexes(r.ents) != indexes(ents(1, 9, 1)) {
		t.Errorf("ReadAll() = %v, %v, want all entries and the damage", indexes(r.ents), r.err)
	}
	missing := []error{wal.ErrCorrupt, wal.ErrSnapshotNotFound}
	if r := read(t, m, at(50, 1), salvage); !errors.Is(r.err, missing[0]) || !errors.Is(r.err, missing[1]) {
		t.Errorf("ReadAll() of a snapshot that is not there = %v, want %v", r.err, missing)
	}
	if r := read(t, m, at(50, 1)); !errors.Is(r.err, missing[0]) || errors.Is(r.err, missing[1]) {
		t.Errorf("ReadAll() of a snapshot that may be behind the damage = %v, want only %v", r.err, missing[0])
	}
}

// TestNoHeadText: a sealed segment that ends before its head does is told by what is missing.
func TestNoHeadText(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "holds no record", 1: "ends before its metadata"} {
		m := fourSegments().files()
		name := m.names()[1]
		m[name] = m[name][:n*framesOf(m[name])[0].end]
		if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), want) {
			t.Errorf("%d records: ReadAll() = %v, want %q", n, r.err, want)
		}
	}
}

// TestBareTorn: the first record of a segment without head is torn like any other, when the crash came in its first Save.
func TestBareTorn(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md")).save(hs(1, 1, 2), ents(1, 3, 1)...)
	b.name = "0000000000000001-0000000000000004.wal"
	b.save(nil, ent(4, 1, 2000))
	m := b.files()
	clear(m[b.name][512:1024])
	if r := read(t, m, nil); r.err != nil || !r.tail.Torn || r.tail.Offset != 0 || len(r.ents) != 3 {
		t.Errorf("ReadAll() = %v, %v, tail %+v, want torn", indexes(r.ents), r.err, r.tail)
	}
}

// TestSpareSize: the next segment's file is as large as a segment, whatever the size of the pieces it is filled in.
func TestSpareSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{1000, 100 << 10, 300 << 10} {
		sim := disk.NewSim()
		w := create(t, sim, size)
		must(t, w.Prepare())
		if info, err := sim.Stat(folderName + "/0.tmp"); err != nil || info.Size() != size {
			t.Errorf("the file for %d bytes has %d: %v", size, info.Size(), err)
		}
		must(t, w.Close())
	}
}

// TestFarByte: a single byte behind the end, however far, shows that something was written there.
func TestFarByte(t *testing.T) {
	t.Parallel()
	b := saves(3)
	b.reserve = 600 << 10
	for _, n := range []int{8, 4095, 4096, 8192, 12287, 256 << 10, 600<<10 - 1} {
		m := b.files()
		at := b.size() + n
		m[b.name][at] = 1
		if r := read(t, m, nil); r.err != nil || !r.tail.Torn || !strings.HasSuffix(r.tail.Reason, fmt.Sprint("at offset ", at)) {
			t.Errorf("a byte at %d: ReadAll() = %v, tail %+v, want torn", at, r.err, r.tail)
		}
	}
}
