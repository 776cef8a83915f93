package wal_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/wal"
)

// report is what etcd reads from a directory, but for its snapshot files.
type report struct {
	Records    map[string]int
	LastOffset map[string]int64
	LastCRC    string
	Snapshots  []snapshotReport
	Reads      []readReport
}

type snapshotReport struct {
	Index, Term                                    uint64
	Voters, Learners, VotersOutgoing, LearnersNext []uint64 `json:",omitempty"`
}

type readReport struct {
	Start              struct{ Index, Term uint64 }
	Error              string `json:",omitempty"`
	Metadata           string
	Term, Vote, Commit uint64
	Entries            int
	First, Last        *entryReport `json:",omitempty"`
	Digest             string
}

type entryReport struct {
	Index, Term uint64
	Type        string
	Size        int
	SHA256      string
}

// TestFixtures reads every directory that a real etcd has written, in both dialects, as etcd itself reads it. B01
func TestFixtures(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures.Names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want report
			if err := json.Unmarshal(fixtures.JSON(t, name), &want); err != nil {
				t.Fatal(err)
			}
			got := reportOf(t, filepath.Join(fixtures.Unpack(t, name), "wal"))
			presence := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Reads.Error" },
				cmp.Comparer(func(a, b string) bool { return (a == "") == (b == "") }))
			if diff := cmp.Diff(want, got, presence); diff != "" {
				t.Errorf("reading %s mismatch (-want +got):\n%s", name, diff)
			}
		})
	}
}

// reportOf reads a log with everything the package has.
func reportOf(t *testing.T, dir string) report {
	t.Helper()
	r := report{Records: map[string]int{}, LastOffset: map[string]int64{}}
	w, err := wal.OpenForRead(dir, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for rec, err := range w.Records() {
		if err != nil {
			t.Fatal(err)
		}
		r.Records[rec.Type.String()]++
		r.LastOffset[rec.Segment] = rec.End()
	}
	r.LastCRC = fmt.Sprintf("%08x", w.Tail().CRC)
	snaps, err := wal.ValidSnapshotEntries(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range snaps {
		c := s.GetConfState()
		r.Snapshots = append(r.Snapshots, snapshotReport{s.GetIndex(), s.GetTerm(), c.GetVoters(), c.GetLearners(), c.GetVotersOutgoing(), c.GetLearnersNext()})
		r.Reads = append(r.Reads, readAt(t, dir, s))
	}
	return r
}

// readAt opens the log at a snapshot and reads it.
func readAt(t *testing.T, dir string, snap *raftpb.SnapshotMetadata) readReport {
	t.Helper()
	var r readReport
	r.Start.Index, r.Start.Term = snap.GetIndex(), snap.GetTerm()
	w, err := wal.OpenForRead(dir, snap, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	metadata, state, ents, err := w.ReadAll()
	if err != nil {
		r.Error = err.Error()
		return r
	}
	if _, err := wal.Verify(dir, snap, nil); err != nil {
		t.Errorf("Verify() at %v: %v", snap, err)
	}
	r.Metadata = hex.EncodeToString(metadata)
	r.Term, r.Vote, r.Commit = state.GetTerm(), state.GetVote(), state.GetCommit()
	r.Entries = len(ents)
	digest := sha256.New()
	for i, e := range ents {
		sum := sha256.Sum256(e.GetData())
		er := entryReport{e.GetIndex(), e.GetTerm(), e.GetType().String(), len(e.GetData()), hex.EncodeToString(sum[:])}
		fmt.Fprintf(digest, "%d %d %s %d %s\n", er.Index, er.Term, er.Type, er.Size, er.SHA256)
		if i == 0 {
			r.First = &er
		}
		r.Last = &er
	}
	r.Digest = hex.EncodeToString(digest.Sum(nil))
	return r
}
