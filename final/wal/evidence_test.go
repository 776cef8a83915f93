package wal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/wal"
)

// saves returns a log of n Saves of one entry of 100 bytes and the hard state that commits the one before.
func saves(n uint64) *build {
	b := newBuild([]byte("md"))
	for i := uint64(1); i <= n; i++ {
		b.save(hs(1, 1, i-1), ent(i, 1, 100))
	}
	return b
}

// damage is the start of the frame that holds the k-th entry of saves, first is 1.
func (b *build) entryFrame(k int) int { return b.starts[3+2*(k-1)] }

// TestDamageWithEvidence damages the middle of the last segment; the Saves behind it prove that it had been synced. W08 W09 W10 W11
func TestDamageWithEvidence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		at   int // entry
		hit  func(file []byte, frame int)
	}{
		{"length_word_zeroed", 14, func(f []byte, at int) { clear(f[at : at+8]) }},
		{"sectors_zeroed", 7, func(f []byte, at int) { clear(f[1024:1536]) }},
		{"length_beyond_the_file", 14, func(f []byte, at int) { f[at+5] ^= 1 }},
		{"length_beyond_the_file_header_zeroed", 14, func(f []byte, at int) { f[at+5] ^= 1; clear(f[at+8 : at+32]) }},
		{"bit_in_data", 14, func(f []byte, at int) { f[at+40] ^= 1 }},
		{"record_zeroed", 14, func(f []byte, at int) { clear(f[at+8 : at+64]) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := saves(20)
			m := b.files()
			c.hit(m[b.name], b.entryFrame(c.at))
			r := read(t, m, nil)
			var corrupt *wal.CorruptError
			if !errors.As(r.err, &corrupt) || corrupt.Segment != b.name || r.ents != nil {
				t.Fatalf("ReadAll() = %v, %v, want a CorruptError and nothing else", indexes(r.ents), r.err)
			}
			if at := int64(b.entryFrame(c.at)); corrupt.Offset > at || corrupt.Offset < at-200 {
				t.Errorf("offset %d, damage is at %d", corrupt.Offset, at)
			}
			for _, part := range []string{b.name, "offset", "replace this member"} {
				if !strings.Contains(r.err.Error(), part) {
					t.Errorf("error %q does not hold %q", r.err, part)
				}
			}
		})
	}
}

// TestZeroPayload: zeros that an entry itself holds do not make damage to it look torn. W11
func TestZeroPayload(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 0), ent(1, 1))
	zeros := ent(2, 1)
	zeros.Data = make([]byte, 4096)
	at := b.size()
	b.save(hs(1, 1, 1), zeros)
	for i := uint64(3); i <= 10; i++ {
		b.save(hs(1, 1, i-1), ent(i, 1))
	}
	m := b.files()
	m[b.name][at+12] ^= 1 // in the checksum
	if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) {
		t.Errorf("ReadAll() = %v, %v, want ErrCorrupt", indexes(r.ents), r.err)
	}
}

// TestBrokenEntryIsWitness: the header of the entry that failed is whole, so with its hard state and one later entry behind it, it is
// proven to have been synced. Without the later entry it may be the Save that the crash interrupted.
func TestBrokenEntryIsWitness(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{true, false} {
		b := newBuild([]byte("md")).save(hs(1, 1, 0), ent(1, 1))
		at := b.size()
		b.save(hs(1, 1, 1), ent(2, 1, 2000))
		if later {
			b.save(hs(1, 1, 2), ent(3, 1))
		}
		m := b.files()
		sector := alignUp(at + 512)
		clear(m[b.name][sector : sector+512])
		r := read(t, m, nil)
		if corrupt := errors.Is(r.err, wal.ErrCorrupt); corrupt != later || r.tail.Torn == later {
			t.Errorf("a later entry: %v; ReadAll() = %v, %v, torn %v", later, indexes(r.ents), r.err, r.tail.Torn)
		}
	}
}

// TestEverySector zeroes each sector of the last segment: all before the last unsynced window is found.
func TestEverySector(t *testing.T) {
	t.Parallel()
	b := saves(200)
	m := b.files()
	want := read(t, m, nil)
	sectors := (b.size() + 511) / 512
	found := 0
	for s := range sectors {
		damaged := m.clone()
		clear(damaged[b.name][s*512 : min((s+1)*512, b.size())])
		r := read(t, damaged, nil)
		switch {
		case errors.Is(r.err, wal.ErrCorrupt):
			found++
		case r.err != nil:
			t.Errorf("sector %d: %v", s, r.err)
		case !r.tail.Torn || s < sectors-2:
			// A sector holds three Saves; the last two sectors hold what no later Save proves.
			t.Errorf("sector %d of %d zeroed: %d of %d entries, tail %+v, no error", s, sectors, len(r.ents), len(want.ents), r.tail)
		}
	}
	t.Logf("%d of %d found; the rest lie in the last unsynced window and are told as torn", found, sectors)
}

// TestNoEvidence: what a crash can leave behind a hole is no evidence.
func TestNoEvidence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		more func(b *build)
		want error
	}{
		{"hard_states", func(b *build) { b.save(hs(1, 1, 5)).save(hs(1, 1, 5)).save(hs(1, 1, 5)) }, nil},
		{"hard_states_then_entries", func(b *build) { b.save(hs(1, 1, 5)).save(hs(1, 1, 5), ents(7, 9, 1)...) }, nil},
		{"one_Save", func(b *build) { b.save(hs(1, 1, 5), ents(7, 30, 1)...) }, nil},
		{"a_snapshot_record_last", func(b *build) { b.save(hs(1, 1, 5)).snapshot(5, 1) }, nil},
		{"a_snapshot_record_and_more", func(b *build) { b.save(hs(1, 1, 5)).snapshot(5, 1).save(hs(1, 1, 6)) }, wal.ErrCorrupt},
		{"entry_state_entry", func(b *build) { b.save(hs(1, 1, 5), ent(7, 1)).save(nil, ent(8, 1)) }, wal.ErrCorrupt},
		{"a_new_leaders", func(b *build) { b.save(nil, ent(4, 2)).save(hs(2, 1, 3), ent(5, 2)).save(nil, ent(6, 2)) }, wal.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBuild(nil).save(hs(1, 1, 3), ents(1, 5, 1)...)
			at := b.size()
			b.save(nil, ent(6, 1, 600))
			c.more(b)
			m := b.files()
			clear(m[b.name][at : at+8])
			r := read(t, m, nil)
			if !errors.Is(r.err, c.want) || c.want == nil && (r.err != nil || !r.tail.Torn || r.tail.Offset != int64(at) || len(r.ents) != 5) {
				t.Errorf("ReadAll() = %v, %v, tail %+v, want %v", indexes(r.ents), r.err, r.tail, c.want)
			}
		})
	}
}

// TestEmbeddedLog: an entry whose data is a copy of a log, torn, is torn; the records in its data are no evidence.
func TestEmbeddedLog(t *testing.T) {
	t.Parallel()
	inner := newBuild(nil)
	for i := uint64(1); i < 9; i++ {
		inner.save(hs(9, 1, i-1), ent(i, 9))
	}
	inner.snapshot(4, 9).save(hs(9, 1, 5))
	for i := uint64(50); i < 60; i++ { // newer than the log around it
		inner.save(hs(9, 1, i-1), ent(i, 9))
	}
	for shift := range 32 { // so that the copy is aligned, whatever the sizes of varints
		b := newBuild(nil).save(hs(10, 1, 0), ents(1, 20, 10)...)
		e := ent(21, 10)
		e.Data = append(bytes.Repeat([]byte("x"), 700+shift), inner.image[inner.name]...)
		at := b.size()
		b.save(hs(10, 1, 20), e)
		m := b.files()
		clear(m[b.name][alignUp(at+64) : alignUp(at+64)+512])
		r := read(t, m, nil)
		if r.err != nil || !r.tail.Torn || len(r.ents) != 20 {
			t.Errorf("copy at %d: ReadAll() = %v, %v, tail %+v, want torn", shift, indexes(r.ents), r.err, r.tail)
		}
	}
}

// TestEmbeddedOldLog: the same where the length word is lost, so that the search goes through the data of the entry. What it finds there
// is older than the log around it, or contradicts it.
func TestEmbeddedOldLog(t *testing.T) {
	t.Parallel()
	inner := newBuild(nil)
	for i := uint64(1); i < 9; i++ {
		inner.save(hs(9, 1, i-1), ent(i, 9))
	}
	inner.snapshot(4, 9).save(hs(9, 1, 5))
	for shift := range 32 { // so that the copy is aligned, whatever the sizes of varints
		b := newBuild(nil).save(hs(10, 1, 0), ents(1, 20, 10)...)
		e := ent(21, 10)
		e.Data = append(bytes.Repeat([]byte("x"), 100+shift), inner.image[inner.name]...)
		at := b.size()
		b.save(hs(10, 1, 20), e)
		m := b.files()
		clear(m[b.name][at : at+8])
		if r := read(t, m, nil); r.err != nil || !r.tail.Torn || len(r.ents) != 20 {
			t.Errorf("copy at %d: ReadAll() = %v, %v, tail %+v, want torn", shift, indexes(r.ents), r.err, r.tail)
		}
	}
}

// TestEmbeddedNewerLog: a copy of a longer log passes for evidence where it is aligned, and nowhere else. The package comment lists it among what the
// format cannot show.
func TestEmbeddedNewerLog(t *testing.T) {
	t.Parallel()
	inner := newBuild(nil)
	for i := uint64(1); i < 40; i++ {
		inner.save(hs(1, 1, i-1), ent(i, 1))
	}
	refused := 0
	for shift := range 8 {
		b := newBuild(nil).save(hs(1, 1, 0), ents(1, 20, 1)...)
		e := ent(21, 1)
		e.Data = append(bytes.Repeat([]byte("x"), 100+shift), inner.image[inner.name]...)
		at := b.size()
		b.save(nil, e)
		m := b.files()
		clear(m[b.name][at : at+8])
		switch r := read(t, m, nil); {
		case errors.Is(r.err, wal.ErrCorrupt):
			refused++
		case r.err != nil || !r.tail.Torn || len(r.ents) != 20:
			t.Errorf("copy at %d: ReadAll() = %v, %v, tail %+v, want torn or corrupt", shift, indexes(r.ents), r.err, r.tail)
		}
	}
	if refused != 1 {
		t.Errorf("%d of 8 places are refused, want 1", refused)
	}
}

// TestEmbeddedNotNewer: a copy of the last entry is no newer than it, nor is an entry of its term, nor one of a higher term that the commit covers.
func TestEmbeddedNotNewer(t *testing.T) {
	t.Parallel()
	for _, copied := range []*raftpb.Entry{ent(20, 10), ent(19, 10), ent(18, 11)} {
		inner := newBuild(nil)
		for range 4 {
			inner.save(hs(10, 1, 18), copied)
		}
		b := newBuild(nil).save(hs(10, 1, 18), ents(1, 20, 10)...)
		e := ent(21, 10)
		at := b.size()
		for n := 100; ; n++ { // until the copy is aligned
			e.Data = append(bytes.Repeat([]byte("x"), n), inner.image[inner.name]...)
			if (at+19+len(marshal(e))-len(inner.image[inner.name]))%8 == 0 {
				break
			}
		}
		b.save(nil, e)
		m := b.files()
		if copies := bytes.Index(m[b.name], inner.image[inner.name]); copies%8 != 0 {
			t.Fatalf("the copy stands at %d", copies)
		}
		clear(m[b.name][at : at+8])
		if r := read(t, m, nil); r.err != nil || !r.tail.Torn || len(r.ents) != 20 {
			t.Errorf("copy of entry %d: ReadAll() = %v, %v, tail %+v, want torn", copied.GetIndex(), indexes(r.ents), r.err, r.tail)
		}
	}
}

// TestEvidenceAtAStep: the search goes in steps, and misses no record where one ends and the next begins.
func TestEvidenceAtAStep(t *testing.T) {
	t.Parallel()
	const step = 64 << 10
	for whole := step - 64; whole <= step+64; whole += 8 {
		b := newBuild(nil).save(hs(1, 1, 0))
		at := b.size()
		for n := whole - 40; b.size() != at+whole; n++ {
			b.image[b.name] = b.image[b.name][:at]
			b.save(nil, ent(1, 1, n))
		}
		b.save(hs(1, 1, 0), ent(2, 1)).save(nil, ent(3, 1)) // the proof needs the first of them
		m := b.files()
		clear(m[b.name][at : at+8])
		if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) {
			t.Errorf("evidence %d bytes behind: ReadAll() = %v, %v, want ErrCorrupt", whole, indexes(r.ents), r.err)
		}
	}
}

// TestLengthOfLastRecord: a length word that contradicts the header behind it is damage, also in the last record. W10
func TestLengthOfLastRecord(t *testing.T) {
	t.Parallel()
	for bit := range 64 {
		b := newBuild(nil).save(nil, ent(1, 1, 200))
		m := b.files()
		m[b.name][b.starts[3]+bit/8] ^= 1 << (bit % 8)
		if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) {
			t.Errorf("bit %d: ReadAll() = %v, %v, want ErrCorrupt", bit, indexes(r.ents), r.err)
		}
	}
}

// alignUp returns the start of the next sector.
func alignUp(off int) int { return (off + 511) / 512 * 512 }

// TestSearchIsBounded: bytes made to look like a great many overlapping records are refused soon.
func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	b := newBuild(nil).save(hs(1, 1, 1), ent(1, 1))
	at := b.size()
	b.save(nil, ent(2, 1, 600))
	// Frames of one word more than the next, that all end at the same large frame.
	const n = 2000
	large := frameOf(wal.TypeEntry, 1, marshal(ent(3, 1, 1<<20)))
	var hostile []byte
	for i := range n {
		size := (n-i)*24 - 8
		head := []byte{0x08, 0x01, 0x10, 0x01, 0x1a}
		head = protowire.AppendVarint(head, uint64(size-len(head)-protowire.SizeVarint(uint64(size-len(head)))))
		hostile = append(hostile, frameLength(size)...)
		hostile = append(hostile, append(head, make([]byte, 16-len(head))...)...)
	}
	m := b.image.clone()
	m[b.name] = append(append(m[b.name], hostile...), large...)
	clear(m[b.name][at : at+8])
	r := read(t, m, nil)
	if !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), "more that looks like records") {
		t.Errorf("ReadAll() error = %v, want the search to have given up", r.err)
	}
}

// TestSalvage: what verifies is read behind damage too, and the damage is told.
func TestSalvage(t *testing.T) {
	t.Parallel()
	b := saves(20)
	b.cut().save(hs(1, 1, 20), ents(21, 22, 1)...)
	m := b.files()
	first := m.names()[0]
	stateOf4 := framesOf(m[first])[10]
	clear(m[first][stateOf4.start : stateOf4.start+8])
	r := read(t, m, nil, salvage)
	if !errors.Is(r.err, wal.ErrCorrupt) || len(r.ents) < 4 || string(r.metadata) != "md" {
		t.Errorf("ReadAll() = %v, %v, want what precedes the damage, and the damage", indexes(r.ents), r.err)
	}
	w, err := wal.OpenForRead(".", nil, &wal.Options{FS: m, Recovery: wal.Salvage})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	records, damages := 0, 0
	for rec, err := range w.Records() {
		if err != nil {
			damages++
			continue
		}
		if rec.Size == 0 {
			t.Errorf("record %+v", rec)
		}
		records++
	}
	if all := len(framesOf(m[m.names()[1]])) + 43; damages != 1 || records < all-2 || records >= all {
		t.Errorf("Records() gave %d records and %d damages, of %d", records, damages, all)
	}
}
