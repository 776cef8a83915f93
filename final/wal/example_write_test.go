package wal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/raft/v3"
	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// A new log in a real folder. Nil options are etcd's: segments of 64 MB, and the next one made in the background.
func ExampleCreate() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	w, err := wal.Create(filepath.Join(dir, "wal"), []byte("node 1"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	state := &raftpb.HardState{Term: new(uint64(1)), Vote: new(uint64(1)), Commit: new(uint64(0))}
	entries := []*raftpb.Entry{{Index: new(uint64(1)), Term: new(uint64(1)), Data: []byte("x=1")}}
	fmt.Println("saved:", w.Save(state, entries)) // durable: tell the others now
	fmt.Println("closed:", w.Close())

	// A second Create does not overwrite it.
	_, err = wal.Create(filepath.Join(dir, "wal"), []byte("node 1"), nil)
	fmt.Println("exists:", errors.Is(err, wal.ErrExist))
	// Output:
	// saved: <nil>
	// closed: <nil>
	// exists: true
}

// A restart: what the log holds goes back into raft's memory, and the log goes on behind it. The disk is one that has just lost power: what Save
// had acknowledged is there.
func ExampleOpen() {
	sim := disk.NewSim() // a real folder with nil options; everything else is the same
	opts := &wal.Options{FS: sim}
	w, err := wal.Create("wal", []byte("node 1"), opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Save(hs(1, 1, 0), ents(1, 3, 1)))
	sim = sim.Crash(disk.Lost)

	opts = &wal.Options{FS: sim}
	w, err = wal.Open("wal", nil, opts) // nil: there is no snapshot
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	metadata, state, entries, err := w.ReadAll()
	if err != nil {
		fmt.Println(err) // do not start the node
		return
	}
	storage := raft.NewMemoryStorage()
	storage.SetHardState(state)
	storage.Append(entries)
	last, _ := storage.LastIndex()
	fmt.Printf("%s is at entry %d, term %d\n", metadata, last, state.GetTerm())
	fmt.Println(w.Save(hs(2, 1, 3), ents(4, 4, 2)))
	// Output:
	// <nil>
	// node 1 is at entry 3, term 1
	// <nil>
}

// A snapshot lets the log forget. The order matters: the snapshot's file first, durably (package snap); then its record; then the release.
func ExampleWAL_ReleaseLockTo() {
	sim := disk.NewSim()
	w, err := wal.Create("wal", []byte("node 1"), &wal.Options{FS: sim, SegmentSize: 512, NoBackground: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	for i := uint64(1); i <= 40; i++ {
		if err := w.Save(hs(1, 1, i-1), ents(i, i, 1)); err != nil {
			fmt.Println(err)
			return
		}
	}
	show := func() {
		files, _ := sim.List("wal")
		fmt.Println(len(w.Segments()), "segments held,", len(files), "files")
	}
	show()
	m := &raftpb.SnapshotMetadata{Index: new(uint64(30)), Term: new(uint64(1)), ConfState: &raftpb.ConfState{Voters: []uint64{1}}}
	fmt.Println(w.SaveSnapshot(m), w.ReleaseLockTo(30))
	show()
	fmt.Println(w.Purge())
	show()
	// Output:
	// 5 segments held, 5 files
	// <nil> <nil>
	// 2 segments held, 5 files
	// <nil>
	// 2 segments held, 2 files
}

// A torn tail costs nothing that was acknowledged; of the Save that was under way, what has arrived whole is kept. Opened for writing, the log is
// cut off there, after a copy of all that the segment held.
func ExampleWAL_ReadAll_tornTail() {
	sim, opts := crashed()
	w, err := wal.Open("wal", nil, opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	_, _, entries, err := w.ReadAll()
	fmt.Println(len(entries), err)
	fmt.Println(w.Tail().Torn, w.Tail().Copy)
	_, err = sim.Stat("wal/" + w.Tail().Copy)
	fmt.Println(err)
	fmt.Println(w.Save(hs(1, 1, 3), ents(4, 4, 1)))
	// Output:
	// 3 <nil>
	// true 0000000000000000-0000000000000000.wal.broken
	// <nil>
	// <nil>
}

// crashed returns a disk on which a process has died inside its second Save, of which 40 bytes arrived: entry 3, and a quarter of entry 4.
func crashed() (*disk.Sim, *wal.Options) {
	sim := disk.NewSim()
	w, _ := wal.Create("wal", nil, &wal.Options{FS: sim, NoBackground: true, SegmentSize: 4096})
	w.Save(hs(1, 1, 0), ents(1, 2, 1))
	sim.Inject(disk.Fault{Ops: disk.OpWrite, Bytes: 40})
	w.Save(hs(1, 1, 1), ents(3, 4, 1)) // its error is the last thing that the process sees
	sim = sim.Kill()
	return sim, &wal.Options{FS: sim, NoBackground: true, SegmentSize: 4096}
}

// A program that wants to decide itself opens its log with Strict. Repair then does what TornTail would have done, and reports it. A second Repair has
// nothing to do.
func ExampleRepair() {
	_, opts := crashed()
	strict := *opts
	strict.Recovery = wal.Strict
	_, err := wal.Verify("wal", nil, &strict)
	fmt.Println("torn:", errors.Is(err, wal.ErrTorn))

	report, err := wal.Repair("wal", opts)
	fmt.Println(report.Segment, report.Offset, report.Cut, err)
	again, err := wal.Repair("wal", opts)
	fmt.Println(again, err)
	_, err = wal.Verify("wal", nil, &strict)
	fmt.Println("torn:", errors.Is(err, wal.ErrTorn))
	// Output:
	// torn: true
	// 0000000000000000-0000000000000000.wal 176 8 <nil>
	// nothing to repair <nil>
	// torn: false
}

// Report prints as a sentence.
func ExampleReport() {
	_, opts := crashed()
	report, err := wal.Repair("wal", opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	report.Reason = "…" // what the bytes look like
	fmt.Println(report)
	// Output:
	// cut 8 bytes off 0000000000000000-0000000000000000.wal at offset 176: …; all of it is kept in 0000000000000000-0000000000000000.wal.broken
}

// What was durable and has changed since is refused: nothing is read, nothing can be written, and no byte on the disk is touched.
func ExampleWAL_ReadAll_corrupt() {
	sim := disk.NewSim()
	opts := &wal.Options{FS: sim, NoBackground: true}
	w, err := wal.Create("wal", []byte("node 1"), opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Save(hs(1, 1, 0), ents(1, 3, 1)), w.Save(hs(1, 1, 3), ents(4, 5, 1)), w.Close())
	f, err := sim.Open("wal/0000000000000000-0000000000000000.wal", os.O_RDWR, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	f.WriteAt([]byte{0xff}, 100) // in entry 2

	w, err = wal.Open("wal", nil, opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	_, _, entries, err := w.ReadAll()
	fmt.Println(entries == nil, errors.Is(err, wal.ErrCorrupt))
	err = w.Save(hs(2, 1, 4), ents(6, 6, 2))
	fmt.Println(errors.Is(err, wal.ErrNotRead))
	// Output:
	// <nil> <nil> <nil>
	// true true
	// true
}

// What no raft node saves is refused, and the log goes on. Any other error stays.
func ExampleWAL_Save() {
	w, err := wal.Create("wal", nil, &wal.Options{FS: disk.NewSim(), NoBackground: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	fmt.Println(w.Save(hs(1, 1, 0), ents(1, 3, 1)))
	err = w.Save(nil, ents(7, 8, 1))
	fmt.Println(errors.Is(err, wal.ErrRefused), errors.Is(err, wal.ErrSliceOutOfRange))
	fmt.Println(err)
	fmt.Println(w.Save(hs(2, 1, 1), ents(3, 4, 2))) // a new leader overwrites entry 3
	// Output:
	// <nil>
	// true true
	// wal: refused: entries are missing: entry 7 follows entry 3; nothing was written, and the log goes on
	// <nil>
}

// Observe counts what goes to the disk; whatever keeps your metrics is called from it.
func ExampleEvent() {
	var bytes, syncs int64
	opts := &wal.Options{FS: disk.NewSim(), NoBackground: true, Observe: func(e wal.Event) {
		switch e.Op {
		case wal.OpWrite:
			bytes += e.Bytes
		case wal.OpSync:
			syncs++ // and e.Took
		}
	}}
	w, err := wal.Create("wal", nil, opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	bytes, syncs = 0, 0
	w.Save(hs(1, 1, 0), ents(1, 3, 1))
	w.Save(hs(1, 1, 3), nil) // only the commit moves: not synced
	fmt.Println(bytes, "bytes,", syncs, "sync")
	// Output:
	// 144 bytes, 1 sync
}

func ExampleOp() {
	fmt.Println(wal.OpWrite, wal.OpSync, wal.OpCut, wal.OpRepair)
	// Output:
	// write sync cut repair
}
