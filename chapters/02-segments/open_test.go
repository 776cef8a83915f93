package segments_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// TestNames reads names that are nearly right (W31), and sequences (W16).
func TestNames(t *testing.T) {
	t.Parallel()
	good := segments.FormatName(1<<63, 0xabc)
	for _, name := range []string{
		good + ".wal", good + "x", "x" + good, strings.ToUpper(good), good[1:], strings.Replace(good, "-", "_", 1),
		"+" + good[1:], good[:17] + "+" + good[18:], " " + good[1:], "4-ff.wal", "foo.wal", "", good[:len(good)-4],
	} {
		if _, _, ok := segments.ParseName(name); ok {
			t.Errorf("ParseName(%q) takes it for a segment", name)
		}
	}
	for _, c := range []struct {
		names string // "seq-index", or another name
		want  string
	}{
		{"", "[] <nil>"},
		{"1-5 0-0 foo.wal 2-5", "[0-0 1-5 2-5] <nil>"},
		{"7-9", "[7-9] <nil>"},
		{"0-0 2-5", "[] 1 to 1"},
		{"0-0 1-1 5-5", "[] 2 to 4"},
		{"0-0 1-1 1-2", "[] corrupt"},
		{"0-0 1-6 2-5", "[] corrupt"},
	} {
		var names []string
		for _, s := range strings.Fields(c.names) {
			var seq, index uint64
			if n, _ := fmt.Sscanf(s, "%d-%d", &seq, &index); n == 2 {
				s = segments.FormatName(seq, index)
			}
			names = append(names, s)
		}
		got, err := segments.Sequence(names)
		short := []string{}
		for _, name := range got {
			seq, index, _ := segments.ParseName(name)
			short = append(short, fmt.Sprintf("%d-%d", seq, index))
		}
		said := fmt.Sprint(short, " ", err)
		if gap, ok := errors.AsType[*segments.GapError](err); ok {
			said = fmt.Sprint(short, " ", gap.First, " to ", gap.Last)
		} else if errors.Is(err, segments.ErrCorrupt) {
			said = fmt.Sprint(short, " corrupt")
		}
		if said != c.want {
			t.Errorf("Sequence(%s) = %s, want %s", c.names, said, c.want)
		}
	}
}

// TestNoLog opens what is not there.
func TestNoLog(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	_, err := segments.Open(sim, "log", nil)
	expect(t, "Open", err, segments.ErrNoLog)
	expect(t, "Open", err, fs.ErrNotExist)
	if err := sim.Mkdir("log", disk.DirMode); err != nil {
		t.Fatal(err)
	}
	_, err = segments.Repair(sim, "log")
	expect(t, "Repair", err, segments.ErrNoLog)
	sim.Inject(disk.Fault{Ops: disk.OpList})
	if _, err = segments.Open(sim, "log", nil); err == nil || errors.Is(err, segments.ErrNoLog) {
		t.Errorf("Open of a folder that cannot be listed: %v", err)
	}
}

// TestSecondOpener wants Open and Repair refused at once while the log is open,
// also by one who looks while it is cut (W42).
func TestSecondOpener(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 4)
	try := func() {
		t.Helper()
		_, err := segments.Open(sim, "log", small)
		expect(t, "Open", err, disk.ErrLocked)
		_, err = segments.Repair(sim, "log")
		expect(t, "Repair", err, disk.ErrLocked)
	}
	try()
	watching := false
	sim.Watch(func(e disk.Event) {
		if e.Op == disk.OpRename && !watching {
			watching = true
			try()
		}
	})
	if err := errors.Join(grow(l, 4, 8), l.Close()); err != nil || !watching {
		t.Error(err, watching)
	}
}

// TestCutBehindTheBack has the owner of a log cut it and leave between the
// moments at which another looks at its names and locks them.
func TestCutBehindTheBack(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 2)
	sim.Watch(func(e disk.Event) {
		if e.Op == disk.OpList {
			sim.Watch(nil)
			if err := errors.Join(l.Cut(4, head), l.Close()); err != nil {
				t.Error(err)
			}
		}
	})
	_, err := segments.Open(sim, "log", small)
	expect(t, "Open", err, disk.ErrLocked)
}

// TestReadErrors makes each read fail, or end early without a reason. Neither is the
// end of the log, nor torn, nor damage; and Repair changes nothing (F14).
func TestReadErrors(t *testing.T) {
	t.Parallel()
	for _, try := range []func(disk.FS) error{
		func(f disk.FS) error { _, err := segments.Open(f, "log", small); return err },
		func(f disk.FS) error { _, err := segments.Repair(f, "log"); return err },
	} {
		for n := 1; ; n++ {
			sim := closed(t, 4)
			before := dump(t, sim, "log")
			f := disk.Fault{Ops: disk.OpRead | disk.OpSize, Nth: n}
			if n%2 == 0 {
				f.Ops, f.Err = disk.OpRead, io.EOF // it ends early, without a reason
			}
			struck := sim.Inject(f)
			err := try(sim)
			if struck() == 0 {
				if n < 30 {
					t.Errorf("only %d reads were tried", n)
				}
				break
			}
			if slices.ContainsFunc(sim.Log(), nothing) {
				continue // there was nothing to be read, so nothing is missing
			}
			if err == nil || errors.Is(err, segments.ErrTorn) || errors.Is(err, segments.ErrCorrupt) {
				t.Errorf("read %d failed: %v", n, err)
			}
			sim.Heal()
			if diff := cmp.Diff(before, dump(t, sim, "log")); diff != "" {
				t.Errorf("read %d failed: log mismatch (-before +after):\n%s", n, diff)
			}
		}
	}
}

// nothing reports whether an operation is a failed read of no bytes.
func nothing(e disk.Event) bool { return e.Op == disk.OpRead && e.Length == 0 && e.Err != nil }

// TestDamage changes a sealed segment and the head of the last one. It is
// always corrupt (W13, W15), and Repair changes nothing (W14).
func TestDamage(t *testing.T) {
	t.Parallel()
	first, last := segments.FormatName(0, 0), segments.FormatName(1, 4)
	whole := closed(t, 4)
	sealed := get(t, whole, "log/"+first)
	tail := get(t, whole, "log/"+last)
	type damaged struct {
		name string
		file string
		b    []byte
	}
	var all []damaged
	for n := 0; n < len(sealed); n += 3 {
		all = append(all, damaged{fmt.Sprintf("sealed_cut_at_%d", n), first, sealed[:n]})
		b := append([]byte{}, sealed...)
		clear(b[n:])
		if string(b) == string(sealed) { // padding
			continue
		}
		all = append(all, damaged{fmt.Sprintf("sealed_zero_from_%d", n), first, b})
	}
	for n := range 16 {
		all = append(all, damaged{fmt.Sprintf("last_cut_at_%d", n), last, tail[:n]})
	}
	all = append(all, damaged{"last_all_zero", last, make([]byte, 1024)}, damaged{"last_is_the_first", last, sealed},
		damaged{"first_has_no_checksum_record", first, sealed[16:]})
	for _, d := range all {
		sim := whole.Kill()
		put(t, sim, "log/"+d.file, d.b)
		before := dump(t, sim, "log")
		_, err := segments.Open(sim, "log", small)
		expect(t, d.name+": Open", err, segments.ErrCorrupt)
		_, err = segments.Repair(sim, "log")
		expect(t, d.name+": Repair", err, segments.ErrCorrupt)
		if diff := cmp.Diff(before, dump(t, sim, "log")); diff != "" {
			t.Errorf("%s: log mismatch (-before +after):\n%s", d.name, diff)
		}
	}
}

// TestFlips changes every bit of a Save behind which two more were synced. They
// prove that it was durable: what does not read as before is corrupt, and never
// torn, also where a longer length reaches into the zeros at the end.
func TestFlips(t *testing.T) {
	t.Parallel()
	sim, l := create(t, 0)
	for i := range 4 {
		if err := errors.Join(l.Append(records.TypeEntry, entry(i)), l.Append(records.TypeState, []byte{1, byte(i)}), l.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	name := "log/" + segments.FormatName(0, 0)
	b := get(t, sim, name)
	corrupt := 0
	for bit := 16 * 8; bit < 8*240; bit++ {
		b[bit/8] ^= 1 << (bit % 8)
		flipped := sim.Kill()
		put(t, flipped, name, b)
		b[bit/8] ^= 1 << (bit % 8)
		l, err := segments.Open(flipped, "log", small)
		if err == nil { // a type is covered by nothing
			l.Close()
			continue
		}
		corrupt++
		if !errors.Is(err, segments.ErrCorrupt) {
			t.Errorf("bit %d of byte %d: %v", bit%8, bit/8, err)
		}
	}
	if corrupt < 1500 {
		t.Errorf("only %d changes were seen", corrupt)
	}
}

// TestEveryCut ends the last segment at every byte behind its first record, as a shorter file
// and in zeros. It is torn at most, and nothing before the cut is lost (W27).
func TestEveryCut(t *testing.T) {
	t.Parallel()
	name := "log/" + segments.FormatName(1, 4)
	whole := closed(t, 5)
	b := get(t, whole, name)
	ends := []int64{40}
	for r := range segments.Read(whole, "log") {
		if r.Segment == segments.FormatName(1, 4) && r.Offset > 40 {
			ends = append(ends, r.Offset)
		}
	}
	for n := 16; n < 800; n++ {
		for _, rest := range []int{0, 300} {
			sim := whole.Kill()
			put(t, sim, name, append(b[:n:n], make([]byte, rest)...))
			if err := recoverLog(sim, progress{5, 3}); err != nil {
				t.Errorf("cut at %d, %d zeros behind: %v", n, rest, err)
			}
			want := 3
			for _, end := range ends[1:] {
				if int64(n) >= end {
					want++
				}
			}
			if got, err := entries(sim, "log"); err != nil || got < want {
				t.Errorf("cut at %d, %d zeros behind: %d entries, %v, want %d", n, rest, got, err, want)
			}
		}
	}
}

// torn returns a disk with a torn log of four entries and a part of the fifth.
func torn(t *testing.T) *disk.Sim {
	sim := closed(t, 5)
	name := "log/" + segments.FormatName(1, 4)
	var last segments.Record
	for r := range segments.Read(sim, "log") {
		last = r
	}
	put(t, sim, name, get(t, sim, name)[:last.Offset+200])
	return sim
}

// TestRepairFails makes each operation of a repair fail. When the copy is not
// whole and durable, the log is as it was; a copy is never written over (W42).
func TestRepairFails(t *testing.T) {
	t.Parallel()
	name := segments.FormatName(1, 4)
	for n := 1; ; n++ {
		sim := torn(t)
		put(t, sim, "log/"+name+".broken", []byte("an older one"))
		whole := get(t, sim, "log/"+name)
		struck := sim.Inject(disk.Fault{Ops: disk.OpChanges, Nth: n})
		report, err := segments.Repair(sim, "log")
		if struck() == 0 {
			if err != nil || n < 7 {
				t.Errorf("Repair: %v, after %d operations", err, n)
			}
			break
		}
		if err == nil {
			t.Errorf("operation %d failed, and Repair did not notice", n)
		}
		if report.Copy == "" {
			if diff := cmp.Diff(whole, get(t, sim, "log/"+name)); diff != "" {
				t.Errorf("operation %d failed: segment mismatch (-before +after):\n%s", n, diff)
			}
			if _, err := sim.Stat("log/" + name + ".broken.1"); err == nil {
				t.Errorf("operation %d failed: half a copy is left", n)
			}
		}
		sim.Heal()
		if err := recoverLog(sim, progress{5, 4}); err != nil {
			t.Errorf("operation %d failed, then: %v", n, err)
		}
		if got := len(get(t, sim, "log/"+name)); got != 1024 {
			t.Errorf("operation %d failed: Open reserves %d bytes, want 1024", n, got)
		}
		if got := string(get(t, sim, "log/"+name+".broken")); got != "an older one" {
			t.Errorf("operation %d failed: the older copy is %.20q", n, got)
		}
	}
}

// TestRepairCrash crashes a repair. What is cut is never gone: as long as no
// whole copy is durable, the segment is as it was.
func TestRepairCrash(t *testing.T) {
	t.Parallel()
	name := segments.FormatName(1, 4)
	whole := get(t, torn(t), "log/"+name)
	e := crash.Experiment{
		Name: "repair",
		Start: func(fsys disk.FS) error {
			l, err := segments.Create(fsys, "log", head, small)
			if err := errors.Join(err, grow(l, 0, 4), l.Close()); err != nil {
				return err
			}
			put(t, fsys, "log/"+name, whole)
			return nil
		},
		Work: func(fsys disk.FS, note func(any)) error {
			_, err := segments.Repair(fsys, "log")
			return err
		},
		Recover: func(fsys disk.FS, _ []any) error {
			found := false
			for _, b := range dump(t, fsys, "log") {
				found = found || b == string(whole)
			}
			if !found {
				return errors.New("what was cut is nowhere")
			}
			return recoverLog(fsys, progress{5, 4})
		},
		Again: goOn,
	}
	report, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 5, Seeds: 8, Torn: true, States: 1000})
	if err != nil {
		t.Error(err)
	}
	t.Log(report)
}

// TestEtcd reads a log that etcd wrote, and writes it again, record for record:
// the files must be the same to the byte.
func TestEtcd(t *testing.T) {
	t.Parallel()
	etcd, err := disk.OS("../../final/testdata")
	if err != nil {
		t.Fatal(err)
	}
	defer etcd.Close()
	var logs [2][]records.Record
	names := []string{segments.FormatName(0, 0), segments.FormatName(1, 12)}
	for r, err := range segments.Read(etcd, "two-segments") {
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		if r.Segment == names[1] {
			n = 1
		}
		logs[n] = append(logs[n], r.Record)
	}
	sim := disk.NewSim()
	// A head has two records besides the checksum record.
	l, err := segments.Create(sim, "log", logs[0][1:3], &segments.Options{SegmentSize: 2048})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range logs[0][3:] {
		err = errors.Join(err, l.Append(r.Type, r.Data), l.Sync())
	}
	err = errors.Join(err, l.Cut(12, logs[1][1:3]))
	for _, r := range logs[1][3:] {
		err = errors.Join(err, l.Append(r.Type, r.Data))
	}
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dump(t, etcd, "two-segments"), dump(t, sim, "log")); diff != "" {
		t.Errorf("files mismatch (-etcd +ours):\n%s", diff)
	}
}
