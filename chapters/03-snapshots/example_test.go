package snapshots_test

import (
	"errors"
	"fmt"
	"log"

	"go.etcd.io/raft/v3/raftpb"

	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
)

// example returns a disk with a folder for snapshots, and an open log of three
// entries, committed up to the second.
func example() (*disk.Sim, *snapshots.WAL) {
	sim := disk.NewSim()
	if err := sim.Mkdir("snap", disk.DirMode); err != nil {
		log.Fatal(err)
	}
	w, err := snapshots.Create(sim, "wal", []byte("n1"), &snapshots.Options{SegmentSize: 4096})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Save(state(1, 1, 2), run(1, 1, 3)); err != nil {
		log.Fatal(err)
	}
	return sim, w
}

// What a Save had to sync is there after a loss of power; a commit alone may not
// be. Opened, the log must be read before it is written.
func ExampleWAL() {
	sim, w := example()
	if err := w.Save(state(1, 1, 3), nil); err != nil {
		log.Fatal(err)
	}
	for _, after := range []*disk.Sim{sim.Kill(), sim.Crash(disk.Lost)} {
		w, err := snapshots.Open(after, "wal", nil, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(errors.Is(w.Save(state(2, 0, 3), nil), snapshots.ErrNotRead))
		metadata, state, ents, err := w.ReadAll()
		fmt.Printf("%s: term %d, commit %d, %d entries, %v\n", metadata, state.GetTerm(), state.GetCommit(), len(ents), err)
		if err := w.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// true
	// n1: term 1, commit 3, 3 entries, <nil>
	// true
	// n1: term 1, commit 2, 3 entries, <nil>
}

// What contradicts the log is refused, and nothing is written: the log goes on.
func ExampleWAL_Save() {
	_, w := example()
	fmt.Println(w.Save(nil, run(1, 5, 5)))
	fmt.Println(w.Save(nil, run(2, 2, 3)))
	fmt.Println(w.Save(state(1, 2, 2), nil))
	fmt.Println(w.Save(state(2, 0, 2), run(2, 3, 4))) // not committed, so it may be replaced
	// Output:
	// snapshots: refused: it contradicts the log; nothing was written: entries are missing: entry 5 behind entry 3
	// snapshots: refused: it contradicts the log; nothing was written: entry 2 of term 2 would overwrite one of term 1, which is committed (commit is 2)
	// snapshots: refused: it contradicts the log; nothing was written: the vote in term 1 changes from 1 to 2
	// <nil>
}

// The size of a segment is not its limit: a Save is never split, and the next one
// behind the size is the last.
func ExampleOptions() {
	sim := disk.NewSim()
	w, err := snapshots.Create(sim, "wal", nil, &snapshots.Options{SegmentSize: 512})
	if err != nil {
		log.Fatal(err)
	}
	for i := uint64(1); i <= 3; i++ {
		e := &raftpb.Entry{Term: new(uint64(1)), Index: &i, Data: make([]byte, 1000)}
		if err := w.Save(state(1, 1, i), []*raftpb.Entry{e}); err != nil {
			log.Fatal(err)
		}
		files, _ := sim.List("wal")
		fmt.Println(len(files))
	}
	// Output:
	// 1
	// 2
	// 2
}

// A file without its record in the log is the leftover of a crash. Load takes it
// all the same; Match does not.
func ExampleSnapshotter() {
	sim, w := example()
	s := snapshots.New(sim, "snap")
	for _, err := range []error{
		s.SaveSnap(snapshotAt(1, 1)), w.SaveSnapshot(meta(1, 1)), // file, then record
		s.SaveSnap(snapshotAt(2, 1)), // and here it was interrupted
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	loaded, err := s.Load()
	fmt.Println("load:", loaded.GetMetadata().GetIndex(), err)
	matched, err := snapshots.Match(sim, "wal", s)
	fmt.Println("match:", matched.GetMetadata().GetIndex(), err)
	// Output:
	// load: 2 <nil>
	// match: 1 <nil>
}

// A corrupt file is passed over for an older one, and kept under another name.
// That there was one is not an error: ask.
func ExampleCorruptError() {
	sim, _ := example()
	s := snapshots.New(sim, "snap")
	if err := errors.Join(s.SaveSnap(snapshotAt(1, 1)), s.SaveSnap(snapshotAt(2, 1))); err != nil {
		log.Fatal(err)
	}
	f, err := sim.Open("snap/0000000000000001-0000000000000002.snap", 2, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(f.Truncate(10), f.Close()); err != nil {
		log.Fatal(err)
	}
	snap, err := s.Load()
	fmt.Println(snap.GetMetadata().GetIndex(), err)
	for _, err := range s.PassedOver() {
		bad, _ := errors.AsType[*snapshots.CorruptError](err)
		fmt.Println(bad.File, errors.Is(err, snapshots.ErrCorrupt))
	}
	// Output:
	// 1 <nil>
	// 0000000000000001-0000000000000002.snap true
}

// The segments before a snapshot go in two steps: given up, and removed. The last
// one that begins before the snapshot stays.
func ExampleWAL_ReleaseLockTo() {
	sim := disk.NewSim()
	w, err := snapshots.Create(sim, "wal", nil, &snapshots.Options{SegmentSize: 1})
	if err != nil {
		log.Fatal(err)
	}
	for i := uint64(1); i <= 4; i++ {
		if err := w.Save(state(1, 1, i), run(1, i, i)); err != nil {
			log.Fatal(err)
		}
	}
	if err := errors.Join(w.SaveSnapshot(meta(4, 1)), w.ReleaseLockTo(4), w.Purge()); err != nil {
		log.Fatal(err)
	}
	files, err := sim.List("wal")
	for _, f := range files {
		fmt.Println(f.Name())
	}
	fmt.Println(err)
	// Output:
	// 0000000000000002-0000000000000003.wal
	// 0000000000000003-0000000000000004.wal
	// 0000000000000004-0000000000000005.wal
	// <nil>
}
