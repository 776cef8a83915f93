package segmentstest

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// The folder of the log, and how many bytes are reserved for a segment: few, so
// that a crash has few sectors to lose.
const (
	dir  = "log"
	room = 2048
)

// world is a disk, and the implementation's log on it. It remembers the calls
// that were made, because they are what a failure shows.
type world struct {
	*check
	sim *disk.Sim
	log Log

	// did are the calls, with what came back; since and until are where in the
	// disk's own log the last of them began and ended.
	did          []string
	since, until int
}

// on begins a world on a disk, and says in words what is there.
func (c *check) on(sim *disk.Sim, there string) *world {
	w := &world{check: c, sim: sim}
	if there != "" {
		w.did = append(w.did, there)
	}
	c.world = w
	return w
}

// fresh begins a world on an empty disk.
func (c *check) fresh() *world { return c.on(disk.NewSim(), "") }

// call makes a call of the implementation and notes it. The name stands in did
// before the call, so that a panic shows it.
func (w *world) call(name string, f func() error) error {
	const most = 120 // bytes of an error; what was last is told whole anyway
	w.since, w.until = len(w.sim.Log()), math.MaxInt
	w.did = append(w.did, name)
	err := f()
	w.until = len(w.sim.Log())
	if told := w.told(err); err != nil {
		if len(told) > most {
			told = told[:most] + "…"
		}
		w.did[len(w.did)-1] += ": " + told
	}
	return err
}

// create makes a log.
func (w *world) create(head ...Record) error {
	return w.call(fmt.Sprintf("Create(%q, %s)", dir, brief(head)), func() (err error) {
		w.log, err = w.Create(w.sim, dir, head, room)
		return err
	})
}

// open opens the log.
func (w *world) open() error {
	return w.call(fmt.Sprintf("Open(%q)", dir), func() (err error) {
		w.log, err = w.Open(w.sim, dir, room)
		return err
	})
}

// append appends records, up to the first error.
func (w *world) append(recs ...Record) error {
	for _, r := range recs {
		err := w.call("Append("+brief([]Record{r})+")", func() error { return w.log.Append(r.Type, r.Data) })
		if err != nil {
			return err
		}
	}
	return nil
}

// sync, prepare, cut and close call the methods of the log.
func (w *world) sync() error    { return w.call("Sync()", func() error { return w.log.Sync() }) }
func (w *world) prepare() error { return w.call("Prepare()", func() error { return w.log.Prepare() }) }
func (w *world) close() error   { return w.call("Close()", func() error { return w.log.Close() }) }
func (w *world) cut(index uint64, head ...Record) error {
	return w.call(fmt.Sprintf("Cut(%d, %s)", index, brief(head)), func() error { return w.log.Cut(index, head) })
}

// records reads the log through its owner, for the error.
func (w *world) records() error {
	return w.call("Records()", func() error { _, err := w.gather(w.log.Records()); return err })
}

// repair repairs the log.
func (w *world) repair() (report Report, err error) {
	err = w.call(fmt.Sprintf("Repair(%q)", dir), func() (err error) {
		report, err = w.Repair(w.sim, dir)
		return err
	})
	return report, err
}

// read reads the log to its end.
func (w *world) read() (recs []Placed, err error) {
	err = w.call(fmt.Sprintf("Read(%q)", dir), func() (err error) {
		recs, err = w.gather(w.Read(w.sim, dir))
		return err
	})
	return recs, err
}

// must fails when something went wrong that had to go right. It takes the
// result of a call.
func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.fail(failure{Got: w.told(err), Want: "nil", Means: "nothing was wrong with this disk, so nothing may fail."})
	}
}

// fail tells the calls, and what the last of them did to the disk.
func (w *world) fail(f failure) {
	w.Helper()
	w.check.fail(w.complete(f))
}

// complete adds to a failure the calls, and what the last of them did.
func (w *world) complete(f failure) failure {
	if f.Tried == "" {
		f.Tried = w.story()
	}
	if f.Disk == "" {
		f.Disk = w.changes()
	}
	return f
}

// story is the calls, at most the last twelve.
func (w *world) story() string { return strings.Join(suite.Last(w.did, 12, "calls"), "\n") }

// changes is what the last call did to the disk, at most the last sixteen.
func (w *world) changes() string {
	const most = 16
	var lines []string
	events := w.sim.Log()
	for _, e := range events[min(w.since, len(events)):min(w.until, len(events))] {
		if e.Op&(disk.OpChanges|disk.OpLock) != 0 || e.Err != nil {
			lines = append(lines, e.String())
		}
	}
	if len(lines) == 0 {
		return "the last call changed nothing"
	}
	if len(lines) > most {
		lines = append([]string{"..."}, lines[len(lines)-most:]...)
	}
	return "of the last call:\n  " + strings.Join(lines, "\n  ")
}

// write puts a file on a disk, durably, with its folder.
func write(sim *disk.Sim, name string, b []byte) {
	if err := sim.Mkdir(path.Dir(name), disk.DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		panic(err) // the suite's own mistake, as below
	}
	if err := errors.Join(suite.Put(sim, name, b, true), sim.SyncDir(path.Dir(name)), sim.SyncDir(".")); err != nil {
		panic(err)
	}
}

// leftOpen is how many files the last call has opened and not closed.
func (w *world) leftOpen() (n int) {
	events := w.sim.Log()
	for _, e := range events[min(w.since, len(events)):min(w.until, len(events))] {
		switch {
		case e.Op&(disk.OpOpen|disk.OpCreate) != 0 && e.Err == nil:
			n++
		case e.Op == disk.OpClose && !errors.Is(e.Err, fs.ErrClosed):
			n--
		}
	}
	return n
}

// gather reads to the end, or to the first error. It fails the check when there
// is no end.
func (c *check) gather(seq func(func(Placed, error) bool)) (recs []Placed, err error) {
	for r, e := range seq {
		if e != nil {
			return recs, e
		}
		recs = append(recs, r)
		if len(recs) > 100_000 {
			return recs, errors.New("100,000 records, and no end")
		}
	}
	return recs, nil
}

// content returns the bytes of a file of the log, or nil.
func content(fsys disk.FS, name string) []byte { return suite.Content(fsys, path.Join(dir, name)) }
