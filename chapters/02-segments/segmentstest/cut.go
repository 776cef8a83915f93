package segmentstest

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	golden "example.com/logbook/chapters/02-segments/testdata/golden"
	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

const spare = "0.tmp"

// cutGoesOn is I13.
func cutGoesOn(c *check) {
	m := threeSegments()
	w := c.fresh()
	w.writes(m)
	if got := w.log.Segments(); !slices.Equal(got, m.names) {
		w.fail(failure{Got: "Segments() = " + listed(got), Want: listed(m.names), Means: "the log is all of its files, oldest first."})
	}
	w.equals(m)
	w.must(w.close())
	w.released()
	c.cutBack()
	logs, err := golden.All()
	if err != nil {
		c.Fatalf("the suite's own golden files: %v", err)
	}
	for _, l := range logs {
		m := fromGolden(l)
		w := c.on(disk.NewSim(), "the calls of "+l.Name+".txtar")
		w.writes(m)
		w.must(w.close())
		for _, f := range l.Files {
			w.differ(f.Name, content(w.sim, f.Name), f.Bytes, "etcd made these bytes by the same calls.")
		}
	}
}

// writes makes the calls that give the log of an image.
func (w *world) writes(m *image) {
	w.Helper()
	for i := range m.names {
		recs := m.of(i)[1:] // behind the checksum record
		head := []Record{}
		for _, r := range recs[:2] {
			head = append(head, Record{Type: r.Type, CRC: 99, Data: r.Data}) // checksums are the encoder's
		}
		if i == 0 {
			w.must(w.create(head...))
		} else {
			var seq, index uint64
			fmt.Sscanf(m.names[i], "%016x-%016x", &seq, &index)
			w.must(w.cut(index, head...))
			if got, want := w.log.Size(), recs[2].Offset; got != want {
				w.fail(failure{Got: fmt.Sprintf("Size() = %d", got), Want: fmt.Sprint(want), Means: "behind a cut, the last segment holds its checksum record and its head."})
			}
		}
		for _, r := range recs[2:] {
			w.must(w.append(r.Record))
		}
	}
	w.must(w.sync())
}

// equals fails unless the folder is what the image says, file by file.
func (w *world) equals(m *image) {
	w.Helper()
	if got := suite.Files(w.sim, dir); !slices.Equal(got, m.names) {
		w.fail(failure{Got: "the folder holds " + listed(got), Want: listed(m.names), Means: "a segment's name is its number and the index of its first record; a spare that became a segment is no spare any more."})
	}
	for i, n := range m.names {
		got := content(w.sim, n)
		w.differ(n, got, m.bytes(i), "a segment opens with the checksum that the one before it ends with, and the head; a new chain would break the log in two.")
		if len(got) != len(m.bytes(i)) {
			w.fail(failure{Got: fmt.Sprintf("%s is %d bytes long", n, len(got)), Want: fmt.Sprintf("%d bytes", len(m.bytes(i))), Means: "a sealed file ends where its records end, so that nothing can be missing from it unseen; the last has the room that was reserved."})
		}
	}
}

// cutBack has an index go back.
func (c *check) cutBack() {
	w := c.fresh()
	w.must(w.create(firstHead...))
	w.must(w.cut(9, laterHead...))
	err := w.cut(8, laterHead...)
	if err == nil {
		w.fail(failure{Got: "nil", Want: "an error", Means: "an index that goes back makes a folder that Sequence refuses: a log that can never be opened again."})
	}
	w.without(disk.OpChanges, "a refused cut has done nothing.")
	w.must(w.append(plain(10)))
	w.must(w.sync())
	w.must(w.cut(9, laterHead...))
	w.must(w.close())
}

// fromGolden is a golden log as an image.
func fromGolden(l golden.Log) *image {
	m := &image{}
	for _, f := range l.Files {
		m.names = append(m.names, f.Name)
		m.files = append(m.files, bytes.NewBuffer(slices.Clone(f.Bytes)))
	}
	sim := m.sound()
	m.recs = look(sim).recs
	return m
}

// oldTailFirst is I14.
func oldTailFirst(c *check) {
	for _, held := range []struct {
		what string
		do   func(w *world)
	}{
		{"everything is synced", func(w *world) {}},
		{"a record is held", func(w *world) { w.must(w.append(plain(60))) }},
		{"many records are written, and not synced", func(w *world) { w.must(w.append(plain(150_000), plain(150_000))) }},
		{"the spare is made ahead", func(w *world) { w.must(w.prepare()); w.must(w.append(plain(60))) }},
	} {
		w := c.fresh()
		w.must(w.create(firstHead...))
		w.must(w.append(plain(40)))
		w.must(w.sync())
		held.do(w)
		w.watchesCut()
		if p := w.sim.Pending(); len(p) > 0 {
			w.fail(failure{
				Got: "Cut has returned nil, and a crash may still take back: " + p[0].String(), Want: "everything durable, the new name too", Disk: w.changes() + "\n" + w.pending(),
				Means: "what is synced in the new segment is promised; without its name, which SyncDir makes durable, the file is gone after a crash.",
			})
		}
		w.must(w.close())
	}
}

// watchesCut cuts, and looks at the disk at the moment when a new segment can be
// seen.
func (w *world) watchesCut() {
	w.Helper()
	next := path.Join(dir, name(1, 5))
	seen := false
	var undone []string
	w.sim.Watch(func(e disk.Event) {
		if e.Err != nil || e.Op&(disk.OpRename|disk.OpCreate) == 0 || e.To != next && (e.Op != disk.OpCreate || e.Name != next) {
			return
		}
		seen = true
		for _, u := range w.sim.Pending() {
			if u.Kind != disk.NameKind {
				undone = append(undone, u.String())
			}
		}
	})
	err := w.cut(5, laterHead...)
	w.sim.Watch(nil)
	w.must(err)
	if !seen {
		w.fail(failure{Got: "no file was given the name " + next, Want: "the spare, renamed", Means: "a cut goes on in a new file."})
	}
	if len(undone) > 0 {
		w.fail(failure{
			Got:   "at the moment when " + next + " can be seen, this is not durable:\n  " + strings.Join(undone[:min(4, len(undone))], "\n  "),
			Want:  "the old segment and the new head durable before the name",
			Means: "a crash here can leave the new name and not what comes before it: a sealed segment with a hole, or one without a head. Both are corrupt, and were lost by no one but this order.",
		})
	}
}

// spareIsEmptied is I15.
func spareIsEmptied(c *check) {
	old := new(image).segment(0, laterHead...).add(plain(900), plain(2000), plain(90)).files[0].Bytes()
	for _, there := range []struct {
		what string
		b    []byte
	}{
		{"a spare of text", bytes.Repeat([]byte("an earlier life. "), 200)},
		{"a spare with the head and the records of a cut that a crash has interrupted", old},
	} {
		for _, ahead := range []bool{true, false} {
			w := c.on(disk.NewSim(), "an earlier run has left "+there.what)
			w.must(w.create(firstHead...))
			write(w.sim, dir+"/"+spare, there.b)
			if ahead {
				w.must(w.prepare())
				w.prepared()
			}
			w.must(w.cut(1, laterHead...))
			m := new(image).segment(0, firstHead...).segment(1, laterHead...)
			w.equals(m)
			w.must(w.close())
		}
	}
	c.sparePerLog()
	c.noSpare()
}

// prepared fails unless the spare is there: zeros, of the size of a segment, and
// locked.
func (w *world) prepared() {
	w.Helper()
	b := content(w.sim, spare)
	if len(bytes.TrimRight(b, "\x00")) > 0 || len(b) != room {
		w.fail(failure{Got: fmt.Sprintf("%s, %d bytes:\n%s", spare, len(b), excerpt(b, 0)), Want: fmt.Sprintf("%d zeros", room), Means: "whatever stands behind a segment's last record is read as its next one: records of an earlier life come back, or garbage makes the log corrupt."})
	}
	if !suite.Locked(w.sim, dir+"/"+spare) {
		w.fail(failure{Got: spare + " is not locked", Want: "it is locked", Means: "it becomes a segment, and a segment has one owner from its first moment on."})
	}
}

// sparePerLog looks at the life of a spare.
func (c *check) sparePerLog() {
	w := c.fresh()
	w.must(w.create(firstHead...))
	w.must(w.prepare())
	w.prepared()
	w.must(w.prepare())
	w.without(disk.OpChanges, "there is a spare, and one is enough.")
	w.must(w.close())
	if got := suite.Files(w.sim, dir); !slices.Equal(got, []string{firstName}) {
		w.fail(failure{Got: "the folder holds " + listed(got), Want: listed([]string{firstName}), Means: "Close removes the spare: it is space that nobody uses."})
	}

	w = c.on(disk.NewSim(), "another process holds "+spare)
	w.must(w.create(firstHead...))
	write(w.sim, dir+"/"+spare, []byte("precious"))
	other, err := w.sim.Open(dir+"/"+spare, os.O_RDWR, 0)
	if err == nil {
		err = other.Lock()
	}
	if err != nil {
		c.Fatal(err)
	}
	if err := w.prepare(); c.kind(err) != "disk.ErrLocked" {
		w.fail(failure{Got: c.told(err), Want: "disk.ErrLocked", Means: "what another process holds is not this log's to empty."})
	}
	w.keeps(w.sim, dir+"/"+spare, "what another process holds is not this log's to empty.")
	w.must(other.Close())
	w.must(w.close())
}

// noSpare has each operation of Prepare fail: the log itself is none the worse.
func (c *check) noSpare() {
	for n := 1; ; n++ {
		w := c.fresh()
		w.must(w.create(firstHead...))
		struck := w.sim.Inject(disk.Fault{Ops: disk.OpChanges | disk.OpLock, Nth: n, Err: syscall.ENOSPC})
		err := w.prepare()
		w.sim.Heal()
		if struck() == 0 {
			w.must(w.close())
			return
		}
		if c.kind(err) != "ENOSPC, the disk's error" {
			w.fail(failure{Got: c.told(err), Want: "the disk's error", Means: "who is told nil believes that there is a spare."})
		}
		w.must(w.append(plain(20))) // not one of the log's records was touched
		w.must(w.sync())
		w.must(w.prepare()) // the next call tries again
		w.prepared()
		w.must(w.cut(2, laterHead...))
		m := new(image).segment(0, firstHead...).add(plain(20)).segment(2, laterHead...)
		w.equals(m)
		w.must(w.close())
	}
}

// failedCut is I16: every operation of Cut fails, once and for good.
func failedCut(c *check) {
	for _, f := range []disk.Fault{{}, {Err: syscall.ENOSPC, Always: true}, {Err: suite.ErrDisk, Pages: disk.PagesReverted}, {Err: syscall.ENOSPC, Bytes: 16}} {
		f.Ops = disk.OpChanges | disk.OpLock
		for f.Nth = 1; c.cutFails(f); f.Nth++ {
		}
	}
}

// cutFails has one operation of a cut fail, and reports whether there is such an
// operation.
func (c *check) cutFails(f disk.Fault) bool {
	w := c.fresh()
	w.must(w.create(firstHead...))
	w.must(w.append(plain(40)))
	w.must(w.sync())
	promised := append(slices.Clone(firstHead), plain(40))
	w.must(w.append(plain(700)))
	size := w.log.Size()
	tried := slices.Concat(promised, []Record{plain(700)}, laterHead)
	struck := w.sim.Inject(f)
	err := w.cut(2, laterHead...)
	if !f.Always || struck() == 0 {
		w.sim.Heal() // what never struck must not strike later
	}
	if struck() == 0 {
		w.must(w.close())
		return false
	}
	failed := failedOp(w.sim)
	if err == nil {
		w.fail(failure{Got: "nil", Want: "the disk's error", Means: "the disk said no (" + failed + "), and everything appended was called durable."})
	}
	if got := w.log.Segments(); !slices.Equal(got, []string{firstName}) {
		w.fail(failure{Got: "then Segments() = " + listed(got), Want: listed([]string{firstName}), Means: "the cut failed (" + failed + "): the old tail is still the last segment. What would be written now lands in a file that nobody will look for."})
	}
	if got := w.log.Size(); got < size {
		w.fail(failure{Got: fmt.Sprintf("then Size() = %d", got), Want: fmt.Sprintf("%d or more, as before the cut", size), Means: "the cut failed (" + failed + "): the old tail is still the tail, so nothing of the log may speak of the new one, Size included. Switch last."})
	}
	if f.Always {
		w.sim.Heal() // there is space again; the log must not trust it
	}
	made := true
	for _, op := range []string{"create", "lock", "truncate", "preallocate"} {
		made = made && !strings.HasPrefix(failed, op+" "+dir+"/"+spare)
	}
	if !made && w.sync() == nil {
		w.fail(failure{Got: "nil", Want: "the error of Cut again: " + err.Error(), Means: "the spare could not be made (" + failed + "). From Prepare that is no failure of the log; inside Cut it is, because a cut that has begun does not go back."})
	}
	w.stays(err, f)
	w.closesPoisoned(err)
	if got := suite.Files(w.sim, dir); made && slices.Contains(got, spare) {
		w.fail(failure{Got: "the folder holds " + listed(got), Want: "no " + spare, Means: "Close removes the spare, also that of a log that has failed."})
	}
	w.survives(texts(promised), texts(tried))
	if l := look(w.sim); l.wrong != "" || !inOrder(texts(promised), texts(l.recs), texts(tried)) {
		w.fail(failure{Got: "without a crash, the folder holds:\n" + inWords(l), Want: "at least " + shorten(texts(promised)), Means: "opened again, the log holds everything that was synced."})
	}
	return true
}
