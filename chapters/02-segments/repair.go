package segments

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"example.com/logbook/final/disk"
)

// brokenSuffix is what a segment's name gets behind it when a copy is kept of
// it before it is cut. etcd's repair uses the same.
const brokenSuffix = ".broken"

// Report is what [Repair] has done. The zero value says that there was nothing
// to do.
type Report struct {
	// Segment is the name of the file that was cut.
	Segment string

	// Offset is where it was cut: where its last good record ends.
	Offset int64

	// Cut is how many bytes were cut off, without the zeros at the end.
	Cut int64

	// Copy is the name of the file, beside the segment, that holds all that the
	// segment did before.
	Copy string

	// Reason says by what the tail was seen to be torn.
	Reason string
}

// String returns the report in words.
func (r Report) String() string {
	if r.Segment == "" {
		return "nothing to repair"
	}
	return fmt.Sprintf("cut %d bytes off %s at offset %d: %s; the whole is kept in %s", r.Cut, r.Segment, r.Offset, r.Reason, r.Copy)
}

// Repair cuts off what a crash has left unfinished at the end of a log, and
// tells what it cut. Before that, it keeps a durable copy of the file: under
// its name with ".broken" behind it, or ".broken.1" and so on where that is
// taken.
//
// It takes the log as [Open] does, without waiting. A log that is whole gives
// the zero Report; so Repair may be called twice, and after a crash of its own.
// A log that has anything else than a torn tail is not changed, and the error
// is what Open would say of it. When the copy fails, the log is not changed
// either; when the cut fails, the Report says where the copy is. The last segment
// is held in memory.
func Repair(fsys disk.FS, dir string) (Report, error) {
	segments, err := lockAll(fsys, dir)
	if err != nil {
		return Report{}, err
	}
	report, err := mend(fsys, dir, segments)
	return report, errors.Join(err, closeAll(segments))
}

// mend repairs the log that these segments are.
func mend(fsys disk.FS, dir string, segments []segment) (report Report, err error) {
	r := &reader{segments: segments}
	for _, e := range r.all() {
		err = e
	}
	torn, ok := errors.AsType[*TornError](err)
	if !ok {
		return Report{}, err
	}
	last := segments[len(segments)-1]
	size, err := last.file.Size()
	var b []byte
	if err == nil {
		b, err = readFrom(last.file, 0, size)
	}
	if err == nil {
		report, err = cutOff(fsys, dir, last, torn, b)
	}
	if err != nil {
		err = fmt.Errorf("segments: repair %s: %w", last.name, err)
	}
	return report, err
}

// cutOff keeps a copy of a torn segment, which holds b, then cuts it by [settle],
// which finds only zeros behind the end when Open calls it, and the torn bytes
// here. When the copy fails, the zero Report comes with the error. When the cut
// fails, nobody knows what is left of the segment: the copy stays, and the
// Report, which names it, comes with the error.
//
//course:exercise 2.7
func cutOff(fsys disk.FS, dir string, s segment, torn *TornError, b []byte) (Report, error) {
	name, err := keep(fsys, dir, s.name, b)
	if err != nil {
		return Report{}, err
	}
	// Only now: the copy and its name would survive a crash in the middle of
	// what follows.
	cut := int64(len(bytes.TrimRight(b[torn.Offset:], "\x00")))
	report := Report{Segment: s.name, Offset: torn.Offset, Cut: cut, Copy: name, Reason: torn.Reason}
	return report, settle(s.file, torn.Offset, torn.Offset)
}

// keep writes b to a new file that is named after a segment, durably, and
// returns its name. When that fails, it removes what it has made.
//
//course:exercise 2.7
func keep(fsys disk.FS, dir, segment string, b []byte) (name string, err error) {
	name, f, err := newCopy(fsys, dir, segment)
	if err != nil {
		return "", err
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsys.SyncDir(dir)
	}
	if err != nil {
		return "", errors.Join(err, fsys.Remove(path.Join(dir, name)))
	}
	return name, nil
}

// newCopy makes an empty file for the copy of a segment, under the first name
// that is free: an earlier copy is never written over.
func newCopy(fsys disk.FS, dir, segment string) (name string, f disk.File, err error) {
	name = segment + brokenSuffix
	for n := 1; ; n++ {
		f, err := fsys.Open(path.Join(dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, disk.FileMode)
		if !errors.Is(err, fs.ErrExist) {
			return name, f, err
		}
		name = fmt.Sprintf("%s%s.%d", segment, brokenSuffix, n)
	}
}
