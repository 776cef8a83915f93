package snapshotstest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"syscall"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// folderOf begins a world with files in the folder of snapshots, all durable.
func (c *check) folderOf(there map[string][]byte) *world {
	sim := disk.NewSim()
	mkdir(sim, folder)
	var words []string
	for _, name := range slices.Sorted(maps.Keys(there)) {
		put(sim, path.Join(folder, name), there[name])
		words = append(words, fmt.Sprintf("%s, %d bytes", name, len(there[name])))
	}
	if words == nil {
		return c.on(sim.Crash(disk.Kept), "the folder is empty")
	}
	return c.on(sim.Crash(disk.Kept), "the folder holds\n"+strings.Join(words, "\n"))
}

// load calls Load.
func (w *world) load() (snap *raftpb.Snapshot, err error) {
	s := w.New(w.sim, folder)
	err = w.call("Load()", func() error {
		snap, err = s.Load()
		return err
	})
	if n := len(s.PassedOver()); n > 0 {
		w.did[len(w.did)-1] += fmt.Sprintf("\nwhich has passed over %d", n)
	}
	return snap, err
}

// loads fails unless Load returns the snapshot at a position; 0 means none.
func (w *world) loads(index, term uint64, means string) {
	w.Helper()
	snap, err := w.load()
	w.isSnap(snap, err, index, term, means)
}

// isSnap fails unless what was loaded is the snapshot at a position.
func (w *world) isSnap(snap *raftpb.Snapshot, err error, index, term uint64, means string) {
	w.Helper()
	got := "snapshot " + metaWords(snap.GetMetadata()) + ", error " + w.told(err)
	switch {
	case index == 0 && (w.kind(err) != "ErrNoSnapshot" || snap != nil):
		w.fail(failure{Got: got, Want: "no snapshot, and ErrNoSnapshot", Means: means})
	case index > 0 && (err != nil || snap.GetMetadata().GetIndex() != index || snap.GetMetadata().GetTerm() != term):
		w.fail(failure{Got: got, Want: fmt.Sprintf("snapshot {%d of term %d}", index, term), Means: means})
	}
}

// keeps fails unless the files of a folder are exactly these.
func (w *world) keeps(fsys disk.FS, want map[string][]byte, means string) {
	w.Helper()
	got := suite.Files(fsys, folder)
	if !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		w.fail(failure{Got: "the folder holds " + strings.Join(got, ", "), Want: strings.Join(slices.Sorted(maps.Keys(want)), ", "), Means: means})
	}
	for _, n := range got {
		if b := suite.Content(fsys, path.Join(folder, n)); !bytes.Equal(b, want[n]) {
			w.fail(failure{Got: n + " was changed", Want: "it is as it was", Means: means})
		}
	}
}

// snaps are whole files at positions.
func snaps(at ...*raftpb.SnapshotMetadata) map[string][]byte {
	m := map[string][]byte{}
	for _, p := range at {
		m[fileName(p.GetIndex(), p.GetTerm())] = snapshotFile(snapshotAt(p.GetIndex(), p.GetTerm()))
	}
	return m
}

// with is a folder and one file more, or another in its place.
func with(m map[string][]byte, name string, b []byte) map[string][]byte {
	m = maps.Clone(m)
	m[name] = b
	return m
}

// newestIsLoaded is I21.
func newestIsLoaded(c *check) {
	c.folderOf(nil).loads(0, 0, "an empty folder is that of a new node, and no failure of the disk.")
	for _, at := range [][]*raftpb.SnapshotMetadata{
		{meta(5, 1)},
		{meta(5, 1), meta(9, 1)},
		{meta(99, 1), meta(7, 2)}, // the name's term comes first
		{meta(0xff, 1), meta(0x100, 1), meta(0x9, 1)},
		{meta(3, 0xf), meta(2, 0x10)},
	} {
		last := at[0]
		for _, p := range at {
			if p.GetTerm() > last.GetTerm() || p.GetTerm() == last.GetTerm() && p.GetIndex() > last.GetIndex() {
				last = p
			}
		}
		w := c.folderOf(snaps(at...))
		w.loads(last.GetIndex(), last.GetTerm(), "the newest has the highest term, and of those the highest index.")
		w.without(disk.OpChanges, "whoever loads a whole file changes nothing.")
	}
	c.whole()
	c.strangeNames()
}

// whole compares all that is in a snapshot, and reads those that etcd wrote.
func (c *check) whole() {
	want := &raftpb.Snapshot{Data: bytes.Repeat([]byte("state "), 900), Metadata: &raftpb.SnapshotMetadata{Index: new(uint64(8)), Term: new(uint64(3)), ConfState: &raftpb.ConfState{Voters: []uint64{1, 2}, Learners: []uint64{3}, AutoLeave: new(true)}}}
	w := c.folderOf(map[string][]byte{fileName(8, 3): snapshotFile(want)})
	got, err := w.load()
	w.must(err)
	if !proto.Equal(got, want) {
		w.fail(failure{Got: got.String(), Want: want.String(), Means: "the state and who the members are: all of it comes back."})
	}
	for _, g := range goldens(c.T) {
		for _, f := range g.snaps {
			w := c.folderOf(map[string][]byte{f.name: f.bytes})
			got, err := w.load()
			w.must(err)
			if want := snapshotAt(got.GetMetadata().GetIndex(), got.GetMetadata().GetTerm()); !proto.Equal(got, want) {
				w.fail(failure{Got: got.String(), Want: want.String(), Means: "etcd v3.7.3 has written this file."})
			}
		}
	}
}

// strangeNames puts beside a snapshot what is none.
func (c *check) strangeNames() {
	there := snaps(meta(5, 1))
	good := snapshotFile(snapshotAt(9, 9))
	for _, name := range []string{
		"manual-backup.snap", "0000000000000009-000000000000000A.snap", "9-9.snap", "00000000000000009-0000000000000009.snap",
		"0000000000000009-0000000000000009.snap.broken", "0000000000000009-0000000000000009.snap.db", "snap.tmp", "0000000000000009_0000000000000009.snap",
		"+000000000000009-0000000000000009.snap", "0000000000000009-0000000000000009.SNAP", "zzz", "0000000000000009-0000000000000009.snap~",
	} {
		all := with(there, name, good)
		w := c.folderOf(all)
		w.loads(5, 1, name+" is not exactly a snapshot's name: somebody's copy, or a file of another kind, must not be taken for the newest.")
		w.keeps(w.sim, all, "what is not the node's own is left alone.")
	}
	w := c.folderOf(there)
	mkdir(w.sim, path.Join(folder, fileName(9, 9)))
	w.did[0] += "\n" + fileName(9, 9) + ", which is a folder"
	w.loads(5, 1, "a folder is no snapshot, whatever it is called.")
}

// corruptSetAside is I22.
func corruptSetAside(c *check) {
	good := snapshotFile(snapshotAt(9, 2))
	noMeta := sealed(marshal(&raftpb.Snapshot{Data: []byte("x")}))
	bad := map[string][]byte{
		"": {}, "full of zeros": make([]byte, len(good)), "a message without a snapshot": sealed(nil),
		"a snapshot without metadata, which nobody saves": noMeta, "longer by a byte": append(slices.Clone(good), 0), "whole, with a third field behind it, which no node writes": append(slices.Clone(good), 3<<3, 1), "no message": []byte("precious"),
		"no snapshot, under a checksum that fits": sealed(append(marshal(snapshotAt(9, 2)), 0xff)),
	}
	for n := 1; n < len(good); n += 5 {
		bad[fmt.Sprintf("cut at byte %d", n)] = good[:n]
	}
	for n := range good {
		b := slices.Clone(good)
		b[n] ^= 1 << (n % 8)
		bad[fmt.Sprintf("changed in a bit of byte %d", n)] = b
	}
	for _, what := range slices.Sorted(maps.Keys(bad)) {
		c.setAside(what, bad[what])
	}
	c.setAsideTwice(good)
	w := c.folderOf(map[string][]byte{fileName(9, 2): {}})
	w.loads(0, 0, "the one file is corrupt: there is none to load.")
	for _, op := range []disk.Op{disk.OpRename, disk.OpSyncDir} {
		c.setAsideFails(op, good)
	}
	c.setAsideByOthers(good)
}

// setAside loads where the newest file is corrupt.
func (c *check) setAside(what string, b []byte) {
	there := with(snaps(meta(5, 1)), fileName(9, 2), b)
	w := c.folderOf(there)
	w.did[0] += "\nof which the last is " + cmpOr(what, "empty")
	const proof = "these are not the bytes that were saved, and will not be tomorrow: "
	w.loads(5, 1, proof+"the file is corrupt. The one before it is whole, and the node can start from that.")
	want := with(snaps(meta(5, 1)), fileName(9, 2)+".broken", b)
	w.keeps(w.sim, want, proof+"such a file gets a name under which nobody looks for it, and is kept, as evidence.")
	w.keeps(w.sim.Crash(disk.Lost), want, "the new name is durable, or the same file is judged at every start.")
}

// setAsideByOthers loads where somebody is faster to set a corrupt file aside.
func (c *check) setAsideByOthers(good []byte) {
	w := c.folderOf(with(snaps(meta(5, 1)), fileName(9, 2), good[:20]))
	w.did[0] += "\nof which the last is cut at byte 20, and renamed by somebody else once it was read"
	w.sim.Inject(disk.Fault{Ops: disk.OpRename, Done: true, Err: fs.ErrNotExist})
	w.loads(5, 1, "whoever cleans up may be faster. The corrupt file has its name no more, so what was to be done is done, and the one before it is whole.")
}

// setAsideFails loads where a corrupt file cannot be set aside.
func (c *check) setAsideFails(op disk.Op, good []byte) {
	w := c.folderOf(with(snaps(meta(5, 1)), fileName(9, 2), good[:20]))
	w.did[0] += "\nof which the last is cut at byte 20"
	struck := w.sim.Inject(disk.Fault{Ops: op})
	snap, err := w.load()
	failed := failedOp(w.sim)
	w.sim.Heal()
	if struck() == 0 {
		return // it sets aside in another way
	}
	if kind := w.kind(err); err == nil || snap != nil || kind == "ErrNoSnapshot" || kind == "ErrCorrupt" {
		w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + w.told(err), Want: "no snapshot, and the disk's error", Means: "the disk said no (" + failed + "), so the corrupt file still has its name, or has it again after a crash. It is the disk that the log is written to next: whoever starts the node must hear of it."})
	}
	w.loads(5, 1, "the disk answers again: the corrupt file is set aside, and the one before it is whole.")
}

// cmpOr returns the first that is not empty.
func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// setAsideTwice sets aside a second file of the same name.
func (c *check) setAsideTwice(good []byte) {
	there := with(snaps(meta(5, 1)), fileName(9, 2), good[:20])
	there[fileName(9, 2)+".broken"] = []byte("evidence")
	there[fileName(9, 2)+".broken.1"] = []byte("more evidence")
	w := c.folderOf(there)
	w.loads(5, 1, "the newest file is corrupt, and the one before it is whole.")
	kept := 0
	for _, n := range suite.Files(w.sim, folder) {
		b := suite.Content(w.sim, path.Join(folder, n))
		for _, old := range []string{fileName(9, 2), fileName(9, 2) + ".broken", fileName(9, 2) + ".broken.1"} {
			if bytes.Equal(b, there[old]) {
				kept++
			}
		}
	}
	if kept != 3 {
		w.fail(failure{Got: "the folder holds " + strings.Join(suite.Files(w.sim, folder), ", "), Want: "all three corrupt files, under three names", Means: "what was set aside before is evidence too, and must not be overwritten."})
	}
}

// unreadableStays is I23.
func unreadableStays(c *check) {
	there := snaps(meta(5, 1), meta(9, 2))
	for _, f := range []disk.Fault{
		{Ops: disk.OpOpen, Name: fileName(9, 2), Err: syscall.EACCES},
		{Ops: disk.OpOpen, Name: fileName(9, 2), Err: syscall.EMFILE},
		{Ops: disk.OpRead, Name: fileName(9, 2)},
		{Ops: disk.OpRead, Name: fileName(9, 2), Bytes: 11, Err: suite.ErrDisk},
		{Ops: disk.OpRead, Name: fileName(9, 2), Bytes: 11, Err: io.EOF, Always: true},
		{Ops: disk.OpSize, Name: fileName(9, 2)},
		{Ops: disk.OpList},
	} {
		w := c.folderOf(there)
		struck := w.sim.Inject(f)
		snap, err := w.load()
		w.sim.Heal()
		if struck() == 0 {
			continue // it asks in another way
		}
		failed := "the disk did not give the newest file, which"
		if f.Ops == disk.OpList {
			failed = "the disk did not list the folder, and what is in it"
		}
		reads := f.Err != io.EOF
		if err == nil || w.kind(err) == "ErrNoSnapshot" || w.kind(err) == "ErrCorrupt" || reads && f.Err != nil && !errors.Is(err, f.Err) {
			w.fail(failure{Got: "snapshot " + metaWords(snap.GetMetadata()) + ", error " + w.told(err), Want: "the disk's error", Means: failed + " may be good, and the log before it may be gone. An older one, or none, would be the wrong start; the next attempt may succeed."})
		}
		w.keeps(w.sim, there, "a file that could not be read is not proven corrupt: etcd renames it, and a good snapshot is never looked at again.")
		w.loads(9, 2, "the disk answers again, and the file is there.")
	}
	w := c.folderOf(there)
	w.sim.Inject(disk.Fault{Ops: disk.OpOpen, Name: fileName(9, 2), Err: fs.ErrNotExist})
	w.did[0] += "\nof which the last is removed by somebody, once the folder was listed"
	s := w.New(w.sim, folder)
	var snap *raftpb.Snapshot
	err := w.call("Load()", func() (err error) { snap, err = s.Load(); return err })
	w.isSnap(snap, err, 5, 1, "whoever cleans up may be faster. What is removed is no failure of the disk: the next one counts.")
	if got := s.PassedOver(); len(got) > 0 {
		w.fail(failure{Got: "PassedOver() returns" + c.errorLines(got), Want: "PassedOver() returns nothing", Means: "it tells of files that somebody has to look at, and this one is gone: nothing is wrong with it that anybody knows."})
	}
}

// nameOfContent is I24.
func nameOfContent(c *check) {
	for _, f := range []struct {
		what, name string
		b          []byte
	}{
		{"a copy of an old one under a new index", fileName(99, 2), snapshotFile(snapshotAt(5, 1))},
		{"one of another index", fileName(9, 1), snapshotFile(snapshotAt(8, 1))},
		{"one of another term", fileName(9, 3), snapshotFile(snapshotAt(9, 2))},
		{"one of index 0", fileName(0, 2), snapshotFile(&raftpb.Snapshot{Data: []byte("x"), Metadata: meta(0, 2)})},
	} {
		all := with(snaps(meta(5, 1)), f.name, f.b)
		w := c.folderOf(all)
		w.did[0] += "\nof which the last is " + f.what
		w.loads(5, 1, "the name says which snapshot to expect, the content which one it is. Where they differ, a node would start from an old state and believe that it is the new one.")
		w.keeps(w.sim, all, "nothing in it is damaged: it has the wrong name, and whoever gave it that may want it back.")
	}
	c.passedIsTold()
}

// passedIsTold looks at what is told of the files that were not taken: by
// PassedOver, and by the error where there is no other.
func (c *check) passedIsTold() {
	bad := with(map[string][]byte{fileName(12, 2): []byte("torn")}, fileName(9, 2), snapshotFile(snapshotAt(8, 2)))
	w := c.folderOf(with(bad, fileName(5, 1), snapshotFile(snapshotAt(5, 1))))
	w.did[0] += "\nof which the last is corrupt, and the one before it another snapshot's"
	s := w.New(w.sim, folder)
	twice := func(want []passed, means string) {
		w.must(w.call("Load()", func() error { _, err := s.Load(); return err }))
		if got := s.PassedOver(); !slices.EqualFunc(got, want, func(err error, p passed) bool { return p.fits(err) }) {
			w.fail(failure{Got: "PassedOver() returns" + c.errorLines(got), Want: "PassedOver() returns" + indented(listed(want)), Means: means})
		}
	}
	named := passed{c.ErrName, "ErrName", fileName(9, 2)}
	broken := passed{c.ErrCorrupt, "ErrCorrupt", fileName(12, 2)}
	twice([]passed{broken, named}, "what was not taken must be told, newest first and with the file's name: somebody has to look.")
	twice([]passed{named}, "of the last load, and of none before: the corrupt file was set aside then, and nobody passes over it any more. Whoever looks takes an old trouble for a new one.")

	w = c.folderOf(bad)
	w.did[0] += "\nof which the last is corrupt, and the other another snapshot's"
	_, err := w.load()
	for _, p := range []passed{{c.ErrNoSnapshot, "ErrNoSnapshot", ""}, broken, named} {
		if !p.fits(err) {
			w.fail(failure{Got: w.told(err), Want: "ErrNoSnapshot, joined with " + listed([]passed{broken, named}), Means: "a node that is new and a node whose every snapshot is damaged have none alike. Only what was passed over tells whoever starts it which of the two this is, and where to look."})
		}
	}
}

// passed is what a load must say of a file that it did not take: an error that
// matches, and names the file.
type passed struct {
	err        error
	kind, file string
}

// fits reports whether an error says that.
func (p passed) fits(err error) bool {
	return errors.Is(err, p.err) && strings.Contains(err.Error(), p.file)
}

// String is what a failure says of it.
func (p passed) String() string { return p.kind + " of " + p.file }

// errorLines is a list of errors in words, one a line, behind a verb.
func (c *check) errorLines(list []error) string {
	var lines []string
	for _, err := range list {
		lines = append(lines, strings.ReplaceAll(c.told(err), "\n", "; "))
	}
	if lines == nil {
		return " nothing"
	}
	return indented(shorten(lines))
}

// listed is a list in words, one a line.
func listed[T any](list []T) string {
	var lines []string
	for _, e := range list {
		lines = append(lines, strings.ReplaceAll(fmt.Sprint(e), "\n", "; "))
	}
	return shorten(lines)
}

// zeroChecksum is I25.
func zeroChecksum(c *check) {
	snap := snapshotAt(9, 2)
	snap.Data = append([]byte{0, 0, 0, 0}, "a state whose checksum is zero"...)
	forge(snap)
	w := c.folderOf(with(snaps(meta(5, 1)), fileName(9, 2), snapshotFile(snap)))
	w.did[0] += "\nof which the last is whole, and its checksum is 00000000"
	w.loads(9, 2, "zero is a checksum like any other. etcd takes it for an empty file, and sets a good snapshot aside.")
	wrong := bytes.Replace(snapshotFile(snap), []byte("a state"), []byte("A state"), 1)
	there := with(snaps(meta(5, 1)), fileName(9, 2), wrong)
	w = c.folderOf(there)
	w.did[0] += "\nof which the last says that its checksum is 00000000, and a bit of its state is changed"
	w.loads(5, 1, "zero does not mean that nothing need be checked: a state would be loaded that nobody has saved.")
	w.keeps(w.sim, with(snaps(meta(5, 1)), fileName(9, 2)+".broken", wrong), "a checksum of 0 that does not fit proves damage, as any other does.")
}

// forge sets the first four bytes of a snapshot's data so that its file's
// checksum is 0. A checksum is linear: each bit changes it by a value of its own,
// whatever the others are; which of them come to zero is a matter of elimination.
func forge(snap *raftpb.Snapshot) {
	sum := func(bits uint32) uint32 {
		binary.LittleEndian.PutUint32(snap.Data, bits)
		return crc32.Checksum(marshal(snap), crc32.MakeTable(crc32.Castagnoli))
	}
	base := sum(0)
	var basis [32]struct{ value, bits uint32 }
	reduce := func(value, bits uint32) (uint32, uint32, int) {
		for top := 31; top >= 0; top-- {
			switch {
			case value>>top&1 == 0:
			case basis[top].value == 0:
				return value, bits, top
			default:
				value, bits = value^basis[top].value, bits^basis[top].bits
			}
		}
		return value, bits, -1
	}
	for i := range 32 {
		if value, bits, top := reduce(sum(1<<i)^base, 1<<i); top >= 0 {
			basis[top].value, basis[top].bits = value, bits
		}
	}
	if _, bits, _ := reduce(base, 0); sum(bits) != 0 {
		panic("the suite cannot forge a checksum")
	}
}
