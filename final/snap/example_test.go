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

// Load takes the newest intact file, which the log may never have recorded.
func Example() {
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
