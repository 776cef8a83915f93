// Demo shows, for the pages of the book, what chapter 3's code makes of raft's
// vocabulary. The disk is one in memory: nothing of yours is touched.
//
//	go run ./chapters/03-snapshots/demo save       what a Save writes, and what it syncs
//	go run ./chapters/03-snapshots/demo overwrite  entries that replace others, read back from three places
//	go run ./chapters/03-snapshots/demo file       a snapshot file, and the steps that make it
//	go run ./chapters/03-snapshots/demo release    which segments a snapshot makes superfluous
//	go run ./chapters/03-snapshots/demo matrix     file first or record first: every order, every crash
//
// It exits with 2 when it is called otherwise.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.etcd.io/raft/v3/raftpb"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/layout"
)

const usage = "usage: go run ./chapters/03-snapshots/demo save | overwrite | file | release | matrix\n"

func main() {
	scenes := map[string]func(io.Writer) error{
		"save": save, "overwrite": overwrite, "file": file, "release": release, "matrix": orders,
	}
	if len(os.Args) != 2 || scenes[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := scenes[os.Args[1]](os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// state returns a hard state.
func state(term, vote, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: &term, Vote: &vote, Commit: &commit}
}

// fruits returns the entries from first to last, of one term.
func fruits(term, first, last uint64) []*raftpb.Entry {
	names := []string{"apple", "berry", "cherry", "damson", "elder", "fig", "grape"}
	var ents []*raftpb.Entry
	for i := first; i <= last; i++ {
		ents = append(ents, &raftpb.Entry{Term: new(term), Index: new(i), Data: []byte(names[(i-1)%7])})
	}
	return ents
}

// snapshot returns a snapshot.
func snapshot(index, term uint64) *raftpb.Snapshot {
	return &raftpb.Snapshot{
		Data:     []byte("apple, berry, cherry"),
		Metadata: &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: &raftpb.ConfState{Voters: []uint64{1, 2, 3}}},
	}
}

// create makes a log on a new disk, which has a folder for snapshots.
func create(size int64) (*disk.Sim, *snapshots.WAL, error) {
	sim := disk.NewSim()
	if err := sim.Mkdir("snap", disk.DirMode); err != nil {
		return nil, nil, err
	}
	w, err := snapshots.Create(sim, "wal", []byte("n1"), &snapshots.Options{SegmentSize: size})
	return sim, w, err
}

// save follows four Saves, and looks what is left of them when the process dies,
// and when the power fails.
func save(w io.Writer) error {
	sim, log, err := create(4096)
	if err != nil {
		return err
	}
	for _, s := range []struct {
		what  string
		state *raftpb.HardState
		ents  []*raftpb.Entry
	}{
		{"entries 1 to 3, term 1, vote 2", state(1, 2, 0), fruits(1, 1, 3)},
		{"commit 2", state(1, 2, 2), nil},
		{"commit 3", state(1, 2, 3), nil},
		{"term 2, nothing else", state(2, 0, 3), nil},
	} {
		sim.ClearLog()
		if err := log.Save(s.state, s.ents); err != nil {
			return err
		}
		did := ""
		for _, e := range sim.Log() {
			if e.Op == disk.OpWrite || e.Op == disk.OpSync {
				did += e.Op.String() + " "
			}
		}
		fmt.Fprintf(w, "%-32s %-12s killed: %-28s power lost: %s\n", s.what, did, look(sim.Kill(), nil), look(sim.Crash(disk.Lost), nil))
	}
	return nil
}

// look says what a log holds, read from a snapshot on.
func look(fsys disk.FS, at *raftpb.SnapshotMetadata) string {
	w, err := snapshots.Open(fsys, "wal", at, &snapshots.Options{SegmentSize: 512})
	if err != nil {
		return err.Error()
	}
	defer w.Close()
	_, s, ents, err := w.ReadAll()
	if err != nil {
		return strings.TrimPrefix(err.Error(), "snapshots: ")
	}
	text := fmt.Sprintf("term %d commit %d", s.GetTerm(), s.GetCommit())
	for i, e := range ents {
		if i == 0 {
			text += ","
		}
		text += fmt.Sprintf(" %d/%d", e.GetIndex(), e.GetTerm())
	}
	return text
}

// overwrite saves entries that a new leader replaces, and a snapshot, and reads
// the log from three places.
func overwrite(w io.Writer) error {
	sim, log, err := create(4096)
	if err != nil {
		return err
	}
	if err := errors.Join(
		log.Save(state(1, 2, 2), fruits(1, 1, 6)),
		log.Save(state(2, 3, 2), fruits(2, 4, 5)),
		log.Save(state(2, 3, 5), nil),
		log.SaveSnapshot(snapshot(2, 1).GetMetadata()), log.SaveSnapshot(snapshot(5, 2).GetMetadata()),
		log.Close()); err != nil {
		return err
	}
	fmt.Fprintln(w, "saved:    1/1 2/1 3/1 4/1 5/1 6/1, then 4/2 5/2, then the snapshots 2/1 and 5/2")
	for _, at := range []*raftpb.SnapshotMetadata{nil, snapshot(2, 1).GetMetadata(), snapshot(5, 2).GetMetadata(), snapshot(3, 1).GetMetadata()} {
		fmt.Fprintf(w, "from %d/%d: %s\n", at.GetIndex(), at.GetTerm(), look(sim, at))
	}
	return nil
}

// file saves a snapshot, prints what is done to the disk, and dumps the file.
func file(w io.Writer) error {
	sim, _, err := create(512)
	if err != nil {
		return err
	}
	sim.Watch(func(e disk.Event) {
		if e.Op&disk.OpChanges != 0 {
			fmt.Fprintln(w, e)
		}
	})
	if err := snapshots.New(sim, "snap").SaveSnap(snapshot(3, 1)); err != nil {
		return err
	}
	sim.Watch(nil)
	f, err := sim.Open("snap/0000000000000001-0000000000000003.snap", os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err != nil {
		return err
	}
	return errors.Join((&layout.Options{Snap: true}).Dump(w, f, size), f.Close())
}

// release gives up what lies before a snapshot.
func release(w io.Writer) error {
	sim, log, err := create(1) // every Save begins a segment
	if err != nil {
		return err
	}
	for i := uint64(1); i <= 6; i++ {
		if err := log.Save(state(1, 2, i), fruits(1, i, i)); err != nil {
			return err
		}
	}
	if err := errors.Join(snapshots.New(sim, "snap").SaveSnap(snapshot(3, 1)), log.SaveSnapshot(snapshot(3, 1).GetMetadata())); err != nil {
		return err
	}
	list(w, "before", sim)
	if err := errors.Join(log.ReleaseLockTo(3), log.Purge()); err != nil {
		return err
	}
	list(w, "after ReleaseLockTo(3) and Purge", sim)
	fmt.Fprintf(w, "from 3/1: %s\nfrom 0/0: %s\n", look(sim.Crash(disk.Lost), snapshot(3, 1).GetMetadata()), look(sim.Crash(disk.Lost), nil))
	return nil
}

// list prints the segments of a log.
func list(w io.Writer, title string, fsys disk.FS) {
	names, _ := segments.List(fsys, "wal")
	fmt.Fprintf(w, "%s:\n  %s\n", title, strings.Join(names, "\n  "))
}
