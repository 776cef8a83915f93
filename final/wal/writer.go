package wal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"example.com/logbook/final/disk"
)

// writer is the end of a log that is open for writing. It is used by who holds WAL.io.
type writer struct {
	opts   *Options
	folder *folder
	size   int64 // bytes after which a segment is left for the next

	held     []file // locked segments, oldest first; the last one is written
	enc      encoder
	check    checker // what the log's reader would know by now
	metadata []byte
	reached  uint64 // index of the last entry written, or of a snapshot beyond it
	named    uint64 // index in the last segment's name
	released uint64 // what ReleaseLockTo was last given
	vouched  uint64 // the highest snapshot that is recorded and committed, since the log was opened at one
	recorded uint64 // the highest that is recorded
	spare    spare

	// stated tells whether a hard state was saved since the log was opened. Etcd has forgotten by then which was the last, syncs the first one
	// in any case, and so may come to the end of its segment with it.
	stated bool

	err error // the first that was not a refusal
}

// newWriter returns a writer that goes on at an offset of the last of the given segments.
func newWriter(f *folder, opts *Options, held []file, off int64, crc uint32) *writer {
	o := &writer{opts: opts, folder: f, size: opts.segmentSize(), held: held}
	o.enc.wrote = func(n int) { opts.observe(Event{Op: OpWrite, Segment: o.last().Segment.Name, Bytes: int64(n)}) }
	o.enc.reset(o.last().File, off, crc)
	o.named = o.last().Index
	o.spare.init(f, opts)
	return o
}

// last returns the segment that is written.
func (o *writer) last() *file { return &o.held[len(o.held)-1] }

// fail makes an error of the disk the log's own: what the file holds behind the last sync is not known any more, and a sync that is tried
// again may succeed and prove nothing.
func (o *writer) fail(what string, err error) error {
	remedy := "close it, and open it again"
	if errors.Is(err, syscall.ENOSPC) {
		remedy = "make room, close it, and open it again"
	} else if errors.Is(err, syscall.EFBIG) {
		remedy = "raise the limit of a file's size (ulimit -f), or set a smaller SegmentSize, close it, and open it again"
	}
	o.err = fmt.Errorf("wal: %s %s: %w; the log takes nothing more: %s", what, o.folder.show(o.last().Segment.Name), cause(err), remedy)
	return o.err
}

// cause returns what is wrong, without the name, which is told already.
func cause(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// sync makes durable what was written, where etcd does so too.
func (o *writer) sync() error {
	o.enc.pages.flush()
	return o.syncOnly()
}

// syncOnly makes durable what was written.
func (o *writer) syncOnly() error {
	if err := o.enc.flush(); err != nil {
		return o.fail("write", err)
	}
	if err := o.syncFile(o.last().File, o.last().Segment.Name); err != nil {
		return o.fail("sync", err)
	}
	o.spare.advance(o.enc.off)
	return nil
}

// slowSync is how long a sync may take before the logger is told: as long as an election takes by etcd's defaults.
const slowSync = time.Second

// syncFile syncs one file, unless the options forbid it, and tells how long it took.
func (o *writer) syncFile(f disk.File, name string) error {
	if o.opts.UnsafeNoSync {
		return nil
	}
	begin := time.Now()
	err := f.Sync()
	took := time.Since(begin)
	if took > slowSync {
		o.opts.Logger.Warn("sync of the log was slow", "segment", name, "took", took)
	}
	o.opts.observe(Event{Op: OpSync, Segment: name, Took: took})
	return err
}

// head writes the records that a segment begins with. When the segments before it are removed, a node must not have forgotten its vote.
func (o *writer) head() error {
	err := o.enc.seed()
	if err == nil {
		err = o.enc.record(TypeMetadata, o.metadata)
	}
	if err == nil && !o.check.state.empty() {
		err = o.enc.state(&o.check.state)
	}
	if err != nil {
		return err
	}
	return o.enc.flush()
}

// close gives up all files, and the spare.
func (o *writer) close() error {
	errs := []error{o.spare.close()}
	for _, s := range o.held {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
