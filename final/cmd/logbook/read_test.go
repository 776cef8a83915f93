package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/testing/protocmp"

	"example.com/logbook/final/wal"
)

// What inspect finds in constant memory is what ReadAll returns, also where the log
// was overwritten or replaced.
func TestReadAtAgreesWithReadAll(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(b *builder){
		"plain": func(b *builder) {
			b.entries(1, 5, 1)
			b.state(1, 5)
			b.snapshot(3, 1)
			b.begin(6)
			b.state(1, 5)
			b.entries(6, 9, 1)
			b.state(1, 9)
		},
		// W02a: what overwrites below the start takes what lies behind it away.
		"overwritten_below_the_start": func(b *builder) {
			b.entries(1, 5, 1)
			b.entries(3, 4, 2)
			b.state(2, 4)
			b.snapshot(4, 2)
		},
		// W02b: a leader's snapshot replaces a log that it contradicts.
		"replaced_by_a_leader": func(b *builder) {
			b.entries(1, 10, 1)
			b.state(1, 5)
			b.snapshot(8, 3)
			b.state(3, 8)
			b.entries(9, 11, 3)
			b.state(3, 11)
		},
		"replaced_far_ahead": func(b *builder) {
			b.entries(1, 3, 1)
			b.state(1, 3)
			b.snapshot(3, 1)
			b.snapshot(70, 2)
			b.state(2, 70)
			b.entries(71, 75, 2)
			b.state(2, 74)
			b.snapshot(72, 2)
		},
		"replaced_with_nothing_behind": func(b *builder) {
			b.entries(1, 10, 1)
			b.snapshot(8, 3)
			b.state(3, 8)
		},
		// The name of the second segment leads there; the snapshot is in the first.
		"names_go_backwards": func(b *builder) {
			b.entries(1, 10, 1)
			b.state(1, 5)
			b.snapshot(5, 1)
			b.begin(3)
			b.state(1, 5)
			b.entries(6, 8, 2)
			b.state(2, 7)
			b.snapshot(7, 2)
		},
		// Nothing in this log is committed by a hard state, so the snapshot counts at once.
		"without_a_hard_state": func(b *builder) {
			b.entries(1, 10, 1)
			b.snapshot(8, 3)
			b.entries(9, 12, 3)
		},
		"interrupted_twice": func(b *builder) {
			b.entries(1, 10, 1)
			b.state(1, 5)
			b.snapshot(100, 3)
			b.entries(101, 102, 3)
			b.begin(101)
			b.state(4, 5)
			b.snapshot(120, 4)
			b.entries(121, 122, 4)
			b.entries(11, 12, 5)
			b.state(5, 11)
		},
		// Nothing says that the larger one is not the newer one.
		"a_smaller_one_behind_an_interrupted_one": func(b *builder) {
			b.entries(1, 6, 1)
			b.state(1, 3)
			b.snapshot(8, 6)
			b.entries(9, 9, 6)
			b.snapshot(10, 7)
			b.snapshot(8, 6)
			b.state(8, 8)
		},
		// Reading from 4 begins in the second segment, which records that index with another term.
		"recorded_before_with_another_term": func(b *builder) {
			b.entries(1, 2, 1)
			b.state(1, 2)
			b.snapshot(4, 2)
			b.begin(3)
			b.state(2, 2)
			b.entries(3, 5, 3)
			b.state(3, 5)
			b.snapshot(4, 3)
		},
		// Reading from 5 begins in the second segment, whose name says that 7 is a leader's.
		"recorded_before_with_a_gap_behind": func(b *builder) {
			b.entries(1, 2, 1)
			b.state(1, 2)
			b.snapshot(5, 2)
			b.begin(3)
			b.state(2, 2)
			b.snapshot(7, 3)
			b.entries(8, 9, 3)
			b.entries(3, 6, 4)
			b.state(4, 5)
		},
		// The first of the snapshots is recorded, and the log grew over it after all.
		"interrupted_and_overtaken": func(b *builder) {
			b.entries(1, 10, 1)
			b.state(1, 5)
			b.snapshot(13, 3)
			b.entries(14, 15, 3)
			b.entries(11, 20, 3)
			b.state(3, 16)
			b.snapshot(15, 3)
		},
		"overwritten_again_and_again": func(b *builder) {
			b.entries(1, 20, 1)
			b.state(1, 4)
			b.snapshot(4, 1)
			for term := uint64(2); term < 9; term++ {
				b.entries(20-2*term, 22-term, term)
				b.state(term, 4)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBuilder(t)
			build(b)
			compareReads(t, b.write())
		})
	}
}

// Stopped between the record of a leader's snapshot and the Save that commits it, or
// in that Save, a node has the log that it had before: the sequences of wal's
// TestLeaderSnapshotInterrupted, and one segment more.
func TestReadAtAgreesWithReadAllInterrupted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		snapshot uint64 // of term 3, behind entries 1..10 of term 1
		then     func(b *builder)
		entries  int // read from the beginning; -1 if they were replaced
	}{
		{"beyond_the_log", 100, func(*builder) {}, 10},
		{"inside_the_log", 8, func(*builder) {}, 10},
		{"entries_of_the_unfinished_Save", 100, func(b *builder) { b.entries(101, 102, 3) }, 10},
		{"entries_inside_the_log", 8, func(b *builder) { b.entries(9, 12, 3) }, 10},
		{"started_again_without_it", 100, func(b *builder) { b.entries(11, 12, 4); b.state(4, 5) }, 12},
		{"started_again_in_the_midst", 100, func(b *builder) {
			b.entries(101, 102, 3)
			b.entries(11, 12, 4)
			b.state(4, 5)
		}, 12},
		{"started_again_in_a_new_segment", 100, func(b *builder) {
			b.begin(101)
			b.state(3, 5)
			b.entries(11, 12, 4)
			b.state(4, 5)
		}, 12},
		{"started_again_behind_it", 8, func(b *builder) { b.entries(11, 12, 4); b.state(4, 5) }, 12},
		{"started_again_and_said_so", 8, func(b *builder) { b.snapshot(4, 1); b.entries(9, 10, 4); b.state(4, 5) }, 10},
		{"started_again_in_a_lower_term", 8, func(b *builder) {
			b.entries(9, 10, 5)
			b.state(4, 5)
			b.entries(11, 12, 4)
		}, 12},
		{"another_one_next", 100, func(b *builder) { b.snapshot(120, 4); b.state(4, 5); b.entries(11, 12, 4) }, 12},
		{"one_of_the_old_term_next", 100, func(b *builder) {
			b.snapshot(4, 1)
			b.entries(11, 12, 5) // whose hard state a crash has taken
			b.snapshot(120, 3)
			b.state(3, 120)
		}, -1},
		{"its_own_beside_it", 100, func(b *builder) { b.snapshot(5, 1); b.state(3, 100) }, -1},
		{"its_own_beside_it_and_given_up", 100, func(b *builder) { b.snapshot(5, 1) }, 10},
		{"committed", 100, func(b *builder) { b.entries(101, 102, 3); b.state(3, 100) }, -1},
		{"committed_inside", 8, func(b *builder) { b.entries(9, 12, 3); b.state(3, 8) }, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBuilder(t)
			b.entries(1, 10, 1)
			b.state(1, 5)
			b.snapshot(4, 1)
			b.state(3, 5)
			b.snapshot(c.snapshot, 3)
			c.then(b)
			reads := compareReads(t, b.write())
			if len(reads) < 2 {
				t.Fatalf("%d reads, want those from the beginning and from 4", len(reads))
			}
			if got := reads[0]; (got.Error != "") != (c.entries < 0) || got.Error == "" && got.Entries != c.entries {
				t.Errorf("read at 0: %d entries, error %q; want %d", got.Entries, got.Error, c.entries)
			}
		})
	}
}

// Logs that nobody thought of.
func TestReadAtAgreesWithReadAllAtRandom(t *testing.T) {
	t.Parallel()
	const seed = 11
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, seed))
	interrupted := 0
	for range 60 {
		b := newBuilder(t)
		n := randomLog(b, r)
		if reads := compareReads(t, b.write()); len(reads) > 0 && reads[0].Error == "" {
			interrupted += n
		}
	}
	if interrupted < 20 {
		t.Errorf("%d interrupted snapshots in logs that can be read from the beginning, want 20 at least", interrupted)
	}
}

// randomLog writes what a node might have lived through, and returns how many leader's
// snapshots in it were interrupted.
func randomLog(b *builder, r *rand.Rand) (interrupted int) {
	var last, term, commit uint64 = 0, 1, 0
	terms := map[uint64]uint64{} // of each entry
	for range 5 + r.Uint64N(25) {
		switch r.IntN(18) {
		case 0, 1, 2, 3: // appended
			b.entries(last+1, last+3, term)
			for range 3 {
				last++
				terms[last] = term
			}
		case 4, 5, 6: // overwritten by a new leader
			term++
			from := commit + 1 + r.Uint64N(last-commit+1)
			last = from + r.Uint64N(5)
			b.entries(from, last, term)
			for i := from; i <= last; i++ {
				terms[i] = term
			}
		case 7, 8, 9:
			commit += r.Uint64N(last - commit + 1)
			b.state(term, commit)
		case 10, 11: // a snapshot of its own
			if commit > 0 {
				b.snapshot(commit, terms[commit])
			}
		case 12, 13, 14:
			b.begin(last + 1)
			b.state(term, commit)
		case 15: // a leader's snapshot
			term++
			last += 1 + r.Uint64N(4)
			commit, terms[last] = last, term
			b.snapshot(last, term)
			b.state(term, commit)
		case 16, 17: // one that no hard state commits
			term++
			interrupted++
			index := commit + 1 + r.Uint64N(last-commit+4)
			b.snapshot(index, term)
			b.entries(index+1, index+r.Uint64N(3), term)
			if index > last {
				continue
			}
			if r.IntN(4) == 0 {
				return interrupted
			}
			// Its term contradicts the log at index, so that a leader overwrites it there.
			last = index + r.Uint64N(3)
			b.entries(index, last, term)
			for i := index; i <= last; i++ {
				terms[i] = term
			}
		}
	}
	return interrupted
}

// compareReads compares at all starts, and at those a log cannot be opened at. It
// returns what was read.
func compareReads(t *testing.T, dir string) []read {
	t.Helper()
	starts, err := wal.ValidSnapshotEntries(dir, nil)
	if err != nil {
		return nil // such a log is refused as a whole, before any read
	}
	r, _, err := (&app{err: io.Discard}).report(place{wal: dir, alone: true}, true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(starts, r.starts(), protocmp.Transform(), protocmp.IgnoreFields(&raftpb.SnapshotMetadata{}, "conf_state")); diff != "" {
		t.Errorf("Snapshots mismatch with ValidSnapshotEntries (-want +got):\n%s", diff)
	}
	var want []read
	for _, s := range starts {
		want = append(want, readAllAt(t, dir, s))
	}
	if diff := cmp.Diff(want, r.Reads, errorPresence); diff != "" {
		t.Errorf("readAt() mismatch with ReadAll (-want +got):\n%s", diff)
	}
	return r.Reads
}

// starts are the report's snapshots.
func (r *report) starts() []*raftpb.SnapshotMetadata {
	var all []*raftpb.SnapshotMetadata
	for _, s := range r.Snapshots {
		all = append(all, &raftpb.SnapshotMetadata{Index: new(s.Index), Term: new(s.Term)})
	}
	return all
}

// errorPresence compares errors by whether there is one.
var errorPresence = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Error" },
		cmp.Comparer(func(a, b string) bool { return (a == "") == (b == "") })),
	cmpopts.EquateEmpty(),
}

func readAllAt(t *testing.T, dir string, start *raftpb.SnapshotMetadata) read {
	t.Helper()
	r := read{Start: position{start.GetIndex(), start.GetTerm()}}
	w, err := wal.OpenForRead(dir, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	metadata, state, ents, err := w.ReadAll()
	if err != nil {
		r.Error = err.Error()
		return r
	}
	r.Metadata = hex.EncodeToString(metadata)
	r.Term, r.Vote, r.Commit = state.GetTerm(), state.GetVote(), state.GetCommit()
	sum := sha256.New()
	for i, e := range ents {
		er := &entryReport{e.GetIndex(), e.GetTerm(), e.GetType().String(), len(e.GetData()), fmt.Sprintf("%x", sha256.Sum256(e.GetData()))}
		fmt.Fprintf(sum, "%d %d %s %d %s\n", er.Index, er.Term, er.Type, er.Size, er.SHA256)
		if i == 0 {
			r.First = er
		}
		r.Last = er
	}
	r.Entries = len(ents)
	r.Digest = hex.EncodeToString(sum.Sum(nil))
	return r
}
