package wal_test

import (
	"errors"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// gate is a disk whose syncs wait until they are let through, once it is shut.
type gate struct {
	disk.FS
	mu   sync.Mutex
	shut chan struct{} // nil while open
	held chan struct{} // a sync has come
}

func (g *gate) Open(name string, flag int, mode fs.FileMode) (disk.File, error) {
	f, err := g.FS.Open(name, flag, mode)
	if err != nil {
		return nil, err
	}
	return &gateFile{f, g}, nil
}

type gateFile struct {
	disk.File
	g *gate
}

func (f *gateFile) Sync() error {
	f.g.mu.Lock()
	shut := f.g.shut
	f.g.mu.Unlock()
	if shut != nil {
		f.g.held <- struct{}{}
		<-shut
	}
	return f.File.Sync()
}

// close shuts the gate; the result opens it.
func (g *gate) close() (open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	shut := make(chan struct{})
	g.shut = shut
	return func() {
		g.mu.Lock()
		g.shut = nil
		g.mu.Unlock()
		close(shut)
	}
}

// TestGroup lets one Save wait for its sync, and others for that one. They are written as one: their entries, and then one hard state; they share a sync;
// what must be refused is, alone; and what can be said of the file is what evidence goes by: no entry behind a hard state behind an entry that one
// sync has made durable.
func TestGroup(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	g := &gate{FS: sim, held: make(chan struct{}, 1)}
	o := quiet(g, 0)
	w, err := wal.Create(folderName, []byte("md"), o)
	must(t, err)
	must(t, w.Save(hs(1, 1, 0), ents(1, 3, 1)))

	open := g.close()
	errs := make([]error, 6)
	var all sync.WaitGroup
	save := func(i int, state *raftpb.HardState, ents []*raftpb.Entry) {
		all.Go(func() { errs[i] = w.Save(state, ents) })
	}
	save(0, nil, ents(4, 5, 1))
	<-g.held
	for i, s := range []struct {
		state *raftpb.HardState
		ents  []*raftpb.Entry
	}{
		{hs(1, 1, 4), ents(6, 6, 1)},
		{hs(1, 1, 5), nil},
		{hs(1, 2, 5), nil}, // refused: another vote
		{hs(2, 3, 5), ents(6, 7, 2)},
		{nil, ents(8, 8, 2)},
	} {
		save(i+1, s.state, s.ents)
		wal.WaitForJoined(w, i+1)
	}
	syncs := countOps(sim, disk.OpSync)
	open()
	all.Wait()
	for i, err := range errs {
		if refused := errors.Is(err, wal.ErrRefused); refused != (i == 3) || err != nil && !refused {
			t.Errorf("Save %d: %v", i, err)
		}
	}
	if n := countOps(sim, disk.OpSync) - syncs; n != 2 {
		t.Errorf("%d syncs, want 2: one of the first Save, one of the others", n)
	}
	b := newBuild([]byte("md")).save(hs(1, 1, 0), ents(1, 3, 1)...).save(nil, ents(4, 5, 1)...)
	b.save(hs(2, 3, 5), slices.Concat(ents(6, 6, 1), ents(6, 7, 2), ents(8, 8, 2))...)
	same(t, segments(t, sim), b)
	must(t, w.Close())
	if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != "[1/1 2/1 3/1 4/1 5/1 6/2 7/2 8/2]" {
		t.Errorf("ReadAll() = %v", indexes(r.ents))
	}
}

// TestGroupFails: the error of a group is the error of all in it, and of all that come; Close gives everything up all the same. W17 W24
func TestGroupFails(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	g := &gate{FS: sim, held: make(chan struct{}, 1)}
	w, err := wal.Create(folderName, nil, quiet(g, 0))
	must(t, err)
	open := g.close()
	errs := make([]error, 4)
	var all sync.WaitGroup
	all.Go(func() { errs[0] = w.Save(hs(1, 1, 0), nil) })
	<-g.held
	for i := 1; i < 4; i++ {
		all.Go(func() { errs[i] = w.Save(nil, ents(uint64(i), uint64(i), 1)) })
		wal.WaitForJoined(w, i)
	}
	sim.Inject(disk.Fault{Ops: disk.OpWrite, Nth: 1})
	open()
	all.Wait()
	if errs[0] != nil {
		t.Errorf("the Save before: %v", errs[0])
	}
	for _, err := range append(errs[1:], w.Save(hs(2, 1, 0), nil), w.Sync(), w.SaveSnapshot(snapshot(1, 1)), w.ReleaseLockTo(0), w.Purge(), w.Prepare()) {
		if err == nil || err.Error() != errs[1].Error() {
			t.Errorf("error is %v, want %v", err, errs[1])
		}
	}
	if err := w.Close(); err == nil {
		t.Error("Close() of a log that lost something: no error")
	}
	w, _ = reopen(t, sim, 0, nil) // nothing is locked any more
	must(t, w.Save(hs(2, 1, 0), nil))
}

// TestManyCallers: goroutines of all kinds at once, for the race detector; and all that was acknowledged is there. W21
func TestManyCallers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/wal"
	o := &wal.Options{SegmentSize: 8 << 10, UnsafeNoSync: testing.Short()}
	w, err := wal.Create(dir, []byte("md"), o)
	must(t, err)
	must(t, w.Save(hs(1, 1, 0), nil))
	var mu sync.Mutex // entries must come in order: whoever has the next ones keeps others from saving before
	next := uint64(1)
	var saved atomic.Uint64 // the last entry that was acknowledged
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				mu.Lock()
				first := next
				next += 3
				mu.Unlock()
				for done := false; !done && !t.Failed(); { // a Save before its turn is refused, for the gap
					turn := saved.Load()+1 == first
					err := w.Save(nil, ents(first, first+2, 1))
					if done = err == nil; done {
						saved.Store(first + 2)
					} else if turn || !errors.Is(err, wal.ErrSliceOutOfRange) {
						t.Error(err)
					}
				}
			}
		})
	}
	for name, call := range map[string]func() error{
		"Sync": w.Sync, "Purge": w.Purge, "Prepare": w.Prepare,
		"ReleaseLockTo": func() error { return w.ReleaseLockTo(10) },
		"SaveSnapshot":  func() error { return w.SaveSnapshot(snapshot(0, 0)) },
		"Segments":      func() error { w.Segments(); return nil },
		"Save":          func() error { return w.Save(hs(1, 1, 0), nil) },
	} {
		all.Go(func() {
			for range 20 {
				if err := call(); err != nil {
					t.Errorf("%s(): %v", name, err)
				}
			}
		})
	}
	all.Wait()
	all.Go(func() { w.Close() })
	all.Go(func() { w.Save(hs(1, 1, 1), nil) })
	all.Wait()
	state, err := wal.Verify(dir, nil, nil)
	if err != nil || state.GetTerm() != 1 {
		t.Errorf("Verify() = %v, %v", state, err)
	}
}
