package wal

import (
	"fmt"
	"math"
)

// cut leaves the last segment for a new one. The order is what makes it safe to crash anywhere:
//
//   - the old segment is whole and durable before the new one has its name: from then on damage in it counts as corruption;
//   - the new one has its head, durably, before it has its name;
//   - and its name is durable before anything is acknowledged in it.
//
// An index in a name never goes back, also when the log does: who looks for a snapshot's segment goes by names.
func (o *writer) cut() error {
	old := o.last()
	if old.Seq == math.MaxUint64 {
		return o.fail("cut", fmt.Errorf("there is no sequence number behind %x", old.Seq))
	}
	if err := old.Truncate(o.enc.off); err != nil {
		return o.fail("cut", err)
	}
	if err := o.sync(); err != nil {
		return err
	}
	f, err := o.spare.take()
	if err != nil {
		return o.fail("cut", err)
	}
	seq, index := old.Seq+1, max(o.named, o.reached+1)
	next := file{Segment{Name: formatName(seq, index), Seq: seq, Index: index}, f}
	o.enc.reset(f, 0, o.enc.crc)
	err = o.head()
	o.enc.pages.flush()
	if err == nil {
		err = o.syncFile(f, spareName)
	}
	if err == nil {
		err = o.folder.Rename(o.folder.path(spareName), o.folder.path(next.Segment.Name))
	}
	if err == nil {
		err = o.syncDir()
	}
	if err != nil {
		f.Close()
		return o.fail("cut", err)
	}
	o.held, o.named = append(o.held, next), next.Index
	o.spare.begin()
	o.opts.observe(Event{Op: OpCut, Segment: next.Segment.Name})
	o.opts.Logger.Info("began a new segment", "segment", next.Segment.Name)
	return nil
}

// syncDir makes names durable.
func (o *writer) syncDir() error {
	if o.opts.UnsafeNoSync {
		return nil
	}
	return o.folder.SyncDir(o.folder.dir)
}
