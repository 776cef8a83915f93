package wal_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/wal"
)

// workload is a log of Saves of all kinds, and what was in it after each.
func workload() (b *build, states []progress) {
	b = newBuild([]byte("metadata"))
	note := func() {
		r := replayed(b)
		states = append(states, progress{offset: b.size(), synced: b.synced == b.size(), ents: r.ents, state: r.state})
	}
	note()
	index := uint64(1)
	for i, size := range []int{9, 40, 700, 11, 1300, 8, 100, 513, 16, 30} {
		term := 1 + uint64(i/4)
		b.save(hs(term, 3, index-1), ent(index, term, size), ent(index+1, term, size/2+3))
		note()
		index += 2
		if i%2 == 1 {
			b.save(hs(term, 3, index-1))
			note()
		}
		if i == 5 {
			b.snapshot(index-2, term)
			note()
		}
	}
	return b, states
}

// progress is the log after some Save.
type progress struct {
	offset int
	synced bool
	ents   []*raftpb.Entry
	state  *raftpb.HardState
}

// replayed reads the log as it is.
func replayed(b *build) result {
	return read(nopTB{}, b.files(), nil)
}

type nopTB struct{ testing.TB }

func (nopTB) Helper()               {}
func (nopTB) Errorf(string, ...any) { panic("close failed") }

// acked returns what is promised of a log of which only the first n bytes are certain: all that was synced by then.
func acked(states []progress, n int) progress {
	var last progress
	for _, s := range states {
		if s.offset <= n && (s.synced || last.state == nil) {
			last = s
		}
	}
	return last
}

// holds tells what a log that was read lacks of what is promised, or "".
func (p progress) holds(r result) string {
	if r.err != nil {
		return r.err.Error()
	}
	if len(r.ents) < len(p.ents) {
		return fmt.Sprintf("%d entries, %d were acknowledged", len(r.ents), len(p.ents))
	}
	for i, e := range p.ents {
		if !sameEntry(e, r.ents[i]) {
			return fmt.Sprintf("entry %v, %v was acknowledged", r.ents[i], e)
		}
	}
	if p.state != nil && (r.state.GetTerm() < p.state.GetTerm() || r.state.GetCommit() < p.state.GetCommit() && r.state.GetTerm() == p.state.GetTerm()) {
		return fmt.Sprintf("state %v, %v was acknowledged", r.state, p.state)
	}
	return ""
}

// sameEntry tells whether two entries say the same.
func sameEntry(a, b *raftpb.Entry) bool {
	return a.GetIndex() == b.GetIndex() && a.GetTerm() == b.GetTerm() && a.GetType() == b.GetType() && bytes.Equal(a.GetData(), b.GetData())
}

// TestCutAtEveryByte cuts a log at each byte, as a file that ends there and as zeros from there on. Each reads, cleanly or as torn,
// with all that was synced before the cut. W27
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	b, states := workload()
	whole := b.image[b.name]
	for _, c := range []struct {
		name string
		cut  func(n int) []byte
	}{
		{"the_file_ends", func(n int) []byte { return whole[:n:n] }},
		{"zeros_follow", func(n int) []byte { return append(whole[:n:n], make([]byte, len(whole)-n+512)...) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			good, torn := 0, 0
			for n := range len(whole) + 1 {
				r := read(t, image{b.name: c.cut(n)}, nil)
				if !bytes.HasPrefix(c.cut(n), whole[:b.starts[2]]) {
					if !errors.Is(r.err, wal.ErrTorn) {
						t.Errorf("cut at %d, before the metadata: %v, want ErrTorn", n, r.err)
					}
					continue
				}
				if lack := acked(states, n).holds(r); lack != "" {
					t.Errorf("cut at %d: %s", n, lack)
					continue
				}
				good++
				if r.tail.Torn {
					torn++
				}
			}
			t.Logf("%d of %d read, %d of them as torn", good, len(whole)+1, torn)
		})
	}
}

// TestCutRealLog does the same to what a real etcd wrote. W27
func TestCutRealLog(t *testing.T) {
	t.Parallel()
	const metadata = 56 // ends there
	const name, limit = "0000000000000000-0000000000000000.wal", 1500
	data, err := os.ReadFile(filepath.Join(fixtures.Unpack(t, "etcd-v3.7.3-single"), "wal", name))
	if err != nil {
		t.Fatal(err)
	}
	good, clean := 0, 0
	for n := range limit + 1 {
		for _, file := range [][]byte{data[:n:n], append(data[:n:n], make([]byte, 2*limit)...)} {
			r := read(t, image{name: file}, nil)
			head := bytes.HasPrefix(file, data[:metadata])
			if !head && errors.Is(r.err, wal.ErrTorn) {
				good++
				continue
			}
			if !head || r.err != nil {
				t.Errorf("cut at %d: %v", n, r.err)
				continue
			}
			good++
			if !r.tail.Torn {
				clean++
			}
			if strictly := read(t, image{name: file}, nil, strict); (strictly.err != nil) != r.tail.Torn {
				t.Errorf("cut at %d: torn is %v, but Strict returns %v", n, r.tail.Torn, strictly.err)
			}
		}
	}
	if want := 2 * (limit + 1); good != want {
		t.Errorf("%d of %d read", good, want)
	}
	t.Logf("%d of %d read, %d of them as clean", good, 2*(limit+1), clean)
}

// TestUnsyncedSectors loses any of the sectors of what was written behind the last sync: one Save of many sectors, or several that
// only move commit. Recovery never refuses, and all that was acknowledged is there. W28
func TestUnsyncedSectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		more func(b *build)
	}{
		{"one_Save", func(b *build) { b.save(hs(4, 3, 20), append(ents(21, 40, 4), ent(41, 4, 3000))...) }},
		{"hard_states_then_a_Save", func(b *build) {
			for range 60 {
				b.save(hs(4, 3, 20))
			}
			b.save(hs(5, 3, 20), ent(21, 5, 2000), ent(22, 5, 9))
		}},
		{"a_snapshot", func(b *build) {
			for range 40 {
				b.save(hs(4, 3, 20))
			}
			b.snapshot(18, 3)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, states := workload()
			from := b.size() // a hard state that only moved commit is not synced, but an earlier case
			b.synced = from
			c.more(b)
			loseSectors(t, b, states, from)
		})
	}
}

// loseSectors tries every subset of the sectors behind from, and each torn sector, or samples if there are too many.
func loseSectors(t *testing.T, b *build, states []progress, from int) {
	whole := append(b.image[b.name], make([]byte, 512)...)
	promised := states[len(states)-1]
	first := from / 512
	sectors := (b.size()-1)/512 - first + 1
	seed := uint64(1)
	rnd := rand.New(rand.NewPCG(seed, seed))
	tries := 1 << min(sectors, 12)
	refused := 0
	try := func(what string, file []byte) {
		if lack := promised.holds(read(t, image{b.name: file}, nil)); lack != "" {
			refused++
			t.Errorf("%s (seed %d): %s", what, seed, lack)
		}
	}
	for i := range tries {
		lost := uint64(i)
		if sectors > 12 {
			lost = rnd.Uint64()
		}
		file := append([]byte(nil), whole...)
		for s := range sectors {
			if lost>>s&1 != 0 {
				clear(file[max(from, (first+s)*512):min(len(file), (first+s+1)*512)])
			}
		}
		try(fmt.Sprintf("sectors %b lost", lost), file)
		// Besides, one sector torn inside.
		torn := first + rnd.IntN(sectors)
		word := (torn*64 + rnd.IntN(64)) * 8
		lo, hi := max(from, torn*512), min(len(file), (torn+1)*512)
		if word <= lo || word >= hi {
			continue
		}
		if rnd.IntN(2) == 0 {
			clear(file[lo:word])
		} else {
			clear(file[word:hi])
		}
		try(fmt.Sprintf("sectors %b lost, sector %d torn at %d", lost, torn, word), file)
	}
	t.Logf("%d sectors, %d subsets, %d refused", sectors, tries, refused)
}

// TestTornSector tears the one sector of an unsynced Save at each word, keeping either side. W27
func TestTornSector(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 7, 8, 60, 400, 1100} {
		b, states := workload()
		promised := states[len(states)-1]
		from := b.size()
		b.save(hs(5, 3, 20), ent(21, 5, size))
		whole := append(b.image[b.name], make([]byte, 512)...)
		for sector := from / 512; sector <= b.size()/512; sector++ {
			lo, hi := max(from, sector*512), min(len(whole), (sector+1)*512)
			for word := lo + 8; word < hi; word += 8 {
				for _, side := range [][2]int{{lo, word}, {word, hi}} {
					file := append([]byte(nil), whole...)
					clear(file[side[0]:side[1]])
					if lack := promised.holds(read(t, image{b.name: file}, nil)); lack != "" {
						t.Errorf("entry of %d bytes, zeros from %d to %d: %s", size, side[0], side[1], lack)
					}
				}
			}
		}
	}
}

// TestHeaderCut: a log cut inside its first two records is no empty log, on which a node would start anew and forget its vote: it is refused
// as torn, whatever it is opened at from its beginning, and not as one that lacks a snapshot. Behind them it is torn or ends.
func TestHeaderCut(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md"))
	for n := range b.size() {
		for _, snap := range []*raftpb.SnapshotMetadata{nil, at(0, 0)} {
			r := read(t, image{b.name: b.image[b.name][:n]}, snap)
			if errors.Is(r.err, wal.ErrTorn) != (n < b.starts[2]) || n >= b.starts[2] && (r.err != nil || r.tail.Torn != (n > b.starts[2])) {
				t.Errorf("cut at %d: %v, tail %+v", n, r.err, r.tail)
			}
		}
	}
	r := read(t, image{b.name: nil}, nil, strict)
	var torn *wal.TornError
	if !asError(r.err, &torn) || torn.Offset != 0 {
		t.Errorf("empty file, Strict: %v, want a TornError at 0", r.err)
	}
}
