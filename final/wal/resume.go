package wal

import (
	"bytes"
	"errors"
)

// resume makes a log that was read ready to be written behind its end.
func (w *WAL) resume(r *replay) error {
	if w.tail.Head {
		return &TornError{Segment: w.tail.Segment, Offset: w.tail.Offset, Reason: w.tail.Reason}
	}
	if commit := r.check.state.commit; !r.check.vouches(w.start.index) {
		w.opts.Logger.Warn("log was opened at a snapshot that no hard state commits, and raft panics on that; open it at one of ValidSnapshotEntries",
			"dir", w.name, "snapshot", w.start.index, "commit", commit)
	}
	o, report, err := w.settle(r)
	if err != nil {
		return err
	}
	w.tail.Copy = report.Copy
	abandoned := o.check.waiting > w.start.index
	if abandoned {
		o.check.revert()
	}
	o.check.behind(w.start)
	if o.check.waiting != 0 { // the log was opened at it: what was before comes back no more
		o.check.before = o.check.lineage
	}
	// Entries whose hard state a crash has taken: the node may go on in its old term, unless the snapshot that it was opened at waits for a later one's.
	o.check.maxTerm = o.check.state.term
	if o.check.waiting != 0 {
		o.check.maxTerm = max(o.check.maxTerm, o.check.log.lastTerm())
	}
	o.reached = o.check.log.last
	o.recorded = w.start.index
	o.vouch()
	if (abandoned || r.far) && r.recorded != nil {
		err = o.goesOn(r.recorded)
	}
	if err == nil && o.check.bare {
		err = o.cut() // etcd has written a segment without head; a log could never be opened at a snapshot in it
	}
	if err != nil {
		return err
	}
	w.lock.clean(&w.opts)
	w.io.Lock()
	defer w.io.Unlock()
	var errs []error
	for _, s := range w.segs[:w.first] {
		errs = append(errs, s.Close())
	}
	w.segs, w.out = nil, o
	o.spare.start()
	return errors.Join(errs...)
}

// etcdSpare is the file that etcd makes ahead in turn with the one that is called [spareName] here, too. It is no part of the log, and as large as a segment.
const etcdSpare = "1.tmp"

// clean removes etcd's other spare file, which a kill has left and nobody here would use. If it cannot be, or comes back, the log is none the worse.
func (f *folder) clean(opts *Options) {
	info, err := f.Stat(f.path(etcdSpare))
	switch {
	case isNotExist(err) || err == nil && !info.Mode().IsRegular():
		return
	case err == nil:
		err = f.Remove(f.path(etcdSpare))
	}
	if err != nil {
		opts.Logger.Warn("a spare file that etcd has left cannot be removed; remove it", "file", f.show(etcdSpare), "error", cause(err))
	}
}

// goesOn records the start once more. Either a leader's snapshot was recorded and never committed, and what follows now does not follow it: without
// this record an entry or a commit that is next could be taken for the snapshot's. Or the start's only record stands before the segment that its index points at,
// where Purge would remove it. To any other reader the record says nothing new.
func (o *writer) goesOn(start []byte) error {
	if err := o.enc.record(TypeSnapshot, start); err != nil {
		return o.fail("write", err)
	}
	return o.sync()
}

// behind makes sure that the terms of the log are known from the start on.
func (c *checker) behind(start position) {
	switch {
	case !c.log.known():
		c.log.restart(start.index, start.term)
	case c.log.runs[0].index == start.index+1:
		c.log.runs = append([]run{{start.index, start.term}}, c.log.runs...)
	}
}

// settle makes durable what was read, cuts a torn tail off behind a copy, and returns a writer at the end. What was read may be the last words of a
// process that was killed, or the leftover of a repair that was: the kernel had it, the disk may not. And what lies behind the end must
// not come back when records are written before it.
func (w *WAL) settle(r *replay) (o *writer, report Report, err error) {
	o = newWriter(w.lock, &w.opts, append([]file(nil), w.segs[w.first:]...), w.tail.Offset, w.tail.CRC)
	o.check, o.metadata = *r.check, bytes.Clone(r.check.metadata)
	o.check.entry, o.check.position = entryFields{}, snapshotFields{} // what they show of is given back
	if w.tail.Torn {
		if report, err = o.cutOff(w.tail); err != nil {
			return nil, report, err
		}
	}
	// A torn head is written anew. Without one, the file is whole.
	if err := o.last().Preallocate(o.size); err != nil {
		return nil, report, o.fail("preallocate", err)
	}
	if w.tail.Head {
		o.enc.reset(o.last().File, 0, w.tail.CRC)
		if err := o.head(); err != nil {
			return nil, report, o.fail("write", err)
		}
	}
	if !w.tail.Head {
		if err := o.again(r.check.proof.offset, o.enc.off); err != nil {
			return nil, report, err
		}
	}
	if err := o.sync(); err != nil {
		return nil, report, err
	}
	if err := o.syncDir(); err != nil {
		return nil, report, o.fail("sync the folder of", err)
	}
	if err := w.lock.syncParent(&w.opts); err != nil {
		return nil, report, o.fail("sync the folder above that of", err)
	}
	return o, report, nil
}

// proof follows up to where a segment was durable before it was written on. It is the evidence by which damage is told from a torn tail: a sync that had
// failed would have ended the log.
type proof struct {
	offset                 int64 // all before it
	entry, state, snapshot bool  // there is one behind offset; the state, behind the entry
}

// take takes the next record: behind a snapshot, or an entry behind an entry and a hard state, it belongs to a later call.
func (p *proof) take(r *Record) {
	if p.snapshot || r.Type == TypeEntry && p.state {
		*p = proof{offset: r.Offset}
	}
	switch r.Type {
	case TypeEntry:
		p.entry = true
	case TypeState:
		p.state = p.state || p.entry
	case TypeSnapshot:
		p.snapshot = true
	}
}

// again writes a part of the last segment once more, as it is. If it was the last thing that a log wrote whose sync failed, the kernel shows it and has
// marked it clean: a sync would succeed and not write it, and a loss of power take what by then was acted on.
func (o *writer) again(from, to int64) error {
	w := window{}
	w.borrow()
	defer w.free()
	w.reset(o.last().File, to)
	for from < to {
		b, err := w.at(from, min(windowSize, to-from))
		if err != nil {
			return readError(o.last().Segment.Name, from, err)
		}
		if _, err := o.last().WriteAt(b, from); err != nil {
			return o.fail("write", err)
		}
		from += int64(len(b))
	}
	return nil
}
