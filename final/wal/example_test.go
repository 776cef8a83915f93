package wal_test

import (
	"errors"
	"fmt"

	"example.com/logbook/final/wal"
)

// story returns a log of three Saves and a snapshot in two segments.
func story() *build {
	b := newBuild([]byte("node 1"))
	b.save(hs(1, 1, 0), ents(1, 2, 1)...)
	b.save(hs(1, 1, 2), ent(3, 1)).snapshot(2, 1)
	return b.cut().save(hs(2, 1, 3), ents(4, 5, 2)...)
}

// What a node finds at its start: a log is opened at a snapshot that it has recorded.
func Example() {
	opts := &wal.Options{FS: story().files()} // nil for a real folder
	snaps, err := wal.ValidSnapshotEntries(".", opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	newest := snaps[len(snaps)-1]
	w, err := wal.OpenForRead(".", newest, opts)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	metadata, state, entries, err := w.ReadAll()
	fmt.Printf("%s: behind snapshot %d, term %d, commit %d, %v\n", metadata, newest.GetIndex(), state.GetTerm(), state.GetCommit(), err)
	for _, e := range entries {
		fmt.Printf("%d/%d %s\n", e.GetIndex(), e.GetTerm(), e.GetData())
	}
	// Output:
	// node 1: behind snapshot 2, term 2, commit 3, <nil>
	// 3/1 entry-3
	// 4/2 entry-4
	// 5/2 entry-5
}

// A torn tail is no error unless it is asked for. Tail tells where the log ends.
func ExampleWAL() {
	b := story()
	m := b.files()
	clear(m[b.name][b.size()-16:]) // a crash left the last hard state unfinished
	w, err := wal.OpenForRead(".", nil, &wal.Options{FS: m})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	_, state, entries, err := w.ReadAll()
	fmt.Println(state.GetTerm(), len(entries), err)
	fmt.Println(w.Tail().Torn, w.Tail().Offset)
	// Output:
	// 1 5 <nil>
	// true 128
}

// Data is valid until the next record; Entry, State and Snapshot return copies.
func ExampleRecord() {
	w, err := wal.OpenForRead(".", nil, &wal.Options{FS: story().files()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	for rec, err := range w.Records() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.8s… %4d %08x %v", rec.Segment[8:], rec.Offset, rec.CRC, rec.Type)
		switch rec.Type {
		case wal.TypeEntry:
			e, _ := rec.Entry()
			fmt.Printf(" %d/%d", e.GetIndex(), e.GetTerm())
		case wal.TypeState:
			s, _ := rec.State()
			fmt.Printf(" term %d vote %d commit %d", s.GetTerm(), s.GetVote(), s.GetCommit())
		case wal.TypeSnapshot:
			s, _ := rec.Snapshot()
			fmt.Printf(" %d/%d", s.GetIndex(), s.GetTerm())
		}
		fmt.Println()
	}
	// Output:
	// 00000000…    0 00000000 crc
	// 00000000…   16 33517aed metadata
	// 00000000…   40 2e98dc66 snapshot 0/0
	// 00000000…   64 3750c21c entry 1/1
	// 00000000…   96 9f310d6a entry 2/1
	// 00000000…  128 98a06a1f state term 1 vote 1 commit 0
	// 00000000…  152 a97e8d92 entry 3/1
	// 00000000…  184 247ee967 state term 1 vote 1 commit 2
	// 00000000…  208 a6c45aad snapshot 2/1
	// 00000001…    0 a6c45aad crc
	// 00000001…   16 a3ae9d18 metadata
	// 00000001…   40 6b82cc93 state term 1 vote 1 commit 2
	// 00000001…   64 4df3e727 entry 4/2
	// 00000001…   96 e960b515 entry 5/2
	// 00000001…  128 498a0e8e state term 2 vote 1 commit 3
}

func ExampleTail() {
	w, err := wal.OpenForRead(".", nil, &wal.Options{FS: story().files()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	for range w.Records() {
	}
	t := w.Tail()
	fmt.Printf("%s ends at %d, checksum %08x, torn: %v\n", t.Segment, t.Offset, t.CRC, t.Torn)
	// Output:
	// 0000000000000001-0000000000000004.wal ends at 152, checksum 498a0e8e, torn: false
}

func ExampleSegment() {
	w, err := wal.OpenForRead(".", nil, &wal.Options{FS: story().files()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	for _, s := range w.Segments() {
		fmt.Println(s.Name, s.Seq, s.Index, s.Size)
	}
	// Output:
	// 0000000000000000-0000000000000000.wal 0 0 240
	// 0000000000000001-0000000000000004.wal 1 4 8344
}

func ExampleRecordType() {
	fmt.Println(wal.TypeMetadata, wal.TypeEntry, wal.TypeState, wal.TypeCRC, wal.TypeSnapshot, wal.RecordType(9))
	// Output:
	// metadata entry state crc snapshot 9
}

func ExampleCorruptError() {
	b := story()
	m := b.files()
	m[b.name][b.size()-1]++ // in the last hard state, of which no byte is missing
	_, err := wal.Verify(".", nil, &wal.Options{FS: m})
	if corrupt, ok := errors.AsType[*wal.CorruptError](err); ok {
		fmt.Println(corrupt.Segment, corrupt.Offset, corrupt.Reason)
	}
	fmt.Println(errors.Is(err, wal.ErrCorrupt))
	// Output:
	// 0000000000000001-0000000000000004.wal 128 checksum is 498a0e8e, the bytes give 9d406a65; every byte of it was written, so that no crash explains it
	// true
}

func ExampleTornError() {
	b := story()
	m := b.files()
	m[b.name] = m[b.name][:b.size()-5] // the file ends early
	_, err := wal.Verify(".", nil, &wal.Options{FS: m, Recovery: wal.Strict})
	if torn, ok := errors.AsType[*wal.TornError](err); ok {
		fmt.Println(torn.Offset, torn.Reason)
	}
	// Output:
	// 128 the file ends at 147, inside a frame of 24 bytes
}

// Salvage reads on behind damage, and tells of it.
func ExampleRecovery() {
	b := story()
	m := b.files()
	m[m.names()[0]][framesOf(m[m.names()[0]])[4].start+20]++ // in entry 2
	for _, recovery := range []wal.Recovery{wal.TornTail, wal.Salvage} {
		w, err := wal.OpenForRead(".", nil, &wal.Options{FS: m, Recovery: recovery})
		if err != nil {
			fmt.Println(err)
			return
		}
		records, damages := 0, 0
		for _, err := range w.Records() {
			if err != nil {
				damages++
			} else {
				records++
			}
		}
		fmt.Println(records, damages)
		w.Close()
	}
	// Output:
	// 4 1
	// 13 1
}

// The zero value works on a real folder, says nothing, and takes a torn tail for the end.
func ExampleOptions() {
	_, err := wal.Verify("no/such/folder", nil, &wal.Options{Recovery: wal.Strict})
	fmt.Println(err != nil)
	// Output:
	// true
}
