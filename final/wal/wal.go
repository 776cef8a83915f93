package wal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"sync"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// WAL is a log.
//
// Opened by [OpenForRead], it can be read any number of times, by one goroutine at a time; reading changes nothing, takes no lock, and sees the log
// as long as it was when opened.
//
// Opened by [Open], it is locked against every other writer, and read once, by ReadAll. From then on, as behind [Create], it can be written, by any
// number of goroutines: Save, SaveSnapshot, Sync, Prepare, ReleaseLockTo, Purge and Close. It must be closed, whatever has failed.
type WAL struct {
	opts  Options
	name  string
	segs  []file // as long as they are read
	first int    // the segment that reading begins at
	start position
	tail  Tail

	lock *folder // of a log open for writing
	out  *writer // of one that was read, or created

	queue   queue
	alone   group      // the Save of one that nobody waits beside; used by who holds io
	io      sync.Mutex // held by who uses out, and by Close
	purging sync.Mutex // held by Purge and Prepare, and by Close
	stuck   error      // why Purge removes nothing more
	done    bool       // closed
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
		return nil, folderError(dir, err)
	}
	defer f.release()
	return f.open(snap, &o, false)
}

// Open takes the log in dir for writing, at a snapshot that it has recorded, or at nil, as [OpenForRead] does. Call ReadAll next: only a log that
// was read to its end can be written. Every segment from the snapshot on is locked; if another has one of them, Open returns [disk.ErrLocked] at once.
//
// The snapshot should be one of [ValidSnapshotEntries]. One that is recorded, and that no hard state has committed before a crash, is taken for committed by who
// opens the log there, as etcd takes it: ReadAll returns no error, and a hard state whose commit is below the snapshot's index, on which raft panics. The
// logger is warned. The caller can only be mistaken, in taking what snap.Load returns where snap.LoadNewestAvailable was due.
//
// [Salvage] is for reading only.
func Open(dir string, snap *raftpb.SnapshotMetadata, opts *Options) (*WAL, error) {
	o := opts.orDefault()
	if o.Recovery == Salvage {
		return nil, fmt.Errorf("wal: %s: %w: what Salvage reads may miss acknowledged entries; read it with OpenForRead, or open it with TornTail", dir, ErrReadOnly)
	}
	f, err := openToWrite(dir, &o)
	switch {
	case errors.Is(err, ErrShared):
		return nil, fmt.Errorf("wal: open %s: %w", dir, err)
	case err != nil:
		return nil, folderError(dir, err)
	}
	w, err := f.open(snap, &o, true)
	if err != nil {
		return nil, errors.Join(err, f.release())
	}
	w.lock = f
	return w, nil
}

// open lists the folder and opens the segments, again while some are purged meanwhile.
func (f *folder) open(snap *raftpb.SnapshotMetadata, opts *Options, write bool) (w *WAL, err error) {
	for range attempts {
		w, err = f.openOnce(snap, opts, write)
		if err == nil || !errors.Is(err, errVanished) {
			break
		}
	}
	return w, err
}

// errVanished is a segment that was there when the folder was listed.
var errVanished = errors.New("segment was removed while the log was opened")

// openOnce lists the folder and opens the segments.
func (f *folder) openOnce(snap *raftpb.SnapshotMetadata, opts *Options, write bool) (*WAL, error) {
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
			return nil, fmt.Errorf("wal: %s: %w: the oldest is %s, begun behind index %d; restore those before it; or, if they were purged, %s", f.name, ErrFileNotFound, segs[0].Name, w.start.index, remedyNewer)
		}
	}
	if err := checkSequence(f.name, segs[w.first:]); err != nil {
		return nil, err
	}
	w.first, segs = unbroken(segs, w.first)
	if err := w.openSegments(f, segs, write); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// openSegments opens all segments at once, so that a purge meanwhile takes none of them away. Those that may be written are locked.
func (w *WAL) openSegments(f *folder, segs []Segment, write bool) error {
	for i, seg := range segs {
		var fd disk.File
		var err error
		if write && i >= w.first {
			fd, err = f.openLocked(seg.Name, 0)
		} else {
			fd, err = f.Open(f.path(seg.Name), os.O_RDONLY, 0)
		}
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

// openLocked opens a file to be written, or creates it if the flag says so, and locks it.
func (f *folder) openLocked(name string, flag int) (disk.File, error) {
	fd, err := f.Open(f.path(name), os.O_RDWR|flag, disk.FileMode)
	if err != nil {
		return nil, err
	}
	if err := fd.Lock(); err != nil {
		return nil, errors.Join(err, fd.Close())
	}
	return fd, nil
}

// openError says what to do about a file that cannot be opened. The disk's own error names it, too; once is enough.
func (f *folder) openError(name string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	if errors.Is(err, disk.ErrLocked) {
		return fmt.Errorf("wal: open %s: %w", f.show(name), err)
	}
	remedy := "check the permissions"
	if info, errStat := f.Stat(f.path(name)); errStat == nil && !info.Mode().IsRegular() {
		remedy = "links out of the folder are not followed: put the file itself in its place"
	}
	return fmt.Errorf("wal: open %s: %w; %s", f.show(name), err, remedy)
}

// Segments returns the segments that are read, oldest first; or those that are locked, once the log can be written: their sizes are those of the
// time when they were opened.
func (w *WAL) Segments() []Segment {
	w.io.Lock()
	defer w.io.Unlock()
	var segs []Segment
	if w.out != nil {
		for _, s := range w.out.held {
			segs = append(segs, s.Segment)
		}
		return segs
	}
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
		if err := w.readable(); err != nil {
			yield(Record{}, err)
			return
		}
		w.tail = Tail{}
		s := newScanner(w.segs[w.first:], &w.opts)
		for {
			rec, err := s.next()
			err = in(w.name, err)
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

// readable returns why the log cannot be read, or nil.
func (w *WAL) readable() error {
	w.io.Lock()
	defer w.io.Unlock()
	switch {
	case w.done:
		return ErrClosed
	case w.out != nil:
		return ErrRead
	}
	return nil
}

// Close makes durable what was saved, closes all files, and gives up their locks; that it does whatever fails, and whatever has failed before. It
// returns nil only if all that was saved is durable. A second call returns [ErrClosed].
func (w *WAL) Close() error {
	w.purging.Lock()
	defer w.purging.Unlock()
	w.io.Lock()
	defer w.io.Unlock()
	if w.done {
		return ErrClosed
	}
	w.done = true
	var errs []error
	if w.out != nil {
		if w.out.err == nil {
			w.out.sync()
		}
		errs = append(errs, w.out.err, w.out.close())
	}
	for _, s := range w.segs {
		errs = append(errs, s.Close())
	}
	if w.lock != nil {
		errs = append(errs, w.lock.release())
	}
	return errors.Join(errs...)
}
