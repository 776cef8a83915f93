package segmentstest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"syscall"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// torn is a log whose last segment a crash has torn.
type torn struct {
	what string
	m    *image
	// b is the last segment as the crash left it; good and end are what is
	// left of the log and where that ends; cut is how much goes.
	b    []byte
	good []Placed
	end  int64
	cut  int64
}

// tear cuts the last segment of a log at an offset, and puts zeros behind it or
// nothing.
func tear(m *image, at int64, zeros int) torn {
	i := len(m.names) - 1
	t := torn{what: fmt.Sprintf("a crash has torn %s at %d", m.names[i], at), m: m}
	t.b = append(m.bytes(i)[:at:at], make([]byte, zeros)...)
	t.good, t.end = m.before(i, at)
	t.cut = int64(len(bytes.TrimRight(t.b[t.end:], "\x00")))
	return t
}

// tails are torn logs, the smallest first.
func tails() []torn {
	small := new(image).segment(0, firstHead...).add(plain(40))
	large := threeSegments().add(plain(40_000))
	list := []torn{
		tear(small, small.end(0)-16, 0), tear(small, small.end(0)-16, 640), tear(small, small.end(0)-43, 0),
		tear(threeSegments(), threeSegments().end(2)-8, 0), tear(large, large.end(2)-800, 4000),
	}
	lost := tear(threeSegments().add(plain(600)), threeSegments().end(2), 0) // a sector lost, and one behind it kept
	all := threeSegments().add(plain(600)).bytes(2)
	clear(all[512:1024])
	lost.b, lost.what = all, "a crash has lost the sector at 512 of the last segment, and kept the one before it and the one behind"
	lost.good, lost.end = lost.m.before(2, 512)
	lost.cut = int64(len(bytes.TrimRight(all[lost.end:], "\x00")))
	return append(list, lost)
}

// disk puts the torn log on a disk.
func (t torn) disk() *disk.Sim { return t.m.disk(len(t.m.names)-1, t.b) }

// last is the name of the torn segment.
func (t torn) last() string { return t.m.names[len(t.m.names)-1] }

// repairCuts is I26.
func repairCuts(c *check) {
	for _, t := range tails() {
		w := c.on(t.disk(), t.what)
		before := w.sim.Kill()
		got, err := w.repair()
		w.must(err)
		want := Report{Segment: t.last(), Offset: t.end, Cut: t.cut, Copy: t.last() + ".broken", Reason: got.Reason}
		if got != want || got.Reason == "" {
			w.fail(failure{Got: fmt.Sprintf("%+v", got), Want: fmt.Sprintf("%+v, and a reason", want), Means: "an operator has to know what was cut, and where the whole is kept."})
		}
		if n := w.leftOpen(); n > 0 {
			w.fail(failure{Got: fmt.Sprintf("%d file left open", n), Want: "none", Means: "Repair has returned, and nobody else can close the copy."})
		}
		w.differ("the copy, "+want.Copy, content(w.sim, want.Copy), t.b, "the copy is all that the segment held, the good part too.")
		if got := content(w.sim, t.last()); len(bytes.TrimRight(got[t.end:], "\x00")) > 0 || !bytes.Equal(got[:t.end], t.b[:t.end]) {
			w.fail(failure{Got: t.last() + ":\n" + excerpt(got, t.end), Want: "the same bytes up to " + fmt.Sprint(t.end) + ", and nothing behind", Means: "what stays behind the cut is read as what follows. (To clear away what is behind the end is the work of 2.6.)"})
		}
		for _, n := range t.m.names[:len(t.m.names)-1] {
			w.differ(n, content(w.sim, n), content(before, n), "only the last segment is cut.")
		}
		w.survives(texts(t.good), texts(t.good))
		w.wholeAgain(t)
	}
	m := threeSegments()
	w := c.on(m.sound(), "a log that is whole")
	if got, err := w.repair(); err != nil || got != (Report{}) {
		w.fail(failure{Got: fmt.Sprintf("%+v, error %s", got, c.told(err)), Want: "the zero Report, and nil", Means: "there is nothing to repair, and Repair may be called at each start."})
	}
	w.untouched()
}

// wholeAgain fails unless the repaired log needs no repair, and opens.
func (w *world) wholeAgain(t torn) {
	w.Helper()
	if got, err := w.repair(); err != nil || got != (Report{}) {
		w.fail(failure{Got: fmt.Sprintf("a second Repair: %+v, error %s", got, w.told(err)), Want: "the zero Report, and nil", Means: "a log that was repaired is whole."})
	}
	w.must(w.open())
	recs, err := w.gather(w.log.Records())
	w.must(err)
	w.same(recs, t.good)
	w.must(w.append(plain(21)))
	w.must(w.sync())
	w.survives(append(texts(t.good), texts([]Record{plain(21)})...), append(texts(t.good), texts([]Record{plain(21)})...))
	w.must(w.close())
}

// copyBeforeCut is I27.
func copyBeforeCut(c *check) {
	for _, t := range tails() {
		w := c.on(t.disk(), t.what)
		var early, kept string
		w.sim.Watch(func(e disk.Event) {
			if e.Op&(disk.OpWrite|disk.OpTruncate|disk.OpPreallocate|disk.OpRename|disk.OpRemove) == 0 || path.Base(e.Name) != t.last() || early != "" || kept != "" {
				return
			}
			after := w.sim.Crash(disk.Lost)
			for _, n := range suite.Files(after, dir) {
				if n != t.last() && bytes.Equal(content(after, n), t.b) {
					kept = n
				}
			}
			if kept == "" {
				early = e.String()
			}
		})
		report, err := w.repair()
		w.sim.Watch(nil)
		w.must(err)
		if early != "" {
			w.fail(failure{
				Got: "at " + early + ", a crash leaves no whole copy under any name", Want: "the copy written, synced, and its name synced, before the segment is touched",
				Means: "a crash now leaves neither the segment as it was nor the copy: what was cut off is gone, and if the cut was wrong, nobody can go back.",
			})
		}
		if kept != report.Copy {
			w.fail(failure{Got: fmt.Sprintf("the copy is %q, the Report says %q", kept, report.Copy), Means: "who needs the copy looks where the Report says."})
		}
		if p := w.sim.Pending(); len(p) > 0 {
			w.fail(failure{Got: "Repair has returned nil, and a crash may still take back: " + p[0].String(), Want: "everything durable", Disk: w.pending(), Means: "what was cut off comes back, behind what is written next."})
		}
	}
}

// copiesStay is I28.
func copiesStay(c *check) {
	t := tails()[0]
	w := c.on(t.disk(), "someone has kept "+t.last()+".broken; "+t.what+", again and again")
	kept := map[string][]byte{t.last() + ".broken": []byte("precious")}
	write(w.sim, dir+"/"+t.last()+".broken", []byte("precious"))
	for n := 1; n <= 3; n++ {
		report, err := w.repair()
		w.must(err)
		if want := fmt.Sprintf("%s.broken.%d", t.last(), n); report.Copy != want {
			w.fail(failure{Got: fmt.Sprintf("the copy is %q", report.Copy), Want: fmt.Sprintf("%q", want), Means: "an earlier copy may be the last that someone has of something: a new one gets a new name."})
		}
		kept[report.Copy] = t.b
		for name, b := range kept {
			w.differ(name, content(w.sim, name), b, "a copy stays as it was made.")
		}
		t.b = slices.Concat(t.b[:t.end], bytes.Repeat([]byte{byte(n)}, 8*n)) // torn again: a length word and too little behind
		word := append(make([]byte, 0, 8), 64, 0, 0, 0, 0, 0, 0, 0)
		copy(t.b[t.end:], word)
		write(w.sim, dir+"/"+t.last(), t.b)
	}
}

// repairRefuses is I29.
func repairRefuses(c *check) {
	m := threeSegments()
	flip := func(i int, at int64) []byte { b := m.bytes(i); b[at] ^= 4; return b }
	last := m.of(2)[len(m.of(2))-1]
	for _, in := range []struct {
		what, kind string
		sim        *disk.Sim
	}{
		{"a bit of the first segment has flipped", "ErrCorrupt", m.disk(0, flip(0, m.of(0)[3].Offset+30))},
		{"the second segment, which is not the last, ends inside a record", "ErrCorrupt", m.disk(1, m.bytes(1)[:m.end(1)-9])},
		{"a bit of the last record has flipped", "ErrCorrupt", m.disk(2, flip(2, last.Offset+30))},
		{"the last segment is all zeros", "ErrCorrupt", m.disk(2, make([]byte, room))},
		{"the last segment is empty", "ErrCorrupt", m.disk(2, nil)},
		{"the second segment is missing", "ErrCorrupt", m.without(1)},
		{"there is no log", "ErrNoLog", disk.NewSim()},
	} {
		w := c.on(in.sim, in.what)
		report, err := w.repair()
		if c.kind(err) != in.kind || report != (Report{}) {
			w.fail(failure{Got: fmt.Sprintf("%+v, error %s", report, c.told(err)), Want: "the zero Report, and " + in.kind, Means: "Repair is for what a crash leaves. To cut here destroys what was promised; to say that all is well is worse."})
		}
		w.untouched()
	}
	for i, n := range m.names {
		t := tear(m, m.end(2)-9, 0)
		w := c.on(t.disk(), fmt.Sprintf("another process holds segment %d; %s", i, t.what))
		other, err := w.sim.Open(dir+"/"+n, os.O_RDWR, 0)
		if err == nil {
			err = other.Lock()
		}
		if err != nil {
			c.Fatal(err)
		}
		if _, err := w.repair(); c.kind(err) != "disk.ErrLocked" {
			w.fail(failure{Got: c.told(err), Want: "disk.ErrLocked, at once", Means: "what looks torn is what the owner is writing."})
		}
		w.without(disk.OpChanges, "the log is someone else's.")
	}
	for _, f := range []disk.Fault{{Err: suite.ErrDisk}, {Err: syscall.ENOSPC, Always: true}, {Err: syscall.ENOSPC, Bytes: 100}, {Err: suite.ErrDisk, Pages: disk.PagesReverted}} {
		f.Ops = ^(disk.OpClose | disk.OpRemove)
		if f.Bytes > 0 {
			f.Ops = disk.OpWrite
		}
		for f.Nth = 1; c.repairFails(f); f.Nth++ {
		}
	}
	c.shortCopy()
}

// without is the log without file i.
func (m *image) without(i int) *disk.Sim {
	sim := m.sound()
	if err := errors.Join(sim.Remove(dir+"/"+m.names[i]), sim.SyncDir(dir)); err != nil {
		panic(err) // the suite's own mistake
	}
	return sim.Crash(disk.Kept)
}

// repairFails has one operation of Repair fail, and reports whether there is such
// an operation.
func (c *check) repairFails(f disk.Fault) bool {
	t := tear(new(image).segment(0, firstHead...).add(plain(40), plain(900)), 700, 0)
	w := c.on(t.disk(), t.what)
	struck := w.sim.Inject(f)
	report, err := w.repair()
	if struck() == 0 {
		return false
	}
	failed := failedOp(w.sim)
	if emptyRead(w.sim) {
		return true
	}
	if !errors.Is(err, f.Err) {
		w.fail(failure{Got: c.told(err), Want: "the disk's error: " + f.Err.Error(), Means: "the disk said no (" + failed + ")."})
	}
	w.sim.Heal()
	if n := w.leftOpen(); n > 0 {
		w.fail(failure{Got: fmt.Sprintf("%d file left open (it failed at: %s)", n, failed), Want: "none", Means: "the copy is closed in any case, also when writing it has failed."})
	}
	w.released()
	cutting := w.cutBegun(t.last())
	if cutting {
		w.keptCopy(t, report, failed)
	}
	for _, after := range []*disk.Sim{w.sim.Kill(), w.sim.Crash(disk.Lost), w.sim.Crash(disk.Kept)} {
		same := bytes.Equal(content(after, t.last()), t.b)
		if !same && !bytes.Equal(content(after, report.Copy), t.b) {
			w.fail(failure{Got: fmt.Sprintf("the segment has changed, and the copy that the Report names, %q, is not the whole", report.Copy), Want: "the log as it was; or, if only the cut itself failed, a Report that says where the whole is", Means: "Repair failed (" + failed + ") and has taken something away."})
		}
	}
	if !f.Always && !cutting {
		if got := suite.Files(w.sim, dir); !slices.Equal(got, t.m.names) {
			w.fail(failure{Got: "the folder holds " + listed(got), Want: listed(t.m.names), Means: "half a copy looks like a whole one: when it fails, it is removed (it failed at: " + failed + ")."})
		}
	}
	if _, err := w.repair(); err != nil {
		w.fail(failure{Got: "again: " + c.told(err), Want: "nil: the disk works again", Means: "a repair that failed must not block the next."})
	}
	return true
}

// cutBegun reports whether the last call has begun to cut a segment.
func (w *world) cutBegun(segment string) bool {
	for _, e := range w.sim.Log()[w.since:w.until] {
		if e.Op&(disk.OpWrite|disk.OpTruncate|disk.OpPreallocate) != 0 && path.Base(e.Name) == segment {
			return true
		}
	}
	return false
}

// keptCopy fails unless a Repair whose cut has failed leaves the copy, and says
// where it is.
func (w *world) keptCopy(t torn, report Report, failed string) {
	w.Helper()
	got := fmt.Sprintf("a Report whose Copy is %q", report.Copy)
	for _, after := range []*disk.Sim{w.sim.Kill(), w.sim.Crash(disk.Lost)} {
		if report.Copy != "" && bytes.Equal(content(after, report.Copy), t.b) {
			continue
		}
		w.fail(failure{
			Got: got + "; the folder holds " + listed(suite.Files(after, dir)), Want: fmt.Sprintf("a Report whose Copy is %q, and that file, whole, beside the error", t.last()+".broken"),
			Means: "the cut itself failed (" + failed + "): nobody knows what is left of the segment. So the copy stays, and the caller learns where it is; only a copy that failed itself is removed.",
		})
	}
}

// shortCopy has each read of Repair end early, without an error.
func (c *check) shortCopy() {
	for n := 1; ; n++ {
		t := tails()[0]
		w := c.on(t.disk(), t.what+", and a read ends early")
		struck := w.sim.Inject(disk.Fault{Ops: disk.OpRead, Nth: n, Err: io.EOF, Bytes: 3})
		report, err := w.repair()
		if struck() == 0 {
			return
		}
		if !bytes.Equal(content(w.sim, t.last()), t.b) && !bytes.Equal(content(w.sim, report.Copy), t.b) {
			w.fail(failure{Got: fmt.Sprintf("error %s; the segment is cut, and the copy %q holds %d of %d bytes", c.told(err), report.Copy, len(content(w.sim, report.Copy)), len(t.b)), Want: "an error, or a whole copy", Means: "a copy that ends early is no copy: compare its length with the file's."})
		}
	}
}
