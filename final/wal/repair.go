package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"example.com/logbook/final/disk"
)

// Report is what a repair has done. The zero value says that there was nothing to do.
type Report struct {
	// Segment is the name of the file that was cut: the log's last.
	Segment string

	// Offset is where it was cut: where its last good record ends.
	Offset int64

	// Cut is how many bytes were cut off, but for the zeros at the end.
	Cut int64

	// Copy is the name of the file, beside the segment, that holds all that the segment did before. It is empty if nothing but zeros was cut off. With
	// Head it is never, and the file may be empty: it is what remembers that the segment has lost what it held.
	Copy string

	// Reason says by what the tail was seen to be torn.
	Reason string

	// Head tells that the segment's head was not whole and was written anew ([Tail].Head): what the segment held may have been acknowledged, and is not
	// in the log any more. A member should not vote then before it has all from the others.
	Head bool
}

// String returns the report in words.
func (r Report) String() string {
	switch {
	case r.Segment == "":
		return "nothing to repair"
	case r.Head:
		return fmt.Sprintf("wrote the head of %s anew: %s; what is left of what it held is kept in %s", r.Segment, r.Reason, r.Copy)
	case r.Copy == "":
		return fmt.Sprintf("%s ends at offset %d: %s", r.Segment, r.Offset, r.Reason)
	}
	return fmt.Sprintf("cut %d bytes off %s at offset %d: %s; all of it is kept in %s", r.Cut, r.Segment, r.Offset, r.Reason, r.Copy)
}

// Repair cuts off what a crash has left unfinished at the end of the log in dir, after a durable copy, and tells what it cut. A log opened with
// [TornTail] does it by itself; under [Strict] the decision is the caller's. It is also what goes on with a log whose last segment has lost its head,
// which no crash explains ([Tail].Head): what is left of what the segment held is then in the copy only. The log opens without an error from then on, and says
// nothing of it any more: who has decided to go on must see to it that the member does not vote before it has all from the others, or replace it. The copy,
// which may be empty, stays as a sign.
//
// A log that is whole gives the zero Report, so that Repair may be called twice. A log with any other damage is not changed, and the error is
// ReadAll's; if a snapshot is missing or the log's beginning is none of its business. One that is locked gives [disk.ErrLocked] at once. When the copy
// fails, nothing was cut. After a crash of Repair, call it again.
func Repair(dir string, opts *Options) (Report, error) {
	o := opts.orDefault()
	o.Recovery, o.NoBackground = TornTail, true
	w, err := Open(dir, nil, &o)
	if err != nil {
		return Report{}, err
	}
	report, err := w.repair()
	return report, errors.Join(err, w.Close())
}

// repair repairs a log that is open for writing.
func (w *WAL) repair() (Report, error) {
	r := replay{start: w.start}
	if err := in(w.name, w.replay(&r)); err != nil && !errors.Is(err, ErrSliceOutOfRange) || errors.Is(err, ErrCorrupt) {
		return Report{}, err
	}
	if !w.tail.Torn {
		return Report{}, nil
	}
	_, report, err := w.settle(&r)
	return report, err
}

// cutOff cuts the last segment at the tail's offset.
func (o *writer) cutOff(t Tail) (Report, error) {
	last := o.last()
	report := Report{Segment: t.Segment, Offset: t.Offset, Reason: t.Reason, Head: t.Head}
	if t.Head {
		report.Offset = 0
	}
	end, err := lastByte(last.File, report.Offset)
	if err != nil {
		return Report{}, readError(t.Segment, report.Offset, err)
	}
	if end > report.Offset || t.Head {
		if report.Copy, err = o.folder.keep(last.File, t.Segment, end); err != nil {
			return Report{}, fmt.Errorf("wal: keep a copy of %s before it is cut: %w; nothing was cut: make room, then open the log again", o.folder.show(t.Segment), err)
		}
		report.Cut = end - report.Offset
	}
	if err := last.Truncate(report.Offset); err != nil {
		return report, o.fail("cut", err)
	}
	what := "cut the torn end of the log; if a crash left it, nothing acknowledged is lost"
	if t.Head {
		what = "wrote the lost head of a segment anew; what it held may have been acknowledged, and is not in the log any more"
	}
	o.opts.Logger.Warn(what, "dir", o.folder.name, "segment", report.Segment, "offset", report.Offset, "bytes", report.Cut, "copy", report.Copy, "reason", report.Reason)
	o.opts.observe(Event{Op: OpRepair, Segment: report.Segment, Bytes: report.Cut})
	return report, nil
}

// lastByte returns the offset behind the last byte of a file that is not zero, or from if there is none behind it.
func lastByte(f disk.File, from int64) (int64, error) {
	size, err := f.Size()
	if err != nil {
		return 0, err
	}
	w := window{}
	w.borrow()
	defer w.free()
	w.reset(f, size)
	end := from
	for off := from; off < size; {
		n := min(windowSize, size-off)
		b, err := w.at(off, n)
		if err != nil {
			return 0, err
		}
		for i := len(b); i > 0; i-- {
			if b[i-1] != 0 {
				end = off + int64(i)
				break
			}
		}
		off += n
	}
	return end, nil
}

// keep copies the first bytes of a segment to a new file beside it, durably, and returns its name.
func (f *folder) keep(from disk.File, segment string, size int64) (name string, err error) {
	to, name, err := f.createBroken(segment)
	if err != nil {
		return "", err
	}
	w := window{}
	w.borrow()
	defer w.free()
	w.reset(from, size)
	for off := int64(0); off < size && err == nil; off += windowSize {
		var b []byte
		if b, err = w.at(off, min(windowSize, size-off)); err == nil {
			_, err = to.WriteAt(b, off)
		}
	}
	if err == nil {
		err = to.Sync()
	}
	if err = errors.Join(err, to.Close()); err == nil {
		err = f.SyncDir(f.dir)
	}
	if err != nil {
		return "", errors.Join(err, f.Remove(f.path(name))) // it is no whole copy, and would take another's room
	}
	return name, nil
}

// maxCopies is how many copies there may be of a segment, beyond which something else is wrong.
const maxCopies = 1000

// createBroken creates the file for a copy, under the name that etcd uses, or that name and a number.
func (f *folder) createBroken(segment string) (disk.File, string, error) {
	name := segment + ".broken"
	for i := 1; ; i++ {
		fd, err := f.Open(f.path(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, disk.FileMode)
		if !errors.Is(err, fs.ErrExist) || i > maxCopies {
			return fd, name, err
		}
		name = fmt.Sprintf("%s.broken.%d", segment, i)
	}
}
