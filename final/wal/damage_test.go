package wal_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/wal"
)

// twoSegments returns a log of two segments with everything in it: Saves with and without entries, a snapshot of the node's own,
// an overwrite, configuration changes, entries of zeros. Raft's ids are random numbers of 64 bits with etcd; with small ones, and
// small terms, a hard state and an entry look most alike.
func twoSegments(node uint64, scale int) *build {
	b := newBuild([]byte("\x08\xc0\xc0\xca\xaf\xc1\xba\x96\x89\x2e\x10\x87\xd5\xed\xba\x8f\xd5\x9d\xc1\x04"))
	first := ent(1, 1, 90/scale)
	first.Type = new(confChange)
	b.save(hs(1, 0, 1), first)
	b.save(hs(1, node, 1))
	for i := uint64(2); i < 11; i++ {
		b.save(hs(1, node, i-1), ent(i, 1, int(20+7*i)/scale))
	}
	b.save(hs(1, node, 10), ents(11, 13, 1)...)
	b.snapshot(10, 1)
	noop := ent(12, 2)
	noop.Data = nil
	b.save(hs(2, node, 11), noop, ent(13, 2, 40))
	b.cut()
	zeros := ent(14, 2)
	zeros.Data = make([]byte, 700/scale)
	b.save(hs(2, node, 13), zeros)
	for i := uint64(15); i < 24; i++ {
		b.save(hs(2, node, i-1), ent(i, 2, int(10+5*i)/scale))
		if i%3 == 0 {
			b.save(hs(2, node, i))
		}
	}
	b.snapshot(20, 2)
	b.save(hs(2, node, 23), ent(24, 2, 300/scale))
	return b
}

// twoSegmentLogs returns logs that end in each type of record, with large ids and small ones.
func twoSegmentLogs() map[string]*build {
	const etcds, small = 0x2e1259d415f2a040, 1
	zeros := ent(25, 2)
	zeros.Data = make([]byte, 40)
	noop := ent(25, 3)
	noop.Data = nil
	return map[string]*build{
		"etcds_ids":                  twoSegments(etcds, 1),
		"etcds_ids_ends_in_noop":     twoSegments(etcds, 9).save(nil, noop),
		"small_ids":                  twoSegments(small, 9),
		"small_ids_ends_in_commit":   twoSegments(small, 9).save(hs(2, small, 24)),
		"small_ids_ends_in_entry":    twoSegments(small, 9).save(nil, ent(25, 2, 50)),
		"small_ids_ends_in_snapshot": twoSegments(small, 9).snapshot(23, 2),
		"small_ids_ends_in_zeros":    twoSegments(small, 9).save(nil, zeros),
	}
}

// outcome compares what was read of a damaged log with what is in it.
func outcome(want, got result) string {
	switch {
	case errors.Is(got.err, wal.ErrCorrupt), errors.Is(got.err, wal.ErrFileNotFound), errors.Is(got.err, wal.ErrSequence):
		return "refused"
	case got.err != nil:
		return "refused otherwise: " + got.err.Error()
	case got.tail.Torn && isPrefix(want, got):
		return "torn"
	case bytes.Equal(want.metadata, got.metadata) && proto.Equal(want.state, got.state) && slices.EqualFunc(want.ents, got.ents, sameEntry):
		return "same"
	}
	return fmt.Sprintf("changed: %v %v", got.state, indexes(got.ents))
}

// isPrefix tells whether what was read is an earlier state of the log.
func isPrefix(want, got result) bool {
	return len(got.ents) <= len(want.ents) && slices.EqualFunc(want.ents[:len(got.ents)], got.ents, sameEntry)
}

// cause says why a changed bit is not refused, or "" if nothing forces it: only a record that nothing behind it proves to have been
// synced can look torn.
func (b *build) cause(m image, name string, off int) string {
	frames := framesOf(b.image[name])
	k := len(frames) - 1
	for frames[k].start > off {
		k--
	}
	f := frames[k]
	if name != b.name || proven(frames[k+1:]) {
		return ""
	}
	bytes := m[name][f.start:f.end]
	last := bytes[len(bytes)-1-paddingOf(b.image[name][f.start:])]
	switch {
	case off < f.start+8 && allZeros(bytes[:8]):
		return "the length word of 16 becomes 0"
	case k == len(frames)-1 && last == 0 && off == f.end-1-paddingOf(b.image[name][f.start:]):
		return "the last byte of the last record becomes 0"
	case k == len(frames)-1 && b.image[name][f.end-1-paddingOf(b.image[name][f.start:])] == 0:
		return "the last record ends in zeros"
	}
	return ""
}

// proven tells whether these frames stand behind a sync: a snapshot record that is not the last, or an entry, a hard state, an entry.
func proven(behind []frame) bool {
	var entry, state bool
	for i, f := range behind {
		if f.typ == wal.TypeSnapshot && i < len(behind)-1 || f.typ == wal.TypeEntry && state {
			return true
		}
		entry = entry || f.typ == wal.TypeEntry
		state = state || entry && f.typ == wal.TypeState
	}
	return false
}

func allZeros(b []byte) bool { return bytes.Count(b, []byte{0}) == len(b) }

// TestEveryBitFlip flips each bit of a log of two segments. Each flip is refused, or changes nothing that is read; what is silent in
// spite of it is listed here, because the format forces it. F15, W10, W12
func TestEveryBitFlip(t *testing.T) {
	t.Parallel()
	for name, b := range twoSegmentLogs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flipEveryBit(t, b)
		})
	}
}

// flipEveryBit tries all flips of one log.
func flipEveryBit(t *testing.T, b *build) {
	t.Helper()
	m := b.files()
	m[b.name] = m[b.name][:b.size()+1024] // zeros reserved behind
	want := read(t, m, nil)
	if want.err != nil {
		t.Fatal(want.err)
	}
	count, bits := map[string]int{}, 0
	for _, name := range m.names() {
		size := len(b.image[name])
		for bit := range 8 * size {
			bits++
			m[name][bit/8] ^= 1 << (bit % 8)
			got := outcome(want, read(t, m, nil))
			cause := b.cause(m, name, bit/8)
			m[name][bit/8] ^= 1 << (bit % 8)
			if got != "refused" {
				got += ": " + cause
			}
			count[got]++
		}
	}
	tell(t, bits, count)
	for class, n := range count {
		if !slices.Contains(forced, class) {
			t.Errorf("%d of %d flips have an outcome that is not listed: %s", n, bits, class)
		}
	}
}

// forced lists the outcomes of a changed bit that the format allows, or forces; the package comment explains them. All lie where nothing
// behind proves a sync, and all are told as torn.
var forced = []string{
	"refused",
	"torn: the length word of 16 becomes 0",
	"torn: the last byte of the last record becomes 0",
	"torn: the last record ends in zeros",
}

// tell prints how often each outcome was seen.
func tell(t *testing.T, of int, count map[string]int) {
	t.Helper()
	for _, class := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%6d of %d (%.3f %%) %s", count[class], of, 100*float64(count[class])/float64(of), class)
	}
}
