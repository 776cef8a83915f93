package wal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// WAL is a log opened for reading.
//
// Reading changes nothing, takes no lock, and may be repeated. It sees the log as long as it was when opened. A WAL may be used by
// one goroutine at a time.
type WAL struct {
	opts  Options
	name  string
	segs  []file
	first int // the segment that reading begins at
	start position
	tail  Tail
	done  bool
}

// file is a segment that is open.
type file struct {
	Segment
	disk.File
}

// position is the snapshot that a log is opened at: entries behind index are wanted.
type position struct {
	index, term uint64
	given       bool // the log must have recorded it
}

// attempts is how often a folder is listed again because a segment was purged between listing and opening it.
const attempts = 10

// OpenForRead opens the log in dir at a snapshot that it has recorded. A nil snapshot means the oldest segment there is. Records shows
// all that is there from then on; ReadAll still begins at entry 1 of raft's log, and returns [ErrSliceOutOfRange] where the log
// does not: its first segments have been purged, or the node joined late and was sent a snapshot. Open such a log at a snapshot of
// [ValidSnapshotEntries], as the package's example does. A snapshot of index 0 means the same for a log that still has its
// first segment, and [ErrFileNotFound] for one that has not.
//
// The names of all segments from there on must be without a gap. Other files are not opened; those whose names only look like a
// segment's are told to the logger. The caller must Close the log.
func OpenForRead(dir string, snap *raftpb.SnapshotMetadata, opts *Options) (*WAL, error) {
	o := opts.orDefault()
	f, err := openFolder(dir, &o)
	if err != nil {
		return nil, fmt.Errorf("wal: %w", err)
	}
	defer f.release()
	for range attempts {
		var w *WAL
		w, err = f.open(snap, &o)
		if err == nil {
			return w, nil
		}
		if !errors.Is(err, errVanished) {
			break
		}
	}
	return nil, err
}

// errVanished is a segment that was there when the folder was listed.
var errVanished = errors.New("segment was removed while the log was opened")

// open lists the folder and opens the segments.
func (f *folder) open(snap *raftpb.SnapshotMetadata, opts *Options) (*WAL, error) {
	segs, strange, err := f.list()
	if err != nil {
		return nil, err
	}
	for _, name := range strange {
		opts.Logger.Warn("file is no segment and is not read", "dir", f.name, "file", name)
	}
	if len(segs) == 0 {
		return nil, fmt.Errorf("wal: %s: %w: the folder holds no file named like %016x-%016x.wal; check the path", f.name, ErrFileNotFound, 0, 0)
	}
	w := &WAL{opts: *opts, name: f.name}
	if snap != nil {
		w.start = position{snap.GetIndex(), snap.GetTerm(), snap.GetIndex() != 0}
		if w.first = pick(segs, w.start.index); w.first < 0 {
			return nil, fmt.Errorf("wal: %s: %w: the oldest is %s, begun behind index %d; open the log at a newer snapshot", f.name, ErrFileNotFound, segs[0].Name, w.start.index)
		}
	}
	if err := checkSequence(f.name, segs[w.first:]); err != nil {
		return nil, err
	}
	w.first, segs = unbroken(segs, w.first)
	if err := w.openSegments(f, segs); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// openSegments opens all segments at once, so that a purge meanwhile takes none of them away.
func (w *WAL) openSegments(f *folder, segs []Segment) error {
	for _, seg := range segs {
		fd, err := f.Open(f.path(seg.Name), os.O_RDONLY, 0)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("wal: %s: %w: %s; try again", f.name, errVanished, seg.Name)
		}
		if err != nil {
			return f.openError(seg.Name, err)
		}
		w.segs = append(w.segs, file{seg, fd})
		size, err := fd.Size()
		if err != nil {
			return fmt.Errorf("wal: size of %s: %w", seg.Name, err)
		}
		w.segs[len(w.segs)-1].Segment.Size = size
	}
	return nil
}

// openError says what to do about a file that cannot be opened. The disk's own error names it, too; once is enough.
func (f *folder) openError(name string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	remedy := "check the permissions"
	if info, errStat := f.Stat(f.path(name)); errStat == nil && !info.Mode().IsRegular() {
		remedy = "links out of the folder are not followed: put the file itself in its place"
	}
	return fmt.Errorf("wal: open %s: %w; %s", filepath.Join(f.name, name), err, remedy)
}

// Segments returns the segments that are read, oldest first.
func (w *WAL) Segments() []Segment {
	var segs []Segment
	for _, s := range w.segs[w.first:] {
		segs = append(segs, s.Segment)
	}
	return segs
}

// Tail returns where the log was found to end by the last ReadAll, or by the last Records that was read to its end. It is the zero
// Tail before, and when the end was not reached.
func (w *WAL) Tail() Tail { return w.tail }

// Records returns every record of every segment, from the segment on in which the start lies, in memory that does not grow with the
// log: a window of 256 KiB, or the largest record if that is larger. A record's Data is valid until the next one.
//
// An error ends the iteration, and comes with the record it is about if there is one. Under [Salvage] corruption does not end it:
// it goes on with the next record that verifies. A torn tail is no error, but under [Strict], and where the log holds no metadata
// ([ErrTorn]).
func (w *WAL) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if w.done {
			yield(Record{}, ErrClosed)
			return
		}
		w.tail = Tail{}
		s := newScanner(w.segs[w.first:], &w.opts)
		for {
			rec, err := s.next()
			if err == io.EOF {
				break
			}
			r := Record{}
			if rec != nil {
				r = *rec
			}
			if !yield(r, err) {
				return
			}
			if err != nil && s.failed != nil {
				break
			}
		}
		w.tail = s.tail
	}
}

// Close closes all files. A second call returns [ErrClosed].
func (w *WAL) Close() error {
	if w.done {
		return ErrClosed
	}
	w.done = true
	var errs []error
	for _, s := range w.segs {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
