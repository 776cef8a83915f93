package main

import (
	"errors"
	"os"
	"sync"
	"time"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/wal"
)

// A benchLog is a log that cases append to.
type benchLog struct {
	b   *bench
	dir string
	w   *wal.WAL

	last uint64 // index of the last entry
	done shape  // what was written to the disk
	cut  int    // how many segments were begun
}

// A shape is what Saves have done to the disk.
type shape struct {
	saves, writes int
	bytes         int64
}

// A measured is a series, and what it has done to the disk.
type measured struct {
	series
	shape
}

// newBenchLog makes a log and leads it into its second segment: the first one is never
// filled ahead, and no node stays in it for long.
func newBenchLog(b *bench, synced bool) (l *benchLog, err error) {
	l = &benchLog{b: b}
	if l.dir, err = os.MkdirTemp(b.dir, "log-"); err != nil {
		return nil, err
	}
	opts := &wal.Options{SegmentSize: b.segment, UnsafeNoSync: !synced, Observe: l.observe}
	if l.w, err = wal.Create(l.dir, []byte("logbook bench"), opts); err != nil {
		return nil, err
	}
	err = l.w.Prepare()
	for size := int(min(b.segment/4, 1<<20)); err == nil && l.cut == 0; {
		err = errors.Join(l.save(l.ahead(1, size)), b.ctx.Err())
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// close closes the log, once.
func (l *benchLog) close() error {
	if l.w == nil {
		return nil
	}
	w := l.w
	l.w = nil
	return w.Close()
}

// observe counts what the log does. It is called with the log locked, and read when
// nobody saves.
func (l *benchLog) observe(e wal.Event) {
	switch e.Op {
	case wal.OpWrite:
		l.done.writes++
		l.done.bytes += e.Bytes
	case wal.OpCut:
		l.cut++
	}
}

// ahead returns the next entries, as many as one Save has.
func (l *benchLog) ahead(entries, size int) []*raftpb.Entry {
	ents := make([]*raftpb.Entry, entries)
	for i := range ents {
		ents[i] = &raftpb.Entry{Term: new(uint64(1)), Index: new(l.last + 1 + uint64(i)), Data: make([]byte, size)}
		for j := range ents[i].Data {
			ents[i].Data[j] = byte(j)
		}
	}
	return ents
}

// save appends entries, and the hard state that commits those before.
func (l *benchLog) save(ents []*raftpb.Entry) error {
	state := raftpb.HardState{Term: new(uint64(1)), Vote: new(uint64(1)), Commit: new(l.last)}
	l.last += uint64(len(ents))
	return l.w.Save(&state, ents)
}

// run runs a case, and then takes away what it has written.
func (l *benchLog) run(c benchCase) (*measured, error) {
	before := l.done
	m, err := &measured{}, error(nil)
	if c.callers == 1 {
		err = l.alone(c, &m.series)
	} else {
		err = l.together(c, &m.series)
	}
	m.shape = shape{len(m.took), l.done.writes - before.writes, l.done.bytes - before.bytes}
	if err != nil {
		return nil, err
	}
	return m, l.forget()
}

// alone saves from one goroutine. The entries are used again, with the next indexes.
func (l *benchLog) alone(c benchCase, s *series) error {
	ents, state := l.ahead(c.entries, c.size), raftpb.HardState{Term: new(uint64(1)), Vote: new(uint64(1)), Commit: new(uint64(0))}
	return l.b.repeat(s, func() (bool, error) {
		*state.Commit = l.last
		for i := range ents {
			*ents[i].Index = l.last + 1 + uint64(i)
		}
		l.last += uint64(len(ents))
		return l.full(s, c), l.w.Save(&state, ents)
	})
}

// full tells whether a case has written enough.
func (l *benchLog) full(s *series, c benchCase) bool {
	return int64(len(s.took))*int64(c.entries*c.size) > 4*l.b.segment
}

// together saves from many goroutines, all of them the same entry.
func (l *benchLog) together(c benchCase, s *series) error {
	ents := l.ahead(c.entries, c.size)
	all, errs := make([]series, c.callers), make([]error, c.callers)
	var callers sync.WaitGroup
	begun := time.Now()
	for i := range all {
		callers.Go(func() {
			errs[i] = l.b.repeat(&all[i], func() (bool, error) {
				return int64(len(all[i].took)*c.callers)*int64(c.entries*c.size) > 4*l.b.segment, l.w.Save(nil, ents)
			})
		})
	}
	callers.Wait()
	s.elapsed = time.Since(begun)
	for i := range all {
		s.took = append(s.took, all[i].took...)
	}
	l.last += uint64(c.entries)
	return errors.Join(errs...)
}

// forget removes the segments that a case has left behind it, as a node does.
func (l *benchLog) forget() error {
	ents := l.ahead(1, 100)
	index := l.last
	m := &raftpb.SnapshotMetadata{Index: &index, Term: new(uint64(1)), ConfState: &raftpb.ConfState{Voters: []uint64{1}}}
	return errors.Join(l.save(ents), l.w.SaveSnapshot(m), l.w.ReleaseLockTo(index), l.w.Purge())
}

// cuts saves until it has cut three times, and returns the Saves that cut, and the
// others.
func (l *benchLog) cuts() (cuts, others *series, err error) {
	cuts, others = &series{}, &series{}
	for n := l.cut + 3; l.cut < n; {
		if err := l.b.ctx.Err(); err != nil {
			return nil, nil, err
		}
		before, s := l.cut, others
		ents, begun := l.ahead(100, 1<<10), time.Now()
		err := l.save(ents)
		took := time.Since(begun)
		if err != nil {
			return nil, nil, err
		}
		if l.cut > before {
			s = cuts
		}
		s.took, s.elapsed = append(s.took, took), s.elapsed+took
	}
	return cuts, others, nil
}

// verifyLog verifies a log.
func verifyLog(dir string) error {
	_, err := wal.Verify(dir, nil, nil)
	return err
}

// readLog reads a log as a node does.
func readLog(dir string) error {
	w, err := wal.OpenForRead(dir, nil, nil)
	if err != nil {
		return err
	}
	_, _, _, err = w.ReadAll()
	return errors.Join(err, w.Close())
}
