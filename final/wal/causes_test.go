package wal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestBlame: an error names the file that is damaged, not the healthy one behind it.
func TestBlame(t *testing.T) {
	t.Parallel()
	b := fourSegments()
	for name, hit := range map[string]func(f []byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"all_zeros": func(f []byte) []byte { return make([]byte, len(f)) },
		"crc_alone": func(f []byte) []byte { return f[:framesOf(f)[0].end] },
	} {
		for seg := range 3 {
			m := b.files()
			segment := m.names()[seg]
			m[segment] = hit(m[segment])
			r := read(t, m, nil)
			if corrupt, ok := errors.AsType[*wal.CorruptError](r.err); !ok || corrupt.Segment != segment {
				t.Errorf("%s: ReadAll() error = %v, want a CorruptError of %s", name, r.err, segment)
			}
		}
	}
}

// foreign returns a log of four segments whose k-th is another node's.
func foreign(k int) image {
	other := fourSegments()
	b := &build{image: image{}, meta: []byte("another node")}
	for seg, name := range other.image.names() {
		b.seq, b.last = uint64(seg), uint64(25*seg)
		if seg == 0 {
			b.begin(0)
			b.snapshot(0, 0)
		} else {
			b.begin(b.last + 1)
		}
		b.save(hs(1, 1, b.last), ents(b.last+1, b.last+25, 1)...).snapshot(b.last, 1)
		if b.name != name {
			panic(b.name + " is not " + name)
		}
	}
	m := other.files()
	name := m.names()[k]
	m[name] = b.image[name]
	return m
}

// TestForeignSegment: a segment of another node is named as that, wherever it stands, and costs the log's own snapshots in no way
// that nobody is told of. F19
func TestForeignSegment(t *testing.T) {
	t.Parallel()
	for k := 1; k < 4; k++ {
		m := foreign(k)
		errs := everyReader(t, m)
		var snaps int
		valid, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: m})
		snaps, errs["ValidSnapshotEntries"] = len(valid), err
		for reader, err := range errs {
			corrupt, ok := errors.AsType[*wal.CorruptError](err)
			if !ok || corrupt.Segment != m.names()[k] || !errors.Is(err, wal.ErrMetadataConflict) || !strings.Contains(err.Error(), "move the files of the other log away") {
				t.Errorf("segment %d: %s() error = %v, want ErrMetadataConflict of %s", k, reader, err, m.names()[k])
			}
		}
		if snaps != 0 {
			t.Errorf("segment %d: ValidSnapshotEntries() = %v beside its error", k, valid)
		}
	}
}

// TestValidSnapshotEntriesOfDamage: only damage in front of intact segments is passed over.
func TestValidSnapshotEntriesOfDamage(t *testing.T) {
	t.Parallel()
	flip := func(m image, segs ...int) image {
		for _, k := range segs {
			m[m.names()[k]][500] ^= 1
		}
		return m
	}
	chain := func(k int) image { // a segment of the same node that does not continue the one before
		m := fourSegments().files()
		before := m.names()[k-1]
		frames := framesOf(m[before])
		m[before] = m[before][:frames[len(frames)-2].end]
		return m
	}
	seeded := func() image { // whose first record has data, and cannot be where a log begins
		m := fourSegments().files()
		m[m.names()[0]] = frameOf(wal.TypeCRC, 7, []byte{1})
		return m
	}
	for _, c := range []struct {
		name string
		m    image
		want string
	}{
		{"two_segments_in_front", flip(fourSegments().files(), 0, 1), "[70]"},
		{"not_next_to_each_other", flip(fourSegments().files(), 0, 2), "corrupt"}, // nothing is recorded behind
		{"no_snapshot_behind", flip(newBuild(nil).save(hs(1, 1, 1), ents(1, 20, 1)...).cut().save(nil, ents(21, 22, 1)...).files(), 0), "corrupt"},
		{"own_snapshot_behind", flip(newBuild(nil).save(nil, ents(1, 20, 1)...).cut().snapshot(8, 1).save(hs(1, 1, 8), ent(21, 1)).files(), 0), "[8]"},
		{"start_again_behind", flip(newBuild(nil).save(nil, ents(1, 20, 1)...).cut().snapshot(0, 0).save(hs(1, 1, 8), ent(21, 1)).files(), 0), "[0]"},
		{"crc_with_data_in_front", seeded(), "[45 70]"},
		{"in_front_and_last", flip(fourSegments().files(), 0, 3), "corrupt"},
		{"last", flip(fourSegments().files(), 3), "corrupt"},
		{"end_of_a_segment_lost_in_front", chain(2), "[70]"},
		{"end_of_a_segment_lost_before_the_last", chain(3), "corrupt"},
	} {
		snaps, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: c.m})
		var all []uint64
		for _, s := range snaps {
			all = append(all, s.GetIndex())
		}
		got := fmt.Sprint(all)
		if errors.Is(err, wal.ErrCorrupt) && snaps == nil {
			got = "corrupt"
		} else if err != nil {
			got = err.Error()
		}
		if c.name == "end_of_a_segment_lost_before_the_last" && (err == nil || !strings.Contains(err.Error(), "or this segment is of another log")) {
			t.Errorf("%s: ValidSnapshotEntries() error = %v, want both explanations", c.name, err)
		}
		if got != c.want {
			t.Errorf("%s: ValidSnapshotEntries() = %s, want %s", c.name, got, c.want)
		}
	}
}

// TestDoubled: two segments of one number are no gap.
func TestDoubled(t *testing.T) {
	t.Parallel()
	m := fourSegments().files()
	const copied = "0000000000000001-00000000000000ff.wal"
	m[copied] = nil
	_, err := wal.OpenForRead(".", nil, &wal.Options{FS: m})
	if !errors.Is(err, wal.ErrSequence) || !strings.Contains(err.Error(), copied) || !strings.Contains(err.Error(), "same sequence number") || strings.Contains(err.Error(), "gap") {
		t.Errorf("OpenForRead() error = %v, want both names and no gap", err)
	}
}

// TestStray: a file that has another place in the sequence leaves a gap where it is and one where it was. Both are told, and that nothing may be missing.
func TestStray(t *testing.T) {
	t.Parallel()
	m := fourSegments().files()
	const stray = "0000000000000014-00000000000000ff.wal"
	names := m.names()
	m[stray] = m[names[1]]
	delete(m, names[1])
	_, err := wal.OpenForRead(".", nil, &wal.Options{FS: m})
	want := fmt.Sprintf("between %s and %s, and between %s and %s; put the missing files back; or, if nothing is missing, and a file there is", names[0], names[2], names[3], stray)
	if !errors.Is(err, wal.ErrSequence) || !strings.Contains(err.Error(), want) {
		t.Errorf("OpenForRead() error = %v, want %s", err, want)
	}
}

// TestLengthText: what is said of a length word does not contradict itself.
func TestLengthText(t *testing.T) {
	t.Parallel()
	b := saves(3)
	m := b.files()
	m[b.name][b.starts[len(b.starts)-1]+5] ^= 1
	if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) || !strings.Contains(r.err.Error(), "the record's own header") || strings.Contains(r.err.Error(), "the file ends") {
		t.Errorf("high bit: ReadAll() error = %v, want both sizes", r.err)
	}
	m[b.name] = append(b.image[b.name], 1, 2, 3)
	if r := read(t, m, nil); !r.tail.Torn || !strings.Contains(r.tail.Reason, "inside a length word") {
		t.Errorf("cut length word: tail = %+v", r.tail)
	}
}

// TestOneDamageOneError: behind damage, Salvage compares what follows with itself only: one cause is told once.
func TestOneDamageOneError(t *testing.T) {
	t.Parallel()
	typeOf := func(typ wal.RecordType) func(m image) {
		return func(m image) { f := m[m.names()[1]]; f[framesOf(f)[9].start+9] = byte(typ) }
	}
	for _, c := range []struct {
		name string
		m    image
		hit  func(m image)
		want int
	}{
		{"entry_to_state", fourSegments().files(), typeOf(wal.TypeState), 1},
		{"entry_to_nothing", fourSegments().files(), typeOf(9), 1},
		{"record", fourSegments().files(), func(m image) { m[m.names()[1]][500] ^= 1 }, 1},
		{"empty_segment", fourSegments().files(), func(m image) { m[m.names()[1]] = nil }, 1},
		{"foreign_segment", foreign(1), func(image) {}, 2}, // where it begins, and where it ends
		{"two", fourSegments().files(), func(m image) { typeOf(9)(m); m[m.names()[2]][500] ^= 1 }, 2},
	} {
		c.hit(c.m)
		w, err := wal.OpenForRead(".", nil, &wal.Options{FS: c.m, Recovery: wal.Salvage})
		if err != nil {
			t.Fatal(err)
		}
		var errs []error
		for _, err := range w.Records() {
			if err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) != c.want {
			t.Errorf("%s: %d errors, want %d: %v", c.name, len(errs), c.want, errs)
		}
		_, state, _, err := w.ReadAll()
		if err == nil || len(errs) == 0 || !strings.HasPrefix(err.Error(), errs[0].Error()) || state == nil {
			t.Errorf("%s: ReadAll() error = %v, want the first damage first: %v", c.name, err, errs)
		}
		w.Close()
	}
}

// TestOneRemedy: an error gives one advice, not two that contradict each other.
func TestOneRemedy(t *testing.T) {
	t.Parallel()
	m := fourSegments().files()
	one, two := m.names()[1], m.names()[2]
	m[one], m[two] = m[two], m[one]
	if r := read(t, m, nil); !errors.Is(r.err, wal.ErrCorrupt) || strings.Contains(r.err.Error(), "newer snapshot") {
		t.Errorf("ReadAll() error = %v, want ErrCorrupt and its remedy only", r.err)
	}
	mismatch := newBuild(nil).save(hs(1, 1, 3), ents(1, 5, 1)...).snapshot(2, 1).files()
	if r := read(t, mismatch, at(2, 9)); !strings.Contains(r.err.Error(), "ValidSnapshotEntries") {
		t.Errorf("ReadAll() error = %v, want a remedy", r.err)
	}
}

// TestIrregularSegment: a link out of the folder, and a pipe or folder that took a segment's place after it was listed, are named once, with
// what to do.
func TestIrregularSegment(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	write(t, outside, saves(3).files())
	name := saves(3).name
	if err := os.Symlink(filepath.Join(outside, name), filepath.Join(dir, name)); err != nil {
		t.Skip(err)
	}
	irregular := &irregular{saves(3).files()}
	for what, open := range map[string]func() (*wal.WAL, error){
		"link": func() (*wal.WAL, error) { return wal.OpenForRead(dir, nil, nil) },
		"pipe": func() (*wal.WAL, error) { return wal.OpenForRead("log", nil, &wal.Options{FS: irregular}) },
	} {
		_, err := open()
		if err == nil || strings.Count(err.Error(), name) != 1 || !strings.Contains(err.Error(), "put the file itself in its place") {
			t.Errorf("%s: OpenForRead() error = %v, want the file once, and a remedy", what, err)
		}
	}
}

// irregular is a disk whose files are no regular ones.
type irregular struct{ image }

func (i *irregular) Open(name string, _ int, _ fs.FileMode) (disk.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: disk.ErrIrregular}
}

func (i *irregular) Stat(name string) (fs.FileInfo, error) { return pipe{imageInfo{name: name}}, nil }

type pipe struct{ imageInfo }

func (pipe) Mode() fs.FileMode { return fs.ModeNamedPipe | 0o600 }
