package wal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestSaveAtTheStart: a log that was opened at a snapshot takes no entry that the snapshot covers, committed or not.
func TestSaveAtTheStart(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, errors.Join(w.Save(hs(1, 1, 0), ents(1, 10, 1)), w.SaveSnapshot(snapshot(100, 2)), w.Save(hs(2, 1, 100), nil), w.Close()))
	w, _ = reopen(t, sim, 0, at(100, 2))
	if err := w.Save(hs(3, 1, 100), ents(100, 101, 3)); !errors.Is(err, wal.ErrRefused) || !strings.Contains(err.Error(), "where the log begins") {
		t.Errorf("Save() of the start's entry: %v, want ErrRefused", err)
	}
	if err := w.Save(nil, ents(101, 101, 1)); !errors.Is(err, wal.ErrRefused) {
		t.Errorf("Save() of a lower term than the start's: %v, want ErrRefused", err)
	}
	must(t, w.Save(hs(3, 1, 101), ents(101, 102, 3)))
}

// TestBeforeTheOldest: a log whose first segments are gone cannot be opened at a snapshot that needs them.
func TestBeforeTheOldest(t *testing.T) {
	t.Parallel()
	m := fourSegments().files()
	delete(m, m.names()[0])
	if _, err := wal.OpenForRead(".", at(1, 1), &wal.Options{FS: m}); !errors.Is(err, wal.ErrFileNotFound) || !strings.Contains(err.Error(), "the oldest is") {
		t.Errorf("OpenForRead() before the oldest segment: %v, want ErrFileNotFound", err)
	}
}

// TestLastSequenceNumber: behind the segment of the highest number there is no other. The log ends there, and what is in it stays.
func TestLastSequenceNumber(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	must(t, create(t, sim, 1000).Close())
	must(t, sim.Rename(folderName+"/0000000000000000-0000000000000000.wal", folderName+"/ffffffffffffffff-0000000000000000.wal"))
	w, _ := reopen(t, sim, 1000, nil)
	var err error
	next := uint64(1)
	for ; err == nil; next++ {
		err = w.Save(hs(1, 1, 0), []*raftpb.Entry{ent(next, 1, 500)})
	}
	if !strings.Contains(err.Error(), "no sequence number behind") || w.Close() == nil {
		t.Errorf("Save() = %v", err)
	}
	if _, r := reopen(t, sim, 1000, nil); uint64(len(r.ents)) < next-2 {
		t.Errorf("%d entries are left of %d", len(r.ents), next-2)
	}
}

// TestReportText: what a repair says names the file, and the copy if there is one.
func TestReportText(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]wal.Report{
		"nothing to repair":         {},
		"a ends at offset 8: zeros": {Segment: "a", Offset: 8, Reason: "zeros"},
		"cut 3 bytes off a at offset 8: torn; all of it is kept in b":               {Segment: "a", Offset: 8, Cut: 3, Reason: "torn", Copy: "b"},
		"wrote the head of a anew: lost; what is left of what it held is kept in b": {Segment: "a", Reason: "lost", Head: true, Copy: "b"},
	} {
		if got := r.String(); got != want {
			t.Errorf("%#v in words: %s, want %s", r, got, want)
		}
	}
	for want, op := range map[string]wal.Op{"-1": -1, "write": wal.OpWrite, "repair": wal.OpRepair, "4": wal.OpRepair + 1} {
		if got := fmt.Sprint(op); got != want {
			t.Errorf("Op in words: %s, want %s", got, want)
		}
	}
}

// TestPurgeFails: a purge that cannot list or remove says so, and the next one goes on. What somebody else has removed is made durable first; if that fails,
// nothing else is removed.
func TestPurgeFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault disk.Fault
		want  int // segments of 4 that are left behind the next purge
	}{
		{disk.Fault{Ops: disk.OpList}, 2},
		{disk.Fault{Ops: disk.OpRemove}, 2},
		{disk.Fault{Ops: disk.OpClose}, 2},
		{disk.Fault{Ops: disk.OpSyncDir}, 4},
	} {
		sim := disk.NewSim()
		w := create(t, sim, 1000)
		for i := uint64(1); len(segments(t, sim)) < 5; i++ {
			must(t, w.Save(hs(1, 1, i-1), []*raftpb.Entry{ent(i, 1, 700)}))
		}
		last := w.Segments()[4].Index - 1
		must(t, errors.Join(w.SaveSnapshot(snapshot(last, 1)), w.Save(hs(1, 1, last), nil), w.ReleaseLockTo(last+1)))
		must(t, sim.Remove(folderName+"/"+segments(t, sim).names()[0])) // somebody else did
		sim.Inject(c.fault)
		if err := w.Purge(); !errors.Is(err, syscall.EIO) {
			t.Errorf("Purge() with %v: %v, want EIO", c.fault.Ops, err)
		}
		if again := w.Purge(); (again == nil) != (c.want == 2) || len(segments(t, sim)) != c.want {
			t.Errorf("Purge() again with %v: %v, %d segments are left, want %d", c.fault.Ops, again, len(segments(t, sim)), c.want)
		}
		must(t, w.Save(hs(1, 1, last+1), ents(last+1, last+1, 1)))
		must(t, w.Close())
	}
}

// TestRepairOfAHeadFails: when the disk fails while a lost head is written anew, what the segment held is in it or in a copy, and the next repair does it.
func TestRepairOfAHeadFails(t *testing.T) {
	t.Parallel()
	b := newBuild(make([]byte, 130<<10)).save(hs(3, 1, 10), ents(1, 10, 3)...).cut() // a head that is more than the encoder holds
	m := b.files()
	b.save(nil, ents(11, 12, 3)...)
	m[b.name] = append(make([]byte, 30), b.image[b.name][30:]...)
	for n := 1; ; n++ {
		sim := onDisk(t, m)
		struck := sim.Inject(disk.Fault{Nth: n})
		_, err := wal.Repair(folderName, quiet(sim, 0))
		if struck() == 0 {
			must(t, err)
			return
		}
		if err == nil {
			t.Errorf("operation %d failed, and nobody told", n)
		}
		sim.Heal()
		sim = sim.Crash(disk.Lost)
		_, errCopy := sim.Stat(folderName + "/" + b.name + ".broken")
		if now := content(t, sim, folderName+"/"+b.name); errCopy != nil && string(now) != string(m[b.name]) {
			t.Errorf("operation %d failed: the segment has changed, and there is no copy", n)
		}
		_, err = wal.Repair(folderName, quiet(sim, 0))
		must(t, err)
		if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != indexes(ents(1, 10, 3)) {
			t.Errorf("operation %d failed: ReadAll() = %v", n, indexes(r.ents))
		}
	}
}

// TestPurgeWithoutSync: a log that is never synced is purged without a sync, too.
func TestPurgeWithoutSync(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	opts := quiet(sim, 1000)
	opts.UnsafeNoSync = true
	w, err := wal.Create(folderName, nil, opts)
	must(t, err)
	for i := uint64(1); len(w.Segments()) < 4; i++ {
		must(t, w.Save(hs(1, 1, i), []*raftpb.Entry{ent(i, 1, 700)}))
	}
	last := w.Segments()[3].Index - 1
	must(t, errors.Join(w.SaveSnapshot(snapshot(last, 1)), w.ReleaseLockTo(last)))
	sim.ClearLog()
	must(t, w.Purge())
	if n := countOps(sim, disk.OpSync) + countOps(sim, disk.OpSyncDir); n > 0 || len(segments(t, sim)) == 4 {
		t.Errorf("%d syncs, %d segments are left of 4", n, len(segments(t, sim)))
	}
}

// TestSpareTakenAway: whoever removes the next segment's file does the log no harm.
func TestSpareTakenAway(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, w.Prepare())
	must(t, sim.Remove(folderName+"/0.tmp"))
	must(t, w.Close())
}

// TestSpareFailsInTheBackground: the logger is told, and the log goes on.
func TestSpareFailsInTheBackground(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	told := make(chan string, 10)
	opts := quiet(sim, 0)
	opts.NoBackground = false
	opts.Logger = slog.New(slog.NewTextHandler(lines(told), nil))
	sim.Inject(disk.Fault{Ops: disk.OpPreallocate, Nth: 2, Err: syscall.ENOSPC}) // the first is Create's own
	w, err := wal.Create(folderName, nil, opts)
	must(t, err)
	for line := range told {
		if strings.Contains(line, "cannot be made ahead") && strings.Contains(line, "no space left") {
			break
		}
	}
	must(t, w.Save(hs(1, 1, 0), ents(1, 3, 1)))
	must(t, w.Close())
}

// lines sends what is written to it.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// TestFolderGone: a log whose folder is not there, or was taken away while it was opened, is an error of the disk.
func TestFolderGone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "log")
	if _, err := wal.Open(dir, nil, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open() of no folder: %v, want fs.ErrNotExist", err)
	}
	w, err := wal.Create(dir, nil, nil)
	must(t, err)
	must(t, w.Close())
	w, err = wal.Open(dir, nil, nil)
	must(t, err)
	must(t, os.Rename(dir, dir+".old"))
	if _, _, _, err := w.ReadAll(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "sync the folder above") {
		t.Errorf("ReadAll() without the folder: %v, want fs.ErrNotExist", err)
	}
	w.Close()
}

// TestSalvageReadErrors: damage is passed over, an error of the disk is not.
func TestSalvageReadErrors(t *testing.T) {
	t.Parallel()
	b := saves(3).save(nil, ent(4, 1, 300<<10), ent(5, 1, 300<<10), ent(6, 1))
	m := b.files()
	clear(m[b.name][b.entryFrame(2) : b.entryFrame(2)+8])
	boom := errors.New("input/output error")
	for n := 0; ; n++ {
		f := &failing{image: m, left: n, err: boom}
		w, err := wal.OpenForRead(".", nil, &wal.Options{FS: f, Recovery: wal.Salvage})
		must(t, err)
		if _, _, _, err := w.ReadAll(); errors.Is(err, boom) != f.struck {
			t.Errorf("read %d failed: ReadAll() error = %v", n, err)
		}
		if !f.struck {
			break
		}
	}
}

// TestOnlyTheTerm: a hard state with nothing but a term, as a node has that has not voted yet, is one, and durable.
func TestOnlyTheTerm(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, w.Save(&raftpb.HardState{Term: new(uint64(5))}, nil))
	_, r := reopen(t, sim.Crash(disk.Lost), 0, nil)
	if want := (&raftpb.HardState{Term: new(uint64(5))}); !proto.Equal(r.state, want) {
		t.Errorf("ReadAll() = %v, want %v", r.state, want)
	}
}

// TestCommittedToTheIndex: a commit that reaches exactly the leader's snapshot is enough: the log goes on from there, and keeps what it is given.
func TestCommittedToTheIndex(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	must(t, errors.Join(w.Save(hs(1, 1, 5), ents(1, 10, 1)), w.SaveSnapshot(snapshot(100, 3))))
	if err := w.Save(nil, ents(100, 101, 3)); !errors.Is(err, wal.ErrRefused) || !strings.Contains(err.Error(), "which is to replace the log") {
		t.Errorf("Save() of the snapshot's entry: %v, want ErrRefused", err)
	}
	must(t, errors.Join(w.Save(hs(3, 0, 100), ents(101, 102, 3)), w.SaveSnapshot(snapshot(99, 3)), w.Save(hs(3, 0, 102), ents(103, 103, 3)), w.Close()))
	if _, r := reopen(t, sim, 0, at(100, 3)); indexes(r.ents) != "[101/3 102/3 103/3]" {
		t.Errorf("ReadAll() = %v", indexes(r.ents))
	}
}

// TestPaddingOfNone: a record that needs no padding has none. Its length word does not say that it has eight bytes of it.
func TestPaddingOfNone(t *testing.T) {
	t.Parallel()
	for n := 0; ; n++ {
		b := newBuild(nil).save(hs(1, 1, 0), ent(1, 1, n))
		at := b.starts[3]
		if b.image[b.name][at+7] != 0 {
			continue // it is padded
		}
		b.image[b.name][at+7] = 0x88
		if r := read(t, b.save(nil, ent(2, 1)).files(), nil); !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), "length word is damaged") {
			t.Errorf("ReadAll() = %v, %v, want ErrCorrupt", indexes(r.ents), r.err)
		}
		return
	}
}

// TestRepairLargeTail: a tail of more than is read at once is kept and cut as a whole.
func TestRepairLargeTail(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 0), ents(1, 5, 1)...)
	end := b.size()
	b.save(nil, ent(6, 1, 600<<10))
	m := b.files()
	clear(m[b.name][end+1024 : end+2048])
	m[b.name+".broken"] = nil // somebody's
	sim := onDisk(t, m)
	report, err := wal.Repair(folderName, quiet(sim, 0))
	must(t, err)
	all := bytes.TrimRight(m[b.name], "\x00")
	if report.Copy != b.name+".broken.1" || report.Offset != int64(end) || report.Cut != int64(len(all)-end) {
		t.Errorf("Repair() = %+v, want %d bytes cut at %d", report, len(all)-end, end)
	}
	if copied := content(t, sim, folderName+"/"+report.Copy); !bytes.Equal(copied, all) {
		t.Errorf("the copy of %d bytes is not the segment's %d", len(copied), len(all))
	}
}

// TestGapText: where entries are missing, the error names the last one that is there.
func TestGapText(t *testing.T) {
	t.Parallel()
	ahead := newBuild(nil).save(hs(1, 1, 0), ents(3, 9, 1)...)
	replaced := newBuild(nil).save(hs(1, 1, 0), ents(1, 5, 1)...).snapshot(20, 2).save(hs(2, 1, 20), ents(21, 22, 2)...)
	next := newBuild(nil).save(hs(1, 1, 0), ents(1, 4, 1)...).snapshot(5, 2).save(hs(2, 1, 5), ents(6, 7, 2)...)
	for want, m := range map[string]image{
		"entry 3 follows entry 0":                      ahead.files(),
		"has replaced those behind index 5":            replaced.files(),
		"at index 5 has replaced those behind index 4": next.files(),
	} {
		if r := read(t, m, nil); !errors.Is(r.err, wal.ErrSliceOutOfRange) || !strings.Contains(r.err.Error(), want) {
			t.Errorf("ReadAll() = %v, %v, want %q in it", indexes(r.ents), r.err, want)
		}
	}
}

// TestCutText: a file that ends inside a length word, and one that ends behind it, are told apart.
func TestCutText(t *testing.T) {
	t.Parallel()
	b := saves(3)
	end := b.size()
	b.save(nil, ent(4, 1, 100))
	for n, want := range map[int]string{7: "inside a length word", 8: "inside a frame of 1"} {
		m := image{b.name: b.image[b.name][:end+n]}
		if r := read(t, m, nil); r.err != nil || !r.tail.Torn || !strings.Contains(r.tail.Reason, want) {
			t.Errorf("%d bytes behind the last record: tail %+v, %v, want %q", n, r.tail, r.err, want)
		}
	}
}

// TestPurgeWarns: a purge is silent where nothing stays that was released, and warns where a snapshot is missing.
func TestPurgeWarns(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	sim := disk.NewSim()
	opts := quiet(sim, 1000)
	opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w, err := wal.Create(folderName, nil, opts)
	must(t, err)
	next := uint64(1)
	fill := func(n int) []wal.Segment {
		for ; len(w.Segments()) < n; next++ {
			must(t, w.Save(hs(1, 1, next), []*raftpb.Entry{ent(next, 1, 700)}))
		}
		return w.Segments()
	}
	start := fill(5)[3].Index
	must(t, errors.Join(w.SaveSnapshot(snapshot(start, 1)), w.ReleaseLockTo(start), w.Purge()))
	if log.Len() > 0 || len(segments(t, sim)) != 3 {
		t.Errorf("Purge() behind the snapshot of the index that was released leaves %v, and warns: %s", segments(t, sim).names(), log.String())
	}
	must(t, errors.Join(w.ReleaseLockTo(10000), w.Purge())) // there is no such snapshot; the segments before it are given up all the same
	if !strings.Contains(log.String(), "segments stay") || len(segments(t, sim)) != 3 {
		t.Errorf("Purge() without a snapshot leaves %v, and warns: %s", segments(t, sim).names(), log.String())
	}
	fill(4)
	must(t, w.SaveSnapshot(snapshot(next-1, 1)))
	must(t, w.Purge())
	if strings.Contains(log.String(), "is locked") {
		t.Errorf("Purge() takes the log's own lock for another's: %s", log.String())
	}
}
