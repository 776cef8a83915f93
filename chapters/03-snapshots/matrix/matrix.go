// Package matrix asks, by running it: the snapshot's file first, or its record in
// the log?
//
// etcd has answered in turn: file, then record (until 2017); record, then file
// (etcd#8088); and file, then record again (etcd#12691, 2021), once the choice of
// the snapshot to start from had begun to ask the log (etcd#11888). So the order
// is one half of the answer, and how a node starts the other. [Run] takes both,
// lets a node save a snapshot on a disk that crashes at every point, starts it
// again from each disk that may be left, and counts.
package matrix

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"go.etcd.io/raft/v3/raftpb"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// Step is a part of saving a snapshot.
type Step string

// The steps. File saves the file durably; Loose does as etcd v3.7.3, and does not
// sync the folder (etcd#22340). State is the hard state that commits a leader's
// snapshot; for the node's own there is none. Purge gives up what is before the
// snapshot, and removes it.
const (
	File   Step = "file"
	Loose  Step = "loose file"
	Record Step = "record"
	State  Step = "state"
	Purge  Step = "purge"
)

// Orders are the orders worth comparing; the first is this chapter's.
func Orders() [][]Step {
	return [][]Step{
		{File, Record, State, Purge},
		{Record, File, State, Purge},
		{Record, State, File, Purge},
		{Loose, Record, State, Purge},
	}
}

// Start is how a node chooses the snapshot to start from.
type Start string

// Newest takes the newest whole file, as [snapshots.Snapshotter.Load] does; Match
// the newest that the log vouches for.
const (
	Newest Start = "newest file"
	Match  Start = "newest that both know"
)

// Case is one experiment.
type Case struct {
	// Order is the order of the steps.
	Order []Step

	// Start is how the node starts afterwards.
	Start Start

	// Leader says that the snapshot comes from the leader and is ahead of the
	// node's log; otherwise the node takes it itself.
	Leader bool
}

// Cell says what became of the crashes in one step.
type Cell struct {
	// Step is what was being done.
	Step Step

	// Disks is from how many different disks the node was started.
	Disks int

	// Stuck is from how many of them it could not be.
	Stuck int

	// Lost is from how many it started without something it had promised.
	Lost int

	// Why is the error of one that was stuck, the first in the alphabet.
	Why string
}

// What is on the disk before: entries 1 to 6 in segments of one each, committed
// up to 6, and a snapshot at 2.
const (
	logDir, snapDir = "wal", "snap"
	entries, older  = 6, 2
)

// options make every Save cut.
var options = &snapshots.Options{SegmentSize: 1}

// Run runs one case, and returns a cell for each step. The error is one of the
// case itself, which did not come to its end.
func Run(ctx context.Context, c Case, b *crash.Bounds) ([]Cell, error) {
	t := &tally{cells: map[Step]*Cell{}}
	bounds := crash.Bounds{}
	if b != nil {
		bounds = *b
	}
	bounds.Depth = -1 // count each disk once
	e := &crash.Experiment{
		Name:  fmt.Sprint(c.Order),
		Start: before,
		Work:  c.work,
		Recover: func(fsys disk.FS, notes []any) error {
			if len(notes) > 0 {
				last, err := c.restart(fsys)
				t.add(notes[len(notes)-1].(Step), last, err)
			}
			return nil
		},
	}
	if _, err := e.Explore(ctx, &bounds); err != nil {
		return nil, err
	}
	var cells []Cell
	for _, step := range c.steps() {
		if cell := t.cells[step]; cell != nil {
			cells = append(cells, *cell)
		}
	}
	return cells, nil
}

// tally counts what becomes of nodes. Recover runs on several goroutines.
type tally struct {
	mu    sync.Mutex
	cells map[Step]*Cell
}

// add counts a node that was started and knows everything up to last, or was not.
func (t *tally) add(step Step, last uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	cell := t.cells[step]
	if cell == nil {
		cell = &Cell{Step: step}
		t.cells[step] = cell
	}
	cell.Disks++
	switch {
	case err != nil:
		cell.Stuck++
		if cell.Why == "" || err.Error() < cell.Why {
			cell.Why = err.Error()
		}
	case last < entries:
		cell.Lost++
	}
}

// before makes a node's disk.
func before(fsys disk.FS) error {
	if err := fsys.Mkdir(snapDir, disk.DirMode); err != nil {
		return err
	}
	w, err := snapshots.Create(fsys, logDir, []byte("n1"), options)
	if err != nil {
		return err
	}
	for i := uint64(1); i <= entries; i++ {
		if err := w.Save(state(1, i), []*raftpb.Entry{{Term: new(uint64(1)), Index: &i, Data: []byte("fruit")}}); err != nil {
			return err
		}
	}
	s := snapshot(older, 1)
	return errors.Join(snapshots.New(fsys, snapDir).SaveSnap(s), w.SaveSnapshot(s.GetMetadata()), w.Close())
}

// steps are those that there are to be done.
func (c Case) steps() []Step {
	var list []Step
	for _, s := range c.Order {
		if s != State || c.Leader {
			list = append(list, s)
		}
	}
	return list
}

// work starts the node, and lets it save a snapshot.
func (c Case) work(fsys disk.FS, note func(any)) error {
	w, err := snapshots.Open(fsys, logDir, snapshot(older, 1).GetMetadata(), options)
	if err != nil {
		return err
	}
	if _, _, _, err := w.ReadAll(); err != nil {
		return errors.Join(err, w.Close())
	}
	s := snapshot(entries-1, 1)
	if c.Leader {
		s = snapshot(20, 1)
	}
	for _, step := range c.steps() {
		note(step)
		if err == nil {
			err = do(fsys, w, step, s)
		}
	}
	return errors.Join(err, w.Close())
}

// do does one step.
func do(fsys disk.FS, w *snapshots.WAL, step Step, s *raftpb.Snapshot) error {
	index := s.GetMetadata().GetIndex()
	switch step {
	case File:
		return snapshots.New(fsys, snapDir).SaveSnap(s)
	case Loose:
		return snapshots.New(loose{fsys}, snapDir).SaveSnap(s)
	case Record:
		return w.SaveSnapshot(s.GetMetadata())
	case State:
		return w.Save(state(1, index), nil)
	}
	return errors.Join(w.ReleaseLockTo(index), w.Purge())
}

// loose is a disk on which nobody syncs a folder.
type loose struct{ disk.FS }

// SyncDir does nothing.
func (loose) SyncDir(string) error { return nil }

// restart starts a node, and returns the last index that it knows.
func (c Case) restart(fsys disk.FS) (last uint64, err error) {
	if _, err := segments.Repair(fsys, logDir); err != nil {
		return 0, err
	}
	snap, err := c.choose(fsys)
	if err != nil {
		return 0, err
	}
	w, err := snapshots.Open(fsys, logDir, snap.GetMetadata(), options)
	if err != nil {
		return 0, err
	}
	_, _, ents, err := w.ReadAll()
	return snap.GetMetadata().GetIndex() + uint64(len(ents)), errors.Join(err, w.Close())
}

// choose returns the snapshot to start from.
func (c Case) choose(fsys disk.FS) (*raftpb.Snapshot, error) {
	s := snapshots.New(fsys, snapDir)
	if c.Start == Match {
		return snapshots.Match(fsys, logDir, s)
	}
	snap, err := s.Load()
	if errors.Is(err, snapshots.ErrNoSnapshot) || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return snap, err
}

// state returns a hard state.
func state(term, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: &term, Vote: new(uint64(1)), Commit: &commit}
}

// snapshot returns a snapshot.
func snapshot(index, term uint64) *raftpb.Snapshot {
	return &raftpb.Snapshot{
		Data:     []byte("every fruit so far"),
		Metadata: &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: &raftpb.ConfState{Voters: []uint64{1}}},
	}
}
