package crash

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"example.com/logbook/final/disk"
)

// run is one execution of Work, or of Recover and Again, as it was watched.
type run struct {
	ops    []op
	points []point
	notes  []any    // of this run and of those before it
	prints []uint64 // prints[n] stands for the first n notes
	err    error

	accepted bool // Recover returned nil
}

// op is an operation that changes the disk.
type op struct {
	disk.Event           // with Data only when it was asked for
	before     *disk.Sim // the disk before it
}

// whole is the done of a point that is not inside a write.
const whole = -1

// point is a place between two micro-operations: behind an operation, or inside a write between two sectors.
type point struct {
	op    int       // how many operations were done, one that is cut short included
	done  int       // how many bytes a write that is cut short has written, or whole
	sim   *disk.Sim // as kill -9 leaves it
	print uint64    // its fingerprint
	least int       // notes that are made here at least; a crash may come between two notes
	most  int       // notes that are made before the next operation
}

// newRun returns a run that begins with notes of earlier ones.
func newRun(notes []any, prints []uint64) *run {
	return &run{notes: slices.Clip(notes), prints: slices.Clip(prints)}
}

// record runs f on a disk and watches. With data, it keeps what was written.
func (r *run) record(sim *disk.Sim, data bool, f func() error) {
	r.add(point{done: whole, sim: sim.Kill()})
	sim.Watch(func(e disk.Event) {
		if e.Op&disk.OpChanges != 0 {
			r.change(sim, e, data)
		}
	})
	protect(&r.err, f)
	sim.Watch(nil)
}

// note takes a note.
func (r *run) note(n any) {
	r.notes = append(r.notes, n)
	r.prints = append(r.prints, notePrint(r.prints[len(r.prints)-1], n))
	if len(r.points) > 0 { // else it is not recorded
		r.points[len(r.points)-1].most = len(r.notes)
	}
}

// notePrint extends the fingerprint of a list of notes.
func notePrint(h uint64, note any) uint64 {
	for _, b := range []byte(fmt.Sprintf("%T %v\n", note, note)) {
		h = (h ^ uint64(b)) * 0x100000001b3 // FNV-1a
	}
	return h
}

// change adds the points that one operation makes.
func (r *run) change(sim *disk.Sim, e disk.Event, data bool) {
	before := r.points[len(r.points)-1].sim
	n := len(r.ops) + 1
	if e.Op == disk.OpWrite && e.Err == nil {
		first := disk.SectorSize - int(e.Offset%disk.SectorSize)
		for done := first; done < len(e.Data); done += disk.SectorSize {
			r.add(point{op: n, done: done, sim: before.KillInside(e, done)})
		}
	}
	if data {
		e.Data = slices.Clone(e.Data)
	} else {
		e.Data = nil
	}
	r.ops = append(r.ops, op{e, before})
	r.add(point{op: n, done: whole, sim: sim.Kill()})
}

// add adds a point with the notes that are made so far, unless the operation changed nothing.
func (r *run) add(p point) {
	p.least, p.most = len(r.notes), len(r.notes)
	p.print = p.sim.Fingerprint()
	r.points = append(r.points, p)
}

// find returns the disk at a place, as kill -9 leaves it, or nil if there is no such place, or so many notes are not made
// there. Inside a write the place may be any byte if the data was kept.
func (r *run) find(op, done, notes int) *disk.Sim {
	for _, p := range r.points {
		switch {
		case p.op == op && p.done == done && notes >= p.least && notes <= p.most:
			return p.sim.Kill()
		case p.op == op && p.done == whole && done > 0 && done < len(r.ops[op-1].Data) && notes == p.least:
			return r.ops[op-1].before.KillInside(r.ops[op-1].Event, done)
		}
	}
	return nil
}

// errGone is a function that never returned.
var errGone = errors.New("ended its goroutine instead of returning, as t.Fatal does: return an error instead")

// protect calls f and sets err to what it returns, or to what it panics with.
func protect(err *error, f func() error) {
	returned := false
	defer func() {
		if v := recover(); v != nil {
			*err = fmt.Errorf("panic: %v%s", v, culprit())
		} else if !returned {
			*err = errGone
		}
	}()
	*err = f()
	returned = true
}

// culprit returns where the panic that is being recovered from began: the first frame that is not the runtime's.
func culprit() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	for began := false; ; {
		frame, more := frames.Next()
		own := strings.HasPrefix(frame.Function, "runtime.")
		if began && !own {
			return fmt.Sprintf(" in %s (%s:%d)", path.Base(frame.Function), filepath.Base(frame.File), frame.Line)
		}
		began = began || frame.Function == "runtime.gopanic" || frame.Function == "runtime.sigpanic"
		if !more {
			return ""
		}
	}
}
