package wal_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/logbook/final/wal"
)

// TestNoMetadata: a log of which not even the metadata can be read is no empty log. Whoever reads it is told so, under Salvage by the tail.
func TestNoMetadata(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md")).save(hs(7, 1, 1), ent(1, 7))
	whole := b.image[b.name]
	for name, file := range map[string][]byte{
		"empty": nil, "all_zeros": make([]byte, 4096), "inside_the_metadata": whole[:b.starts[2]-9], "behind_the_crc": whole[:b.starts[1]],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := image{b.name: file}
			errs := everyReader(t, m)
			_, errs["ValidSnapshotEntries"] = wal.ValidSnapshotEntries(".", &wal.Options{FS: m})
			for reader, err := range errs {
				if torn, ok := errors.AsType[*wal.TornError](err); !ok || !strings.Contains(err.Error(), "holds no metadata") || torn.Segment != b.name {
					t.Errorf("%s() error = %v, want a TornError", reader, err)
				}
			}
			if r := read(t, m, nil); r.state != nil || !r.tail.Torn {
				t.Errorf("ReadAll() state = %v, tail %+v, want none: a node would take it for its own", r.state, r.tail)
			}
			if r := read(t, m, nil, salvage); r.err != nil || !strings.Contains(r.tail.Reason, "holds no metadata") {
				t.Errorf("Salvage: ReadAll() = %v, tail %+v", r.err, r.tail)
			}
		})
	}
}

// TestTornHead: a segment gets its name when its head is durable, so a head that is not whole is no crash's work alone. The log is torn there,
// and never clean.
func TestTornHead(t *testing.T) {
	t.Parallel()
	b := fourSegments()
	last, whole := b.name, b.image[b.name]
	frames := framesOf(whole)
	for name, c := range map[string]struct {
		file   []byte
		offset int64
	}{
		"empty":          {nil, 0},
		"all_zeros":      {make([]byte, 4096), 0},
		"crc_cut":        {whole[:10], 0},
		"crc_alone":      {whole[:frames[0].end], int64(frames[0].end)},
		"metadata_cut":   {whole[:frames[1].end-9], int64(frames[1].start)},
		"metadata_zeros": {append(whole[:frames[1].start:frames[1].start], make([]byte, 99)...), int64(frames[1].start)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := b.files()
			m[last] = c.file
			r := read(t, m, nil)
			if r.err != nil || len(r.ents) != 75 || !r.tail.Torn || !r.tail.Head || r.tail.Offset != c.offset || r.tail.Segment != last {
				t.Errorf("ReadAll() = %d entries, %v, tail %+v, want it torn in its head at %d", len(r.ents), r.err, r.tail, c.offset)
			}
			r = read(t, m, nil, strict)
			if !errors.Is(r.err, wal.ErrTorn) || !strings.Contains(r.err.Error(), "head is not whole") || strings.Contains(r.err.Error(), "nothing acknowledged is lost") {
				t.Errorf("Strict: ReadAll() error = %v, want ErrTorn, and no promise", r.err)
			}
			if snaps, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: m}); err != nil || len(snaps) != 4 {
				t.Errorf("ValidSnapshotEntries() = %v, %v, want those of the segments before", snaps, err)
			}
		})
	}
	// What is torn behind the head is not in it.
	m := b.files()
	m[last] = whole[:len(whole)-3]
	if r := read(t, m, nil); r.err != nil || !r.tail.Torn || r.tail.Head {
		t.Errorf("ReadAll() = %v, tail %+v, want it torn, and not in its head", r.err, r.tail)
	}
	// Opened at a snapshot that the torn segment's name leads to, the log is the same.
	misled := newBuild([]byte("md")).save(hs(1, 1, 9), ents(1, 9, 1)...).snapshot(9, 1)
	misled.last = 4
	m = misled.cut().files()
	m[misled.name] = nil
	if r := read(t, m, at(9, 1)); r.err != nil || r.state.GetCommit() != 9 || !r.tail.Head {
		t.Errorf("ReadAll() where names lead to the torn segment = %v, %v, tail %+v", r.state, r.err, r.tail)
	}
}
