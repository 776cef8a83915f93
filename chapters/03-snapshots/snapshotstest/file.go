package snapshotstest

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"syscall"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// empty begins a world with a folder for snapshot files and nothing else.
func (c *check) empty() *world {
	sim := disk.NewSim()
	mkdir(sim, folder)
	return c.on(sim.Crash(disk.Kept), "")
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
		if got := suite.Files(w.sim, folder); len(got) > 0 {
			w.fail(failure{Got: "the folder holds " + strings.Join(got, ", "), Want: "nothing", Means: "a snapshot of index 0 stands for no entries: raft's way to say that there is none."})
		}
	}
}

// sameFiles fails unless the folder holds the file of that name, as etcd wrote it.
func (w *world) sameFiles(g goldenLog, name string) {
	w.Helper()
	if got := suite.Files(w.sim, folder); !slices.Equal(got, []string{name}) {
		w.fail(failure{Got: "the folder holds " + strings.Join(got, ", "), Want: name, Means: "the name is term, then index, so that names sort by age; and no other file is left."})
	}
	for _, f := range g.snaps {
		if f.name != name {
			continue
		}
		if got := suite.Content(w.sim, path.Join(folder, name)); !bytes.Equal(got, f.bytes) {
			w.fail(failure{Got: fmt.Sprintf("%x", got), Want: fmt.Sprintf("%x", f.bytes), Means: "etcd v3.7.3 has written the second: field 1 is the CRC-32C of the bytes in field 2, from zero; field 2 is raft's message."})
		}
		return
	}
	w.Fatalf("the suite's own golden files: no %s in %s", name, g.name)
}

// fileIsDurable is I18. What the bytes are is the business of I17.
func fileIsDurable(c *check) {
	name := path.Join(folder, fileName(9, 2))
	for _, before := range []*raftpb.Snapshot{nil, {Data: make([]byte, 700), Metadata: meta(9, 2)}} {
		for _, size := range []int{0, 3000} {
			w := c.before(before)
			snap := snapshotAt(9, 2)
			snap.Data = append(snap.Data, make([]byte, size)...)
			w.must(w.saveSnap(snap))
			now := suite.Content(w.sim, name)
			if now == nil || before != nil && bytes.Equal(now, snapshotFile(before)) {
				w.fail(failure{Got: "SaveSnap has returned nil, and " + cmpOr(sizeWords(now), "the folder holds "+strings.Join(suite.Files(w.sim, folder), ", ")), Want: fileName(9, 2) + ", which holds what was saved", Means: "the caller records this snapshot next, and gives up the log before it."})
			}
			if info, err := w.sim.Stat(name); err != nil || info.Mode().Perm() != disk.FileMode {
				w.fail(failure{Got: fmt.Sprintf("%s has the mode %v", fileName(9, 2), info.Mode().Perm()), Want: disk.FileMode.String(), Means: "in the file is all that the application knows: its owner must be able to read it at the next start, and nobody else is to."})
			}
			if got := suite.Content(w.sim.Crash(disk.Lost), name); !bytes.Equal(got, now) {
				w.fail(failure{Got: "after a loss of power: " + cmpOr(sizeWords(got), "no file of that name"), Want: fmt.Sprintf("the file as it was before that, %d bytes", len(now)), Means: "the caller records the snapshot next, and gives up the log before it. Bytes are made durable by Sync, a name by SyncDir; etcd leaves the second out (etcd#22340)."})
			}
		}
	}
}

// before begins a world with a snapshot's file, unless it is nil.
func (c *check) before(snap *raftpb.Snapshot) *world {
	w := c.empty()
	if snap != nil {
		name := fileName(snap.GetMetadata().GetIndex(), snap.GetMetadata().GetTerm())
		put(w.sim, path.Join(folder, name), snapshotFile(snap))
		w.sim = w.sim.Crash(disk.Kept)
		w.did = []string{"there is a file of the same name, " + name + ", of " + fmt.Sprint(len(snapshotFile(snap))) + " bytes"}
	}
	return w
}

// written is the file that SaveSnap makes of a snapshot where nothing fails.
func (c *check) written(snap *raftpb.Snapshot) []byte {
	w := c.empty()
	w.must(w.saveSnap(snap))
	name := fileName(snap.GetMetadata().GetIndex(), snap.GetMetadata().GetTerm())
	b := suite.Content(w.sim, path.Join(folder, name))
	if b == nil {
		w.fail(failure{Got: "SaveSnap has returned nil, and the folder holds " + cmpOr(strings.Join(suite.Files(w.sim, folder), ", "), "nothing"), Want: name, Means: "the name is term, then index; see I17."})
	}
	return b
}

// sizeWords is a file in words, or "" if there is none.
func sizeWords(b []byte) string {
	if b == nil {
		return ""
	}
	return fmt.Sprintf("a file of %d bytes, not those that were saved", len(b))
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
	now := snapshotAt(9, 2)
	now.Data = append(now.Data, make([]byte, 1200)...)
	whole := c.written(now)
	w := c.before(old)
	struck := w.sim.Inject(f)
	err := w.saveSnap(now)
	w.sim.Heal()
	if struck() == 0 {
		w.must(err)
		w.closesAll()
		return false
	}
	reason := f.Err
	if reason == nil {
		reason = syscall.EIO
	}
	var failed string
	for _, e := range w.last {
		if errors.Is(e.Err, reason) {
			failed = e.String()
		}
	}
	if !errors.Is(err, reason) {
		means := "the disk said no (" + failed + "); the caller records the snapshot next, and gives up the log before it."
		if err != nil {
			means = "the disk said no (" + failed + "). Only its own error tells a full disk from a broken one; what else goes wrong behind it is joined to it."
		} else if strings.HasPrefix(failed, "close") {
			means += " Some file systems tell only at Close what they could not keep (close(2))."
		}
		w.fail(failure{Got: w.told(err), Want: "the disk's error: " + reason.Error(), Means: means})
	}
	w.closesAll()
	if got := suite.Content(w.sim, path.Join(folder, fileName(9, 2))); !bytes.Equal(got, snapshotFile(old)) && !bytes.Equal(got, whole) {
		w.fail(failure{Got: fileName(9, 2) + " " + cmpOr(sizeWords(got), "is gone"), Want: fmt.Sprintf("the file that was there before, or the new one of %d bytes", len(whole)), Means: "the one before was good: the log has recorded it, and it may be the only start there is (" + failed + ")."})
	}
	if list := suite.Files(w.sim, folder); len(list) != 1 && !strings.HasPrefix(failed, "remove") {
		w.fail(failure{Got: "the folder holds " + strings.Join(list, ", "), Want: fileName(9, 2), Means: "what is left behind by each failure (" + failed + ") fills the disk, which is why the next one fails too."})
	}
	w.must(w.saveSnap(now))
	return true
}

// closesAll fails if the last call has left a file open. A Close that failed has
// closed.
func (w *world) closesAll() {
	w.Helper()
	open := 0
	for _, e := range w.last {
		switch {
		case e.Op&(disk.OpOpen|disk.OpCreate) != 0 && e.Err == nil:
			open++
		case e.Op == disk.OpClose:
			open--
		}
	}
	if open > 0 {
		w.fail(failure{Got: fmt.Sprintf("files left open: %d", open), Want: "none", Means: "nobody else can close what this call has opened. A node does this for as long as it lives, until it may open no file any more."})
	}
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
	short := c.written(snapshotAt(9, 2))
	for i, sim := range killed {
		there := fmt.Sprintf("the process was killed in a SaveSnap of 2000 bytes, behind its operation %d; the folder holds %s", i+1, cmpOr(strings.Join(suite.Files(sim, folder), ", "), "nothing"))
		for _, index := range []uint64{9, 10} {
			w := c.on(sim.Kill(), there)
			w.mustBecause(w.saveSnap(snapshotAt(index, 2)), "a crash has left its temporary file, and it stands in the way of every snapshot to come.")
			left := slices.DeleteFunc(suite.Files(w.sim, folder), func(n string) bool { return n == fileName(9, 2) || n == fileName(index, 2) })
			if len(left) > 0 {
				w.fail(failure{Got: "the folder still holds " + strings.Join(left, ", "), Want: "no temporary file", Means: "the next SaveSnap, of whichever snapshot, uses or removes what a crash has left. Nobody else does, and each is as large as a snapshot."})
			}
		}
		w := c.on(sim, there)
		w.must(w.saveSnap(snapshotAt(9, 2)))
		if got := suite.Content(w.sim, path.Join(folder, fileName(9, 2))); !bytes.Equal(got, short) {
			means := "what the crash left is longer. Written over and not emptied, it keeps its end, and the file is corrupt."
			if slices.Contains(suite.Files(sim, folder), fileName(9, 2)) {
				means = "SaveSnap has returned nil, so the file holds what was saved, whatever stood there before under its name."
			}
			w.fail(failure{Got: fmt.Sprintf("the file has %d bytes", len(got)), Want: fmt.Sprintf("%d bytes", len(short)), Means: means})
		}
	}
}
