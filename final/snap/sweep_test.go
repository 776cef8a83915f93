package snap_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/snap"
)

// kept is a folder in which the tests of faults and crashes save.
const kept = "snap"

// wide is data of more than two sectors.
func wide(text string) string { return strings.Repeat(text+" ", 1300/(len(text)+1)) }

// open returns a new process's Snapshotter.
func open(fsys disk.FS) *snap.Snapshotter { return snap.New(kept, &snap.Options{FS: fsys}) }

// sound checks what holds whatever happened: what has a snapshot's name is one, whole, and of that name.
func sound(fsys disk.FS) error {
	files, err := open(fsys).List()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range files {
		s, err := snap.Read(kept+"/"+f.Name, &snap.Options{FS: fsys})
		if err != nil {
			return err
		}
		if m := s.GetMetadata(); m.GetIndex() != f.Index || m.GetTerm() != f.Term {
			return fmt.Errorf("%s holds index %d, term %d", f.Name, m.GetIndex(), m.GetTerm())
		}
	}
	return nil
}

// holds checks that a snapshot is there with one of these contents.
func holds(fsys disk.FS, index uint64, texts ...string) error {
	s, err := open(fsys).LoadNewestAvailable([]*raftpb.SnapshotMetadata{meta(index, 2)})
	if err != nil {
		return err
	}
	for _, text := range texts {
		if string(s.GetData()) == wide(text) {
			return nil
		}
	}
	return fmt.Errorf("snapshot %d holds %.10q, want one of %q", index, s.GetData(), texts)
}

// step is a call that a fault may hit, and what the disk must hold after it, and after it if it returned nil.
type step struct {
	name   string
	do     func(s *snap.Snapshotter) error
	always func(fsys disk.FS) error
	then   func(fsys disk.FS) error
}

func steps() []step {
	five := func(fsys disk.FS) error { return holds(fsys, 5, "five") }
	return []step{
		{"save", func(s *snap.Snapshotter) error { return s.SaveSnap(snapshot(12, 2, wide("twelve"))) },
			func(fsys disk.FS) error { return errors.Join(five(fsys), holds(fsys, 9, "nine")) },
			func(fsys disk.FS) error { return holds(fsys, 12, "twelve") }},
		{"save_over", func(s *snap.Snapshotter) error { return s.SaveSnap(snapshot(9, 2, wide("nine again"))) },
			func(fsys disk.FS) error { return errors.Join(five(fsys), holds(fsys, 9, "nine", "nine again")) },
			func(fsys disk.FS) error { return holds(fsys, 9, "nine again") }},
		{"purge", func(s *snap.Snapshotter) error { return s.Purge(meta(9, 2), 1) },
			func(fsys disk.FS) error { return holds(fsys, 9, "nine") },
			func(fsys disk.FS) error {
				if err := holds(fsys, 5, "five"); !errors.Is(err, snap.ErrNoSnapshot) {
					return fmt.Errorf("what was purged is there: %v", err)
				}
				return nil
			}},
	}
}

// faultyDisk returns a disk with two snapshots, durable, and what a crash has left.
func faultyDisk(t *testing.T) *disk.Sim {
	t.Helper()
	sim := disk.NewSim()
	s := open(sim)
	if err := errors.Join(s.SaveSnap(snapshot(5, 2, wide("five"))), s.SaveSnap(snapshot(9, 2, wide("nine")))); err != nil {
		t.Fatal(err)
	}
	put(t, sim, kept+"/snap.tmp", []byte("half"))
	return sim.Crash(disk.Kept)
}

// faults are the ways in which an operation fails.
func faults() map[string]disk.Fault {
	return map[string]disk.Fault{
		"EIO":            {},
		"ENOSPC":         {Err: syscall.ENOSPC, Bytes: 700},
		"done_and_error": {Done: true},
		"dirty":          {Pages: disk.PagesDirty},
		"reverted":       {Pages: disk.PagesReverted},
	}
}

// afterwards checks the disk as the death of the process leaves it, and as the loss of power does.
func afterwards(sim *disk.Sim, seed uint64, check func(disk.FS) error) error {
	err := check(sim.Kill())
	for i := range uint64(8) {
		choice := disk.Random(seed + i)
		switch i {
		case 0:
			choice = disk.Lost
		case 1:
			choice = disk.Kept
		}
		err = errors.Join(err, check(sim.Crash(choice)))
	}
	return err
}

// TestErrorSweep makes every operation of a save and a purge fail, once and from then on. What was saved before loads, also after a
// crash; what was acknowledged is there; the process goes on, or says that it must not, and the next one does. S02 F11 F12 F13
func TestErrorSweep(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for id, fault := range faults() {
		for _, st := range steps() {
			for _, always := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s_%s_%t", st.name, id, always), func(t *testing.T) {
					t.Parallel()
					fault := fault // each counts for itself
					fault.Always = always
					for fault.Nth = 1; ; fault.Nth++ {
						sim := faultyDisk(t)
						struck := sim.Inject(fault)
						s := open(sim)
						err := st.do(s)
						if struck() == 0 {
							break
						}
						if err := survive(sim, s, st, err, seed); err != nil {
							t.Errorf("operation %d: %v\nin %v", fault.Nth, err, sim.Log())
						}
					}
					if fault.Nth < 10 {
						t.Errorf("only %d operations", fault.Nth)
					}
				})
			}
		}
	}
}

// survive checks what an error has left, and goes on.
func survive(sim *disk.Sim, s *snap.Snapshotter, st step, failed error, seed uint64) error {
	check := func(fsys disk.FS) error {
		err := errors.Join(sound(fsys), st.always(fsys))
		if failed == nil {
			err = errors.Join(err, st.then(fsys))
		}
		return err
	}
	if err := afterwards(sim, seed, check); err != nil {
		return fmt.Errorf("after %s = %v: %w", st.name, failed, err)
	}
	sim.Heal()
	next := func(fsys disk.FS) error { return errors.Join(check(fsys), holds(fsys, 20, "twenty")) }
	err := s.SaveSnap(snapshot(20, 2, wide("twenty")))
	switch {
	case errors.Is(failed, snap.ErrNotDurable):
		if !errors.Is(err, snap.ErrNotDurable) || !errors.Is(s.Purge(meta(9, 2), 1), snap.ErrNotDurable) {
			return fmt.Errorf("goes on after %w: %w", failed, err)
		}
		err = open(sim).SaveSnap(snapshot(20, 2, wide("twenty")))
	case err != nil:
		return fmt.Errorf("does not go on after %w: %w", failed, err)
	}
	if err == nil {
		err = afterwards(sim, seed, next)
	}
	if err == nil {
		// The one that failed, once more. A removal that the system has forgotten is not seen again, and may come back.
		err = st.do(open(sim))
		if !errors.Is(failed, snap.ErrNotDurable) || st.name != "purge" {
			failed = nil
		}
	}
	if err == nil {
		err = afterwards(sim, seed, next)
	}
	if _, stat := sim.Stat(kept + "/snap.tmp"); !errors.Is(stat, fs.ErrNotExist) {
		err = errors.Join(err, fmt.Errorf("snap.tmp is left: %v", stat))
	}
	return err
}

// TestFullDisk: a save fails and leaves nothing; a purge needs no space, and then there is some. F11 S10
func TestFullDisk(t *testing.T) {
	t.Parallel()
	sim := faultyDisk(t)
	sim.Inject(disk.Fault{Ops: disk.OpWrite, Err: syscall.ENOSPC, Bytes: 512, Always: true})
	s := open(sim)
	twelve := snapshot(12, 2, wide("twelve"))
	if err := s.SaveSnap(twelve); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), name(12, 2)) || !strings.Contains(err.Error(), "save again") {
		t.Errorf("SaveSnap() on a full disk = %v", err)
	}
	if names, err := sim.List(kept); err != nil || len(names) != 2 {
		t.Errorf("a failed save left %v, %v", names, err)
	}
	sim.Inject(disk.Fault{Ops: disk.OpCreate, Err: syscall.ENOSPC, Always: true})
	if err := s.Purge(meta(9, 2), 1); err != nil {
		t.Errorf("Purge() on a full disk = %v", err)
	}
	sim.Heal()
	if err := errors.Join(s.SaveSnap(twelve), holds(sim.Crash(disk.Lost), 12, "twelve")); err != nil {
		t.Errorf("SaveSnap() with space again: %v", err)
	}
}

// TestLoadSweep makes every operation of a load fail. An older snapshot is never loaded for it, and nothing is renamed. F14 F18
func TestLoadSweep(t *testing.T) {
	t.Parallel()
	for id, fault := range faults() {
		for _, always := range []bool{false, true} {
			fault.Always = always
			for fault.Nth = 1; ; fault.Nth++ {
				sim := faultyDisk(t)
				struck := sim.Inject(fault)
				got, err := snap.New(kept, &snap.Options{FS: sim, RenameBroken: true}).Load()
				if struck() == 0 {
					break
				}
				if err == nil && got.GetMetadata().GetIndex() != 9 || errors.Is(err, snap.ErrCorrupt) || errors.Is(err, snap.ErrNoSnapshot) {
					t.Errorf("%s at %d, always %t: Load() = %d, %v", id, fault.Nth, always, got.GetMetadata().GetIndex(), err)
				}
				if names, err := sim.Kill().List(kept); err != nil || len(names) != 3 {
					t.Errorf("%s at %d: folder holds %v, %v", id, fault.Nth, names, err)
				}
			}
		}
	}
}

// TestFolder: it is created, durably, once; also one that was left by a process that was killed. F7
func TestFolder(t *testing.T) {
	t.Parallel()
	five := snapshot(5, 2, wide("five"))
	for _, there := range []bool{false, true} {
		sim := disk.NewSim()
		if there {
			if err := sim.Mkdir(kept, disk.DirMode); err != nil {
				t.Fatal(err)
			}
		}
		s := open(sim)
		if err := errors.Join(s.SaveSnap(five), holds(sim.Crash(disk.Lost), 5, "five")); err != nil {
			t.Errorf("SaveSnap() with the folder there (%t): %v", there, err)
		}
		made, synced := 0, 0
		for _, e := range sim.Log() {
			switch {
			case e.Op == disk.OpMkdir:
				made++
			case e.Op == disk.OpSyncDir && e.Name == ".":
				synced++
			}
		}
		if made != 1 || synced != 1 {
			t.Errorf("with the folder there (%t), it is made %d times, and its parent synced %d times; want once", there, made, synced)
		}
		sim.ClearLog()
		if err := s.SaveSnap(five); err != nil {
			t.Error(err)
		}
		for _, e := range sim.Log() {
			if e.Op == disk.OpSyncDir && e.Name == "." {
				t.Error("the parent is synced again")
			}
		}
		if info, err := sim.Stat(kept); err != nil || info.Mode().Perm() != disk.DirMode {
			t.Errorf("folder is %v, %v", info, err)
		}
	}
	if err := snap.New("a/b", &snap.Options{FS: disk.NewSim()}).SaveSnap(five); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("SaveSnap() where the parent is missing = %v, want fs.ErrNotExist", err)
	}
	dir := filepath.Join(t.TempDir(), "snap")
	if err := snap.New(filepath.Join(dir, "deeper"), nil).SaveSnap(five); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "must be there") {
		t.Errorf("SaveSnap() where the parent is missing, on the real disk = %v, want fs.ErrNotExist", err)
	}
	s := snap.New(dir, nil)
	if err := errors.Join(s.SaveSnap(five), os.RemoveAll(dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveSnap(five); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("SaveSnap() where the folder was taken away = %v, want fs.ErrNotExist", err)
	}
	sim := disk.NewSim()
	sim.Inject(disk.Fault{Ops: disk.OpSyncDir, Name: "."})
	s = open(sim)
	for range 2 {
		if err := s.SaveSnap(five); !errors.Is(err, snap.ErrNotDurable) {
			t.Errorf("SaveSnap() in a folder that may be lost = %v, want ErrNotDurable", err)
		}
	}
}
