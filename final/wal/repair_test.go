package wal_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// onDisk puts an image on a simulated disk, durably.
func onDisk(t testing.TB, m image) *disk.Sim {
	t.Helper()
	sim := disk.NewSim()
	must(t, sim.Mkdir(folderName, disk.DirMode))
	for name, b := range m {
		put(t, sim, folderName+"/"+name, b)
	}
	must(t, sim.SyncDir("."))
	return sim
}

// whole returns all files of the log's folder.
func whole(t testing.TB, fsys disk.FS) image {
	t.Helper()
	m := image{}
	for name := range strings.FieldsSeq(list(t, fsys)) {
		m[name] = content(t, fsys, folderName+"/"+name)
	}
	return m
}

// torn returns a log of five entries, and a sixth of which the end is missing.
func torn() (m image, last string, end int) {
	b := saves(5)
	end = b.size()
	b.save(nil, ent(6, 1, 1000))
	m = b.files()
	clear(m[b.name][end+600:])
	return m, b.name, end
}

// TestOpenRepairs: a torn tail is cut off by ReadAll of a log open for writing, behind a durable copy; what is saved then reads back. W42
func TestOpenRepairs(t *testing.T) {
	t.Parallel()
	m, name, end := torn()
	sim := onDisk(t, m)
	o := quiet(sim, 0)
	var events []wal.Event
	o.Observe = func(e wal.Event) { events = append(events, e) }
	w, err := wal.Open(folderName, nil, o)
	must(t, err)
	_, _, got, err := w.ReadAll()
	must(t, err)
	tail := w.Tail()
	if len(got) != 5 || !tail.Torn || tail.Offset != int64(end) || tail.Copy != name+".broken" {
		t.Errorf("ReadAll() = %d entries, tail %+v", len(got), tail)
	}
	if e := events[0]; e.Op != wal.OpRepair || e.Segment != name || e.Bytes != 600 {
		t.Errorf("observed %+v", e)
	}
	must(t, w.Save(nil, ents(6, 8, 1)))
	sim = sim.Crash(disk.Lost)
	if _, r := reopen(t, sim, 0, nil); indexes(r.ents) != indexes(ents(1, 8, 1)) {
		t.Errorf("ReadAll() = %v", indexes(r.ents))
	}
	if got := content(t, sim, folderName+"/"+name+".broken"); !bytes.Equal(got, bytes.TrimRight(m[name], "\x00")) {
		t.Errorf("the copy has %d bytes, which are not the segment's", len(got))
	}
}

// TestStrictOpen: under Strict the same log is an error, and is not changed; Repair does what is to be done, says what, and what it did the first time
// stays when it is called again. W14
func TestStrictOpen(t *testing.T) {
	t.Parallel()
	m, name, end := torn()
	sim := onDisk(t, m)
	o := quiet(sim, 0)
	o.Recovery = wal.Strict
	w, err := wal.Open(folderName, nil, o)
	must(t, err)
	if _, _, _, err := w.ReadAll(); !errors.Is(err, wal.ErrTorn) {
		t.Errorf("ReadAll() error = %v, want ErrTorn", err)
	}
	must(t, w.Close())
	if diff := cmp.Diff(m.names(), whole(t, sim).names()); diff != "" {
		t.Errorf("files mismatch (-want +got):\n%s", diff)
	}
	report, err := wal.Repair(folderName, o)
	must(t, err)
	report.Reason = ""
	if want := (wal.Report{Segment: name, Offset: int64(end), Cut: 600, Copy: name + ".broken"}); report != want {
		t.Errorf("Repair() = %+v, want %+v", report, want)
	}
	report, err = wal.Repair(folderName, o)
	if err != nil || report != (wal.Report{}) {
		t.Errorf("Repair() again = %+v, %v", report, err)
	}
	w, err = wal.Open(folderName, nil, o)
	must(t, err)
	if _, _, got, err := w.ReadAll(); len(got) != 5 || err != nil {
		t.Errorf("ReadAll() = %d entries, %v", len(got), err)
	}
	must(t, w.Close())
	put(t, sim, folderName+"/"+name, m[name]) // torn once more: the second copy has a name of its own
	if report, err := wal.Repair(folderName, o); err != nil || report.Copy != name+".broken.1" {
		t.Errorf("Repair() = %+v, %v, want the copy in %s.broken.1", report, err, name)
	}
}

// TestRepairRefuses: what is no torn tail is not touched, and told. W14 F15
func TestRepairRefuses(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(m image){
		"middle_segment":      func(m image) { n := m.names()[1]; m[n] = m[n][:len(m[n])-20] },
		"segment_missing":     func(m image) { delete(m, m.names()[1]) },
		"synced_record":       func(m image) { n := m.names()[3]; clear(m[n][200:800]) },
		"no_metadata_at_all":  func(m image) { keepOnly(m); clear(m[m.names()[0]]) },
		"commit_beyond_a_cut": func(m image) { n := m.names()[3]; m[n] = m[n][:framesOf(m[n])[3].start] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := fourSegments()
			if name == "commit_beyond_a_cut" {
				b.save(hs(1, 1, 100), ents(101, 101, 1)...).cut().save(hs(1, 1, 101))
			}
			m := b.files()
			damage(m)
			sim := onDisk(t, m)
			for what, call := range map[string]func() error{
				"Repair": func() error { _, err := wal.Repair(folderName, quiet(sim, 0)); return err },
				"ReadAll": func() error {
					w, err := wal.Open(folderName, nil, quiet(sim, 0))
					if err != nil {
						return err
					}
					_, _, _, err = w.ReadAll()
					return errors.Join(err, w.Close())
				},
			} {
				if err := call(); err == nil || !errors.Is(err, wal.ErrCorrupt) && !errors.Is(err, wal.ErrSequence) && !errors.Is(err, wal.ErrTorn) {
					t.Errorf("%s() error = %v", what, err)
				}
			}
			if diff := cmp.Diff(m, whole(t, sim)); diff != "" {
				t.Errorf("files have changed")
			}
		})
	}
}

// keepOnly removes all segments but the first.
func keepOnly(m image) {
	for _, name := range m.names()[1:] {
		delete(m, name)
	}
}

// TestHeadLost: a last segment whose head is gone is damage, not a crash: a node does not start on it by itself. Repair writes the head anew, behind a copy, and
// the log can be opened at a snapshot in it then. W15
func TestHeadLost(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(b []byte) []byte{
		"zeros":  func(b []byte) []byte { clear(b); return b },
		"empty":  func(b []byte) []byte { return nil },
		"torn":   func(b []byte) []byte { return b[:20] },
		"cutoff": func(b []byte) []byte { clear(b[30:]); return b },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBuild([]byte("md")).save(hs(3, 1, 10), ents(1, 10, 3)...).cut()
			m := b.files()
			m[b.name] = damage(m[b.name])
			sim := onDisk(t, m)
			w, err := wal.Open(folderName, nil, quiet(sim, 0))
			must(t, err)
			if _, _, _, err := w.ReadAll(); !errors.Is(err, wal.ErrTorn) || !strings.Contains(err.Error(), "head") {
				t.Errorf("ReadAll() error = %v, want ErrTorn that speaks of the head", err)
			}
			must(t, w.Close())
			report, err := wal.Repair(folderName, quiet(sim, 0))
			must(t, err)
			if report.Segment != b.name || report.Offset != 0 || !report.Head || report.Copy == "" {
				t.Errorf("Repair() = %+v", report)
			}
			want := bytes.TrimRight(m[b.name], "\x00")
			if kept := whole(t, sim); report.Copy != b.name+".broken" || !bytes.Equal(kept[report.Copy], want) {
				t.Errorf("the copy %q holds % x, want % x: nothing else remembers the loss", report.Copy, kept[report.Copy], want)
			}
			w, _ = reopen(t, sim, 0, nil)
			must(t, w.Save(hs(3, 1, 11), ents(11, 12, 3)))
			must(t, w.SaveSnapshot(snapshot(11, 3)))
			must(t, w.Close())
			_, r := reopen(t, sim, 0, at(11, 3))
			if string(r.metadata) != "md" || r.state.GetTerm() != 3 || indexes(r.ents) != "[12/3]" {
				t.Errorf("ReadAll() = %q, %v, %v", r.metadata, r.state, indexes(r.ents))
			}
		})
	}
}

// TestBareSegmentGoesOn: a last segment without head, which etcd writes after it has cut one down to nothing, is left for a new one as soon as the log is open. W15
func TestBareSegmentGoesOn(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md")).save(hs(3, 1, 10), ents(1, 10, 3)...)
	crc := b.crc
	b.cut()
	b.image[b.name], b.crc = nil, crc
	b.save(hs(3, 1, 11), ents(11, 12, 3)...)
	sim := onDisk(t, b.files())
	w, r := reopen(t, sim, 0, nil)
	if indexes(r.ents) != indexes(ents(1, 12, 3)) {
		t.Fatalf("ReadAll() = %v", indexes(r.ents))
	}
	if n := len(w.Segments()); n != 3 {
		t.Errorf("%d segments are open, want a new one", n)
	}
	must(t, w.SaveSnapshot(snapshot(12, 3)))
	must(t, w.Close())
	reopen(t, sim, 0, at(12, 3))
}

// TestRepairFails: when the disk fails, nothing is cut before the copy is durable, and the next repair does it. F9 F11
func TestRepairFails(t *testing.T) {
	t.Parallel()
	m, name, _ := torn()
	for _, err := range []error{syscall.ENOSPC, syscall.EIO} {
		for n := 1; ; n++ {
			sim := onDisk(t, m)
			struck := sim.Inject(disk.Fault{Nth: n, Err: err})
			_, repairErr := wal.Repair(folderName, quiet(sim, 0))
			if struck() == 0 {
				must(t, repairErr)
				break
			}
			sim.Heal()
			crashed := sim.Crash(disk.Lost)
			if b := content(t, crashed, folderName+"/"+name); !bytes.Equal(bytes.TrimRight(b, "\x00"), bytes.TrimRight(m[name], "\x00")) {
				if _, err := crashed.Stat(folderName + "/" + name + ".broken"); err != nil {
					t.Errorf("operation %d failed: the segment was cut and there is no copy: %v", n, err)
				}
			}
			if _, r := reopen(t, crashed, 0, nil); len(r.ents) != 5 {
				t.Errorf("operation %d failed: %d entries are left of 5", n, len(r.ents))
			}
		}
	}
}

// TestOpenWithoutReading: a log is opened and closed without being read, or its reading fails: every file is given up. W23 W43
func TestOpenWithoutReading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o700))
	files := fourSegments().files()
	files[files.names()[2]][700] ^= 1
	write(t, dir, files)
	for _, read := range []bool{false, true} {
		w, err := wal.Open(dir, nil, nil)
		must(t, err)
		if read {
			if _, _, _, err := w.ReadAll(); !errors.Is(err, wal.ErrCorrupt) {
				t.Errorf("ReadAll() error = %v", err)
			}
		}
		must(t, w.Close())
		if open := openBelow(t, dir); len(open) > 0 {
			t.Errorf("files left open: %v", open)
		}
	}
}
