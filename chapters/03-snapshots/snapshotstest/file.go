package snapshotstest

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"path"
	"slices"
	"strings"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/disk"
)

// empty begins a world with a folder for snapshot files and nothing else.
func (c *check) empty() *world {
	sim := disk.NewSim()
	mkdir(sim, folder)
	return c.on(sim.Crash(disk.Kept), "")
}

// fileOf reads a snapshot's file, and reports whether it is whole.
func fileOf(b []byte) (*raftpb.Snapshot, bool) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 || num != 1 || typ != protowire.VarintType {
		return nil, false
	}
	crc, k := protowire.ConsumeVarint(b[n:])
	if k < 0 {
		return nil, false
	}
	b = b[n+k:]
	num, typ, n = protowire.ConsumeTag(b)
	if n < 0 || num != 2 || typ != protowire.BytesType {
		return nil, false
	}
	data, k := protowire.ConsumeBytes(b[n:])
	if k < 0 || n+k != len(b) || uint64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))) != crc {
		return nil, false
	}
	snap := &raftpb.Snapshot{}
	return snap, proto.Unmarshal(data, snap) == nil
}

// fileIsEtcds is I17.
func fileIsEtcds(c *check) {
	for _, g := range goldens(c.T) {
		for _, call := range g.calls {
			rest, ok := strings.CutPrefix(call, "file ")
			if !ok {
				continue
			}
			at := goldenMeta(rest)
			w := c.empty()
			w.must(w.saveSnap(snapshotAt(at.GetIndex(), at.GetTerm())))
			w.sameFiles(g, fileName(at.GetIndex(), at.GetTerm()))
		}
	}
	for _, none := range []*raftpb.Snapshot{nil, {}, {Metadata: &raftpb.SnapshotMetadata{}}, {Data: []byte("x"), Metadata: meta(0, 0)}} {
		w := c.empty()
		w.must(w.saveSnap(none))
		if got := files(w.sim, folder); len(got) > 0 {
			w.fail(failure{got: "the folder holds " + strings.Join(got, ", "), want: "nothing", means: "a snapshot of index 0 stands for no entries: raft's way to say that there is none."})
		}
	}
}

// sameFiles fails unless the folder holds the file of that name, as etcd wrote it.
func (w *world) sameFiles(g goldenLog, name string) {
	w.Helper()
	if got := files(w.sim, folder); !slices.Equal(got, []string{name}) {
		w.fail(failure{got: "the folder holds " + strings.Join(got, ", "), want: name, means: "the name is term, then index, so that names sort by age; and no other file is left."})
	}
	for _, f := range g.snaps {
		if f.name != name {
			continue
		}
		if got := content(w.sim, path.Join(folder, name)); !bytes.Equal(got, f.bytes) {
			w.fail(failure{got: fmt.Sprintf("%x", got), want: fmt.Sprintf("%x", f.bytes), means: "etcd v3.7.3 has written the second: field 1 is the CRC-32C of the bytes in field 2, from zero; field 2 is raft's message."})
		}
		return
	}
	w.Fatalf("the suite's own golden files: no %s in %s", name, g.name)
}

// fileIsDurable is I18.
func fileIsDurable(c *check) {
	for _, size := range []int{0, 3000} {
		w := c.empty()
		snap := snapshotAt(9, 2)
		snap.Data = append(snap.Data, make([]byte, size)...)
		w.must(w.saveSnap(snap))
		name := path.Join(folder, fileName(9, 2))
		after := w.sim.Crash(disk.Lost)
		if got := content(after, name); !bytes.Equal(got, snapshotFile(snap)) {
			what := fmt.Sprintf("%d bytes that are not those that were saved", len(got))
			if got == nil {
				what = "no file of that name"
			}
			w.fail(failure{got: "after a loss of power: " + what, want: "the file", means: "the caller records the snapshot next, and gives up the log before it. Bytes are made durable by Sync, a name by SyncDir; etcd leaves the second out (etcd#22340)."})
		}
	}
}

// failedFile is I20.
func failedFile(c *check) {
	old := snapshotAt(9, 2)
	old.Data = make([]byte, 700)
	for _, f := range saveFaults {
		f.Ops = disk.OpChanges | disk.OpClose
		for f.Nth = 1; c.fileFails(f, old); f.Nth++ {
		}
	}
	c.leftover()
}

// fileFails has one operation of SaveSnap fail, and reports whether there is such
// an one.
func (c *check) fileFails(f disk.Fault, old *raftpb.Snapshot) bool {
	w := c.empty()
	name := path.Join(folder, fileName(9, 2))
	put(w.sim, name, snapshotFile(old))
	w.sim = w.sim.Crash(disk.Kept)
	w.did = []string{"there is a file of the same name, " + fileName(9, 2)}
	struck := w.sim.Inject(f)
	now := snapshotAt(9, 2)
	now.Data = append(now.Data, make([]byte, 1200)...)
	err := w.saveSnap(now)
	if struck() == 0 {
		w.must(err)
		w.closesAll()
		return false
	}
	failed := failedOp(w.sim)
	if err == nil {
		w.fail(failure{got: "nil", want: "the disk's error", means: "the disk said no (" + failed + "); the caller records the snapshot next, and gives up the log before it. Close is no exception: some file systems tell only there what they could not keep (close(2))."})
	}
	w.closesAll()
	w.sim.Heal()
	got := content(w.sim, name)
	if !bytes.Equal(got, snapshotFile(old)) && !bytes.Equal(got, snapshotFile(now)) {
		w.fail(failure{got: fmt.Sprintf("%s has %d bytes (-1: it is gone)", fileName(9, 2), sizeOf(got)), want: "the file that was there before, or the new one, whole", means: "the one before was good: the log has recorded it, and it may be the only start there is (" + failed + ")."})
	}
	if list := files(w.sim, folder); len(list) != 1 && !strings.HasPrefix(failed, "remove") {
		w.fail(failure{got: "the folder holds " + strings.Join(list, ", "), want: fileName(9, 2), means: "what is left behind by each failure fills the disk, which is why the next one fails too."})
	}
	w.must(w.saveSnap(now))
	return true
}

// closesAll fails if the last call has left a file open.
func (w *world) closesAll() {
	w.Helper()
	if w.left > 0 {
		w.fail(failure{got: fmt.Sprintf("%d file left open", w.left), want: "none", means: "nobody else can close it. A node does this for as long as it lives, until it may open no file any more."})
	}
}

// sizeOf is the length of a file, -1 if there is none.
func sizeOf(b []byte) int {
	if b == nil {
		return -1
	}
	return len(b)
}

// leftover saves a snapshot where a crash has cut short a longer one.
func (c *check) leftover() {
	w := c.empty()
	var killed []*disk.Sim
	w.sim.Watch(func(e disk.Event) {
		if e.Op&disk.OpChanges != 0 {
			killed = append(killed, w.sim.Kill())
		}
	})
	long := snapshotAt(9, 2)
	long.Data = bytes.Repeat([]byte{0xff}, 2000)
	w.must(w.saveSnap(long))
	w.sim.Watch(nil)
	for i, sim := range killed {
		w := c.on(sim, fmt.Sprintf("the process was killed in a SaveSnap of 2000 bytes, behind its operation %d; the folder holds %s", i+1, strings.Join(files(sim, folder), ", ")))
		w.must(w.saveSnap(snapshotAt(9, 2)))
		if got := content(w.sim, path.Join(folder, fileName(9, 2))); !bytes.Equal(got, snapshotFile(snapshotAt(9, 2))) {
			w.fail(failure{got: fmt.Sprintf("the file has %d bytes", len(got)), want: fmt.Sprintf("%d", len(snapshotFile(snapshotAt(9, 2)))), means: "what the crash left is longer: its end stands behind the new content, and the file is corrupt."})
		}
		if list := files(w.sim, folder); len(list) != 1 {
			w.fail(failure{got: "the folder holds " + strings.Join(list, ", "), want: fileName(9, 2), means: "what a crash leaves must not pile up."})
		}
	}
}
