package snap_test

import (
	"errors"
	"fmt"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/snap"
)

// example returns a disk with three snapshots: 9 is damaged, and the log has never recorded 12.
func example() disk.FS {
	file := func(index uint64, data string) []byte { return mustEncode(snapshot(index, 2, data)) }
	damaged := file(9, "nine")
	damaged[len(damaged)-1] ^= 1
	return mustFolder(map[string][]byte{name(5, 2): file(5, "five"), name(9, 2): damaged, name(12, 2): file(12, "twelve")})
}

// A node saves a snapshot, and loads it after a restart. The pitfall: the file alone is not enough, the log must record it before
// anything is built on it.
func Example() {
	fsys := disk.NewSim() // a real program leaves Options.FS out
	s := snap.New("snap", &snap.Options{FS: fsys})
	snapshot := &raftpb.Snapshot{
		Data: []byte("all keys and values"),
		Metadata: &raftpb.SnapshotMetadata{
			Index: new(uint64(41)), Term: new(uint64(2)),
			ConfState: &raftpb.ConfState{Voters: []uint64{1, 2, 3}},
		},
	}
	fmt.Println(s.SaveSnap(snapshot))
	// Here the log records snapshot.Metadata: wal.SaveSnapshot.

	restarted := snap.New("snap", &snap.Options{FS: fsys.Crash(disk.Lost)}) // the power was gone
	recorded := []*raftpb.SnapshotMetadata{snapshot.Metadata}               // from wal.ValidSnapshotEntries
	loaded, err := restarted.LoadNewestAvailable(recorded)
	fmt.Printf("%s %v\n", loaded.GetData(), err)
	// Output:
	// <nil>
	// all keys and values <nil>
}

// Purge needs to know what the log has recorded. Here it has not recorded 12: if 5 had to go for 12, the node could not start.
func ExampleSnapshotter_Purge() {
	fsys := mustFolder(nil)
	s := snap.New(".", &snap.Options{FS: fsys})
	for _, index := range []uint64{3, 4, 5, 12} {
		if err := s.SaveSnap(snapshot(index, 2, "state")); err != nil {
			fmt.Println(err)
		}
	}
	recorded := &raftpb.SnapshotMetadata{Index: new(uint64(5)), Term: new(uint64(2))}
	fmt.Println(s.Purge(recorded, 2))
	files, _ := s.List()
	for _, f := range files {
		fmt.Println(f.Index)
	}
	// Output:
	// <nil>
	// 12
	// 5
	// 4
}

// What cannot be used is refused before anything is written.
func ExampleSnapshotter_SaveSnap() {
	s := snap.New(".", &snap.Options{FS: mustFolder(nil)})
	err := s.SaveSnap(&raftpb.Snapshot{
		Metadata: &raftpb.SnapshotMetadata{Index: new(uint64(41)), Term: new(uint64(2))},
	})
	fmt.Println(errors.Is(err, snap.ErrRefused))
	fmt.Println(err)
	fmt.Println(s.SaveSnap(nil)) // as a raft.Ready without one has it
	// Output:
	// true
	// snap: save 0000000000000002-0000000000000029.snap: refused, nothing was written: the snapshot has no conf state, and a node that starts from it would have no members; give it the one of its index
	// <nil>
}

// Events are for metrics. Took is left out here, because it differs each time.
func ExampleEvent() {
	s := snap.New(".", &snap.Options{
		FS:      mustFolder(nil),
		Observe: func(e snap.Event) { fmt.Println(e.Op, e.File, e.Bytes) },
	})
	s.SaveSnap(snapshot(41, 2, "state"))
	s.Load()
	// Output:
	// sync 0000000000000002-0000000000000029.snap 27
	// save 0000000000000002-0000000000000029.snap 27
	// load 0000000000000002-0000000000000029.snap 27
}

func ExampleOp() {
	count := map[snap.Op]int{}
	s := snap.New(".", &snap.Options{FS: example(), Observe: func(e snap.Event) { count[e.Op]++ }})
	recorded := []*raftpb.SnapshotMetadata{
		{Index: new(uint64(5)), Term: new(uint64(2))},
		{Index: new(uint64(9)), Term: new(uint64(2))},
	}
	s.LoadNewestAvailable(recorded)
	fmt.Println(count[snap.OpLoad], "loaded,", count[snap.OpReject], "rejected")
	// Output: 1 loaded, 1 rejected
}

// Load takes the newest intact file, which the log may never have recorded.
func ExampleSnapshotter_Load() {
	s := snap.New(".", &snap.Options{FS: example()})
	loaded, err := s.Load()
	fmt.Println(string(loaded.GetData()), err)

	recorded := []*raftpb.SnapshotMetadata{ // from wal.ValidSnapshotEntries
		{Index: new(uint64(5)), Term: new(uint64(2))},
		{Index: new(uint64(9)), Term: new(uint64(2))},
	}
	loaded, err = s.LoadNewestAvailable(recorded)
	fmt.Println(string(loaded.GetData()), err)
	// Output:
	// twelve <nil>
	// five <nil>
}

// An older snapshot than the newest was loaded: the caller must look at what was rejected.
func ExampleSnapshotter() {
	s := snap.New(".", &snap.Options{FS: example()})
	recorded := []*raftpb.SnapshotMetadata{
		{Index: new(uint64(5)), Term: new(uint64(2))},
		{Index: new(uint64(9)), Term: new(uint64(2))},
	}
	if _, err := s.LoadNewestAvailable(recorded); err != nil {
		fmt.Println(err)
	}
	for _, r := range s.Rejected() {
		fmt.Println(r.File, errors.Is(r.Err, snap.ErrCorrupt))
	}
	// Output:
	// 0000000000000002-0000000000000009.snap true
}

func ExampleOptions() {
	fsys := example()
	s := snap.New(".", &snap.Options{FS: fsys, RenameBroken: true})
	recorded := []*raftpb.SnapshotMetadata{{Index: new(uint64(9)), Term: new(uint64(2))}}
	_, err := s.LoadNewestAvailable(recorded)
	fmt.Println(errors.Is(err, snap.ErrNoSnapshot))
	entries, _ := fsys.List(".")
	for _, e := range entries {
		fmt.Println(e.Name())
	}
	// Output:
	// true
	// 0000000000000002-0000000000000005.snap
	// 0000000000000002-0000000000000009.snap.broken
	// 0000000000000002-000000000000000c.snap
}

func ExampleRejected() {
	s := snap.New(".", &snap.Options{FS: mustFolder(map[string][]byte{name(9, 2): mustEncode(snapshot(5, 2, "five"))})})
	s.Load()
	for _, r := range s.Rejected() {
		fmt.Println(r.Err)
	}
	// Output:
	// snap: 0000000000000002-0000000000000009.snap: snapshot file has another snapshot's name: it holds term 2, index 5; give it back its name, or move it away
}

func ExampleCorruptError() {
	_, err := snap.Read(name(9, 2), &snap.Options{FS: example()})
	if corrupt, ok := errors.AsType[*snap.CorruptError](err); ok {
		fmt.Println(corrupt.File)
		fmt.Println(corrupt.Reason)
	}
	// Output:
	// 0000000000000002-0000000000000009.snap
	// checksum is bbf1c32f, the bytes give 499a402c
}

func ExampleFile() {
	files, err := snap.New(".", &snap.Options{FS: example()}).List()
	for _, f := range files {
		fmt.Println(f.Name, f.Term, f.Index)
	}
	fmt.Println(err)
	// Output:
	// 0000000000000002-000000000000000c.snap 2 12
	// 0000000000000002-0000000000000009.snap 2 9
	// 0000000000000002-0000000000000005.snap 2 5
	// <nil>
}

func ExampleRead() {
	s, err := snap.Read(name(5, 2), &snap.Options{FS: example()})
	fmt.Printf("%s %d %v %v\n", s.GetData(), s.GetMetadata().GetIndex(), s.GetMetadata().GetConfState().GetVoters(), err)
	// Output:
	// five 5 [1 2] <nil>
}
