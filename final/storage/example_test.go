package storage_test

import (
	"errors"
	"fmt"

	"go.etcd.io/raft/v3"
	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/storage"
)

// A node starts three times: new; with its snapshot, behind a loss of power; and without its log, which is refused although a snapshot is there: to begin
// anew would forget its vote.
func Example() {
	sim := disk.NewSim() // a real program leaves Options.FS out
	for _, loss := range []string{"", "power", "log"} {
		switch loss {
		case "power":
			sim = sim.Crash(disk.Lost)
		case "log":
			sim.Rename("node/wal", "node/wal.old")
		}
		if err := life(sim); errors.Is(err, storage.ErrNoLog) {
			fmt.Println(err)
		}
	}
	// Output:
	// new node, snapshot 0, 0 entries behind it
	// node 1, snapshot 2, 1 entries behind it
	// storage: node: no log, but the node has run before: there is no segment in node/wal, but there is node/snap/0000000000000001-0000000000000002.snap: put the log back; if it is lost, replace this member: remove it from its group, and add it under a new id with an empty folder; put back no copy that is older than the node's last write
}

// life is a node's life: it starts, and saves what raft would have it save.
func life(fsys disk.FS) error {
	s, err := storage.Open("node", []byte("node 1"), &storage.Options{FS: fsys})
	if err != nil {
		return err // do not start the node
	}
	defer s.WAL.Close()
	memory := raft.NewMemoryStorage()
	if s.Snapshot != nil {
		memory.ApplySnapshot(s.Snapshot)
	}
	memory.SetHardState(s.HardState)
	memory.Append(s.Entries)
	who := string(s.Metadata)
	if s.New {
		who = "new node"
	}
	fmt.Printf("%s, snapshot %d, %d entries behind it\n", who, s.Snapshot.GetMetadata().GetIndex(), len(s.Entries))
	if !s.New {
		return nil
	}
	if err := s.WAL.Save(hs(1, 1, 3), run(1, 1, 3)); err != nil {
		return err
	}
	snapshot := &raftpb.Snapshot{Metadata: &raftpb.SnapshotMetadata{
		Index: new(uint64(2)), Term: new(uint64(1)), ConfState: &raftpb.ConfState{Voters: []uint64{1}},
	}}
	if err := s.Snap.SaveSnap(snapshot); err != nil { // the file first
		return err
	}
	return s.WAL.SaveSnapshot(snapshot.Metadata)
}

// A folder that is empty is a new node's, or one on a disk that is not mounted. Who knows that the node has run says so.
func ExampleOptions() {
	_, err := storage.Open("node", nil, &storage.Options{FS: disk.NewSim(), MustExist: true})
	fmt.Println(errors.Is(err, storage.ErrNoLog))
	fmt.Println(err)
	// Output:
	// true
	// storage: node: no log, but the node has run before: there is no segment in node/wal; check the path, or put the log back
}

// Storage holds the log and the snapshots, and what raft goes on from.
func ExampleStorage() {
	sim := disk.NewSim()
	s, err := storage.Open("node", []byte("node 1"), &storage.Options{FS: sim})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.New, s.Snapshot == nil, raft.IsEmptyHardState(s.HardState), len(s.Entries))
	fmt.Println(s.WAL.Save(hs(1, 1, 0), run(1, 1, 2)), s.WAL.Close())
	// Output:
	// true true true 0
	// <nil> <nil>
}
