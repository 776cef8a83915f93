package segmentstest

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// firstName is the name of a new log's only segment.
var firstName = name(0, 0)

// logBeginsWithHead is I5.
func logBeginsWithHead(c *check) {
	for _, head := range [][]Record{nil, firstHead, {{Type: typeMetadata, CRC: 99, Data: []byte("a checksum that is nobody's")}}, {plain(700), plain(900), plain(900)}} {
		w := c.fresh()
		w.must(w.create(head...))
		if got := suite.Files(w.sim, dir); !slices.Equal(got, []string{firstName}) {
			w.fail(failure{Got: "the folder holds " + listed(got), Want: listed([]string{firstName}), Means: "a new log is one segment, number 0, index 0, and nothing beside it."})
		}
		if got := suite.Files(w.sim, "."); !slices.Equal(got, []string{dir + "/"}) {
			w.fail(failure{Got: "beside the log: " + listed(got), Want: listed([]string{dir + "/"}), Means: "what was made on the way has to be gone."})
		}
		m := new(image).segment(0, head...)
		w.differ(firstName, content(w.sim, firstName), m.bytes(0),
			"a segment opens with a checksum record, then the head; their checksums are the encoder's to compute.")
		if got, want := int64(len(content(w.sim, firstName))), max(m.end(0), room); got != want {
			w.fail(failure{Got: fmt.Sprintf("a file of %d bytes", got), Want: fmt.Sprintf("%d bytes", want), Means: "the file is reserved at once, so that a sync has no new size to write; and is never cut below what it holds."})
		}
		if got := w.log.Size(); got != m.end(0) {
			w.fail(failure{Got: fmt.Sprintf("Size() = %d", got), Want: fmt.Sprint(m.end(0)), Means: "Size is what is written, its head included: the caller cuts by it."})
		}
	}
	w := c.on(disk.NewSim(), "an empty folder of the log's name")
	if err := w.sim.Mkdir(dir, disk.DirMode); err != nil {
		c.Fatal(err)
	}
	w.must(w.create(firstHead...))
	w.private()
}

// private fails unless the log is its owner's alone to read.
func (w *world) private() {
	w.Helper()
	for name, want := range map[string]fs.FileMode{dir: disk.DirMode, dir + "/" + firstName: disk.FileMode} {
		info, err := w.sim.Stat(name)
		if err != nil {
			w.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want.Perm() {
			w.fail(failure{Got: fmt.Sprintf("%s has the mode %#o", name, got), Want: fmt.Sprintf("%#o (disk.DirMode, disk.FileMode)", want.Perm()), Means: "a log holds what clients have stored: it is for nobody else to read."})
		}
	}
}

// createRefuses is I6.
func createRefuses(c *check) {
	tmp := dir + ".tmp"
	for _, in := range []struct{ file, means string }{
		{dir + "/precious.txt", "a folder with anything in it is somebody's. What Create removes, nobody gets back."},
		{dir + "/" + firstName + ".broken", "what a repair has kept is the last copy of something."},
		{dir + "/" + firstName, "this is a log: to make another in its place destroys it."},
		{dir + "/0.tmp", "also a spare shows that somebody is at work here."},
		{tmp + "/precious.txt", "Create makes nothing of that name, so it is not Create's to remove."},
		{tmp + "/" + firstName + ".wal", "Create makes nothing of that name, so it is not Create's to remove."},
	} {
		sim := disk.NewSim()
		write(sim, in.file, []byte("precious"))
		w := c.on(sim, "there is "+in.file)
		err := w.create(firstHead...)
		if c.kind(err) != "fs.ErrExist" {
			w.fail(failure{Got: w.told(err), Want: "an error that matches fs.ErrExist", Means: in.means})
		}
		w.keeps(sim, in.file, in.means)
	}
	c.unseen()
	c.leftover()
}

// keeps fails when a file is gone, or is not what it was, also after a crash.
func (w *world) keeps(sim *disk.Sim, file, means string) {
	w.Helper()
	for _, after := range []*disk.Sim{sim, sim.Crash(disk.Lost), sim.Crash(disk.Kept)} {
		f, err := after.Open(file, 0, 0)
		if err == nil {
			b := make([]byte, 8)
			_, err = f.ReadAt(b, 0)
			err = errors.Join(err, f.Close())
			if string(b) != "precious" {
				err = fmt.Errorf("it holds %q", b)
			}
		}
		if err != nil {
			w.fail(failure{Got: fmt.Sprintf("then %s: %v", file, err), Want: "the file as it was", Means: means})
		}
	}
}

// unseen has Create meet a folder that cannot be looked at.
func (c *check) unseen() {
	sim := disk.NewSim()
	write(sim, dir+"/"+firstName, []byte("precious"))
	for _, err := range []error{syscall.EIO, syscall.EACCES} {
		w := c.on(sim.Kill(), "there is a log, and its folder cannot be listed: "+err.Error())
		w.sim.Inject(disk.Fault{Ops: disk.OpList | disk.OpStat, Name: dir, Always: true, Err: err})
		if got := w.create(firstHead...); !errors.Is(got, err) {
			w.fail(failure{Got: w.told(got), Want: "the disk's error: " + err.Error(), Means: "what cannot be seen may be somebody's log: it is not absent."})
		}
		w.keeps(w.sim, dir+"/"+firstName, "what cannot be seen may be somebody's log.")
	}
}

// leftover has Create meet what an earlier one has left when it was cut short.
func (c *check) leftover() {
	tmp := dir + ".tmp"
	for _, there := range []string{"an empty " + tmp, tmp + " with a first segment that is not finished"} {
		sim := disk.NewSim()
		if err := sim.Mkdir(tmp, disk.DirMode); err != nil {
			c.Fatal(err)
		}
		if strings.Contains(there, "segment") {
			write(sim, tmp+"/"+firstName, []byte(strings.Repeat("an earlier life; ", 300)))
		}
		w := c.on(sim, "a crash has left "+there)
		if err := w.create(firstHead...); err != nil {
			w.fail(failure{Got: w.told(err), Want: "nil", Means: "a crash inside Create would block every later one, until a person removes the folder."})
		}
		w.differ(firstName, content(w.sim, firstName), new(image).segment(0, firstHead...).bytes(0), "nothing of an earlier life may be read.")
	}
	sim := disk.NewSim()
	write(sim, tmp+"/"+firstName, []byte("precious"))
	held, err := sim.Open(tmp+"/"+firstName, 2, 0)
	if err == nil {
		err = held.Lock()
	}
	if err != nil {
		c.Fatal(err)
	}
	w := c.on(sim, "another process is inside Create, and holds "+tmp+"/"+firstName)
	if err := w.create(firstHead...); c.kind(err) != "disk.ErrLocked" {
		w.fail(failure{Got: w.told(err), Want: "disk.ErrLocked, at once", Means: "two processes would write the same file."})
	}
	w.keeps(sim, tmp+"/"+firstName, "it belongs to the process that holds it.")
}

// failedCreate is I7: every operation of Create fails once, and for good.
func failedCreate(c *check) {
	for _, there := range []string{"", "an empty folder of the log's name"} {
		for n := 1; ; n++ {
			struck := false
			for _, f := range []disk.Fault{{}, {Err: syscall.ENOSPC, Always: true}, {Pages: disk.PagesReverted}} {
				// What changes the disk must not fail unseen. A remove that clears
				// away what is not needed may.
				f.Ops, f.Nth = disk.OpChanges&^disk.OpRemove|disk.OpLock, n
				if c.createFails(there, f) {
					struck = true
				}
			}
			if !struck {
				break
			}
		}
	}
	c.neitherName()
}

// neitherName has the sync of the parent fail, and the rename back as well.
func (c *check) neitherName() {
	w := c.fresh()
	w.sim.Inject(disk.Fault{Ops: disk.OpSyncDir, Name: ".", Err: syscall.ENOSPC})
	back := w.sim.Inject(disk.Fault{Ops: disk.OpRename, Nth: 2, Err: suite.ErrDisk})
	err := w.create(firstHead...)
	if back() > 0 && (!errors.Is(err, syscall.ENOSPC) || !errors.Is(err, suite.ErrDisk)) {
		w.fail(failure{
			Got:   c.told(err),
			Want:  "an error that matches both: " + syscall.ENOSPC.Error() + ", from the sync of the parent, and " + suite.ErrDisk.Error() + ", from the rename back",
			Means: "the folder has kept the log's name: whoever reads the error has to learn that something is left there.",
		})
	}
}

// createFails has one operation of Create fail, and reports whether there is such
// an operation.
func (c *check) createFails(there string, f disk.Fault) bool {
	w := c.on(disk.NewSim(), there)
	if there != "" {
		if err := errors.Join(w.sim.Mkdir(dir, disk.DirMode), w.sim.SyncDir(".")); err != nil {
			c.Fatal(err)
		}
	}
	struck := w.sim.Inject(f)
	err := w.create(firstHead...)
	if struck() == 0 {
		return false
	}
	reason := f.Err
	if reason == nil {
		reason = syscall.EIO
	}
	failed := failedOp(w.sim)
	if !errors.Is(err, reason) {
		w.fail(failure{Got: w.told(err), Want: "the disk's error: " + reason.Error(), Means: "the operation failed (" + failed + "), so nobody knows whether the log is there; to say nil is a promise that may be broken."})
	}
	if w.log != nil {
		w.fail(failure{Got: "an error, and a Log with it", Want: "an error, and a nil Log", Means: "nobody closes a Log that came with an error."})
	}
	// A fault that lasts also hits what would clean up; then only the folder
	// that holds a whole log must not be there.
	if got := suite.Files(w.sim, dir); len(got) > 0 && !f.Always {
		w.fail(failure{Got: "then the folder holds " + listed(got), Want: "no log", Means: "Create said that it failed (" + failed + "). What looks like a log would be opened at the next start."})
	}
	w.sim.Heal()
	if n := w.leftOpen(); n > 0 {
		w.fail(failure{Got: fmt.Sprintf("%d file left open, locked (it failed at: %s)", n, failed), Want: "none", Means: "Create closes what stands in l.segments, so the file has to stand there as soon as it is open; nobody else can let go of it."})
	}
	if f.Always {
		return true
	}
	for _, at := range []string{dir, dir + ".tmp"} {
		if suite.Locked(w.sim, at+"/"+firstName) {
			w.fail(failure{Got: at + "/" + firstName + " is still locked", Want: "no lock", Means: "nobody can let go of it: the next Create is refused for as long as this process lives."})
		}
	}
	if err := w.create(firstHead...); err != nil {
		w.fail(failure{Got: w.told(err), Want: "nil: the disk works again", Means: "what a failed Create leaves must not block the next (it failed at: " + failed + ")."})
	}
	return true
}

// failedOp is the first operation on a disk that failed by a fault, in words.
func failedOp(sim *disk.Sim) string {
	if e, ok := failedEvent(sim); ok {
		return e.String()
	}
	return "none"
}

// failedEvent is the first operation on a disk that failed by a fault.
func failedEvent(sim *disk.Sim) (e disk.Event, ok bool) {
	for _, e := range sim.Log() {
		if e.Err != nil && (errors.Is(e.Err, syscall.EIO) || errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, suite.ErrDisk)) {
			return e, true
		}
	}
	return disk.Event{}, false
}
