package wal_test

import (
	"errors"
	"fmt"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// FuzzOpen opens two files of anything for writing. What is refused is not changed; what is not goes on, and reads back with what was saved.
func FuzzOpen(f *testing.F) {
	b := newBuild([]byte("md")).save(hs(1, 1, 1), ents(1, 2, 1)...)
	m := b.cut().save(hs(2, 1, 2), ents(3, 4, 2)...).snapshot(3, 2).save(nil, ent(5, 2, 600)).image
	names := m.names()
	f.Add(m[names[0]], m[names[1]], true)
	f.Add(m[names[0]], m[names[1]][:50], false)
	f.Add(m[names[0]], m[names[1]][:len(m[names[1]])-100], false)
	f.Add(m[names[0]], []byte{}, true)
	f.Add([]byte{}, []byte{}, true)
	f.Fuzz(func(t *testing.T, one, two []byte, mend bool) {
		m := image{names[0]: append([]byte(nil), one...), names[1]: append([]byte(nil), two...)}
		if mend {
			mended(m[names[1]], mended(m[names[0]], 0))
		}
		sim := onDisk(t, m)
		w, err := wal.Open(folderName, nil, quiet(sim, 0))
		must(t, err)
		_, state, found, err := w.ReadAll()
		if err != nil {
			must(t, w.Close())
			if diff := cmp.Diff(m, whole(t, sim), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("ReadAll() error = %v, and files have changed (-want +got):\n%s", err, diff)
			}
			return
		}
		next, term := uint64(len(found)+1), state.GetTerm()
		if len(found) > 0 {
			term = max(term, found[len(found)-1].GetTerm())
		}
		more := ents(next, next+2, max(term, 1))
		if err := w.Save(nil, more); errors.Is(err, wal.ErrRefused) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		must(t, w.Close())
		if _, r := reopen(t, sim.Crash(disk.Lost), 0, nil); indexes(r.ents) != indexes(append(found, more...)) {
			t.Errorf("ReadAll() = %v, want %v and %v", indexes(r.ents), indexes(found), indexes(more))
		}
	})
}

// FuzzSave makes calls of anything. What is accepted reads back, at the end and after a crash, as a log in memory has it.
func FuzzSave(f *testing.F) {
	f.Add([]byte{0, 1, 3, 1, 1, 1, 1, 2, 4, 2, 2, 1, 2})
	f.Add([]byte{0, 1, 5, 1, 1, 1, 3, 3, 9, 2, 0, 4, 2, 1, 1, 9, 4})
	f.Fuzz(func(t *testing.T, calls []byte) {
		calls = calls[:min(len(calls), 1200)] // a fuzzer that finds slow inputs better waits for them, and is taken for hung
		sim := disk.NewSim()
		w, err := wal.Create(folderName, nil, quiet(sim, 2048))
		must(t, err)
		var l memory
		arg := func() uint64 {
			if len(calls) == 0 {
				return 0
			}
			c := calls[0]
			calls = calls[1:]
			return uint64(c)
		}
		for len(calls) > 0 {
			switch op := arg(); op % 4 {
			case 0, 1: // entries, and perhaps a hard state
				first, n, term := arg(), arg()%5, arg()
				var all []*raftpb.Entry
				for i := range n {
					all = append(all, ent(first+i, term, int(arg()*arg())%3000))
				}
				var state *raftpb.HardState
				if op&4 == 0 {
					state = hs(arg(), arg(), arg())
				}
				l.did(t, w.Save(state, all), func() { l.save(state, all) })
			case 2:
				index, term := arg(), arg()
				l.did(t, w.SaveSnapshot(snapshot(index, term)), func() { l.snapshot(index, term) })
			case 3:
				must(t, w.Sync())
				if arg()%2 == 0 {
					sim = sim.Kill()
				} else {
					sim = sim.Crash(disk.Lost)
				}
				if w = l.reopened(t, sim); w == nil {
					return
				}
			}
		}
		must(t, w.Sync())
		l.reopened(t, sim.Crash(disk.Lost))
	})
}

// memory is raft's log in memory, from its last committed leader's snapshot on.
type memory struct {
	base      [2]uint64 // index and term of the snapshot
	ents      []*raftpb.Entry
	state     *raftpb.HardState
	abandoned *memory // what is if the snapshot, not yet committed, is given up
}

// did follows a call, unless it was refused.
func (l *memory) did(t *testing.T, err error, do func()) {
	t.Helper()
	switch {
	case err == nil:
		do()
	case !errors.Is(err, wal.ErrRefused):
		t.Fatal(err)
	}
}

func (l *memory) save(state *raftpb.HardState, all []*raftpb.Entry) {
	for _, e := range all {
		if e.GetIndex() <= l.base[0] {
			panic(fmt.Sprintf("entry %d at or before the log's base %d was accepted", e.GetIndex(), l.base[0]))
		}
		l.ents = append(l.ents[:e.GetIndex()-l.base[0]-1:e.GetIndex()-l.base[0]-1], proto.CloneOf(e))
	}
	if state.GetTerm() != 0 || state.GetVote() != 0 || state.GetCommit() != 0 {
		l.state = proto.CloneOf(state)
	}
	if l.state.GetCommit() >= l.base[0] {
		l.abandoned = nil
	}
}

func (l *memory) snapshot(index, term uint64) {
	if index <= l.base[0] {
		return
	}
	if i := index - l.base[0]; i <= uint64(len(l.ents)) && l.ents[i-1].GetTerm() == term {
		return
	}
	before := *l
	if l.abandoned != nil {
		before = *l.abandoned
		before.state = l.state // stays
	}
	*l = memory{base: [2]uint64{index, term}, state: before.state}
	if before.state != nil && before.state.GetCommit() < index {
		l.abandoned = &before
	}
}

// reopened reads the log as a node would, at its base, and compares. The log is nil if it may not be opened there: a leader's snapshot that nothing has
// committed.
func (l *memory) reopened(t *testing.T, sim *disk.Sim) *wal.WAL {
	t.Helper()
	if l.abandoned != nil {
		state := l.state // stays
		*l = *l.abandoned
		l.state = state
	}
	w, r := reopen(t, sim, 2048, at(l.base[0], l.base[1]))
	if diff := cmp.Diff(indexes(l.ents), indexes(r.ents)); diff != "" {
		t.Fatalf("entries mismatch (-want +got):\n%s", diff)
	}
	if l.state != nil && !proto.Equal(l.state, r.state) {
		t.Fatalf("hard state is %v, want %v", r.state, l.state)
	}
	return w
}
