package torture

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// image is what the files of the log hold.
type image map[string][]byte

// take reads the log's folder.
func take(t testing.TB, fs disk.FS) image {
	t.Helper()
	list, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := image{}
	for _, e := range list {
		f, err := fs.Open(path.Join(dir, e.Name()), os.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		size, _ := f.Size()
		b := make([]byte, size)
		if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		f.Close()
		files[e.Name()] = b
	}
	return files
}

// put makes a disk of it.
func (m image) put(t testing.TB) *disk.Sim {
	t.Helper()
	sim := disk.NewSim()
	if err := sim.Mkdir(dir, disk.DirMode); err != nil {
		t.Fatal(err)
	}
	for name, b := range m {
		f, err := sim.Open(path.Join(dir, name), os.O_RDWR|os.O_CREATE, disk.FileMode)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(int64(len(b))); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(b, 0); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return sim.Crash(disk.Kept)
}

// with returns the image with another content of one file; nil is none.
func (m image) with(name string, b []byte) image {
	n := image{}
	for k, v := range m {
		n[k] = v
	}
	if n[name] = b; b == nil {
		delete(n, name)
	}
	return n
}

// destroyed returns the name of a file whose content is neither where it was nor kept in a copy, as far as it was not zeros.
func (m image) destroyed(now image) string {
	for name, was := range m {
		was = bytes.TrimRight(was, "\x00")
		found := false
		for other, b := range now {
			found = found || (other == name || strings.HasPrefix(other, name+".broken")) && bytes.HasPrefix(b, was)
		}
		if !found && len(was) > 0 {
			return name
		}
	}
	return ""
}

// same tells whether two images hold the same files.
func (m image) same(o image) bool {
	for name, b := range m {
		if !bytes.Equal(o[name], b) {
			return false
		}
	}
	return len(m) == len(o)
}

// durableLog returns a log of several segments, all of it synced, and the names of its files in order.
func durableLog(t *testing.T) (m image, names []string, l *life) {
	t.Helper()
	s := strike(t, "xscxnosxh", Setup{Segment: 1024}, disk.Fault{Name: "none"})
	if s.err != nil {
		t.Fatal(s.err)
	}
	if err := s.life.close(); err != nil {
		t.Fatal(err)
	}
	list, err := s.sim.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	if len(names) < 3 {
		t.Fatalf("%d segments", len(names))
	}
	return take(t, s.sim), names, s.life
}

// judge opens a damaged log for writing, and repairs another copy of it. Nothing is destroyed without a copy; nothing is changed if it is refused; and who
// writes sees what who reads sees.
func judge(t testing.TB, what string, m image) (opened bool) {
	t.Helper()
	verdict := func(err error, sim *disk.Sim, who string) {
		now := take(t, sim)
		lost := m.destroyed(now)
		switch {
		case lost != "":
			t.Fatalf("%s: %s destroyed %s, of which there is no copy (%v)", what, who, lost, err)
		case err != nil && !m.same(now):
			t.Fatalf("%s: %s has changed the folder, and returned %v", what, who, err)
		}
		if lost := m.destroyed(take(t, sim.Crash(disk.Lost))); lost != "" {
			t.Fatalf("%s: %s destroyed %s, of which there is no durable copy (%v)", what, who, lost, err)
		}
	}
	options := func(sim *disk.Sim) *wal.Options { return &wal.Options{FS: sim, SegmentSize: 1024, NoBackground: true} }
	toRead := m.put(t)
	r, errRead := wal.OpenForRead(dir, nil, options(toRead))
	var n int
	if errRead == nil {
		_, _, ents, err := r.ReadAll()
		errRead, n = err, len(ents)
		r.Close()
	}
	toWrite := m.put(t)
	w, err := wal.Open(dir, nil, options(toWrite))
	if err == nil {
		_, _, ents, errAll := w.ReadAll()
		if errAll == nil && errRead == nil && len(ents) != n {
			t.Fatalf("%s: %d entries for who writes, %d for who reads", what, len(ents), n)
		}
		if err = errAll; err != nil {
			w.Close()
		}
	}
	verdict(err, toWrite, "Open")
	if (err == nil) != (errRead == nil) {
		var torn *wal.TornError // a lost head: who reads may, who writes must call Repair
		if !errors.As(err, &torn) {
			t.Fatalf("%s: Open: %v; OpenForRead: %v", what, err, errRead)
		}
	}
	toRepair := m.put(t)
	_, errRepair := wal.Repair(dir, options(toRepair))
	verdict(errRepair, toRepair, "Repair")
	return err == nil
}

// TestDamage changes what was durable: bits, sectors, files. Open for writing and Repair destroy nothing without a durable copy, change nothing of a log
// that they refuse, and judge as reading does. F15 F16 F17
func TestDamage(t *testing.T) {
	t.Parallel()
	m, names, _ := durableLog(t)
	rng := rand.New(rand.NewPCG(1, 0))
	opened, all := map[bool]int{}, 0
	try := func(what, name string, b []byte) bool {
		all++
		ok := judge(t, what+" "+name, m.with(name, b))
		opened[name == names[len(names)-1]] += map[bool]int{true: 1}[ok]
		return ok
	}
	for i, name := range names {
		was, sealed := m[name], i < len(names)-1
		for range 300 {
			b := bytes.Clone(was)
			b[rng.IntN(len(bytes.TrimRight(b, "\x00")))] ^= 1 << rng.IntN(8)
			if try("a bit of", name, b) && sealed {
				t.Errorf("a flipped bit of the sealed %s was accepted", name)
			}
		}
		for at := 0; at < len(was); at += disk.SectorSize {
			end := min(at+disk.SectorSize, len(was))
			zeroed := bytes.Clone(was)
			clear(zeroed[at:end])
			try("a zeroed sector of", name, zeroed)
			swapped := bytes.Clone(was)
			copy(swapped[at:end], was[:disk.SectorSize])
			copy(swapped, was[at:end])
			try("swapped sectors of", name, swapped)
			doubled := append(bytes.Clone(was[:end]), was[at:]...)
			try("a doubled sector of", name, doubled)
			foreign := bytes.Clone(was)
			copy(foreign[at:end], m[names[(i+1)%len(names)]][min(at, 512):])
			try("a sector of another segment in", name, foreign)
		}
		for n := 0; n < len(was); n += 8 {
			if ok := try("an end cut off", name, was[:n:n]); ok && sealed && len(bytes.TrimRight(was, "\x00")) > n {
				t.Errorf("%s, cut to %d bytes and sealed, was accepted", name, n)
			}
		}
		try("zeros behind", name, append(bytes.Clone(was), make([]byte, 512)...))
		try("it twice in", name, append(bytes.Clone(was), was...))
		try("nothing left of", name, nil)
	}
	t.Logf("%d kinds of damage; opened: %d in sealed segments, %d in the last", all, opened[false], opened[true])
}
