package segments_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// small makes segments that a handful of entries fill.
var small = &segments.Options{SegmentSize: 1024}

// entry returns the data of the n-th entry of every test's log: each is of
// another length, some of more than a sector.
func entry(n int) []byte {
	return fmt.Appendf(nil, "entry %d %s", n, strings.Repeat(string(rune('a'+n%26)), n*137%700))
}

// entries returns how many entries a log holds, all of them the right ones in
// the right order, and the error behind the last.
func entries(fsys disk.FS, dir string) (n int, err error) {
	for r, err := range segments.Read(fsys, dir) {
		if err != nil {
			return n, err
		}
		if r.Type != records.TypeEntry {
			continue
		}
		if !bytes.Equal(r.Data, entry(n)) {
			return n, fmt.Errorf("%s at %d: entry %d is %.20q", r.Segment, r.Offset, n, r.Data)
		}
		n++
	}
	return n, nil
}

// grow appends entries from..to-1, syncs, and cuts the log behind every third.
func grow(l *segments.Log, from, to int) error {
	for i := from; i < to; i++ {
		if err := errors.Join(l.Append(records.TypeEntry, entry(i)), l.Sync()); err != nil {
			return err
		}
		if i%3 == 2 {
			if err := l.Cut(uint64(i)+2, head); err != nil {
				return err
			}
		}
	}
	return nil
}

// create returns a new log of n entries on a new disk, open.
func create(t *testing.T, n int) (*disk.Sim, *segments.Log) {
	t.Helper()
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", head, small)
	if err != nil {
		t.Fatal(err)
	}
	if err := grow(l, 0, n); err != nil {
		t.Fatal(err)
	}
	return sim, l
}

// closed is create, and closes the log.
func closed(t *testing.T, n int) *disk.Sim {
	t.Helper()
	sim, l := create(t, n)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return sim
}

// expect reports an error that does not match.
func expect(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error is %v, want one that matches %v", what, err, want)
	}
}

// put writes a file.
func put(t *testing.T, fsys disk.FS, name string, content []byte) {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(content, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// get reads a file.
func get(t *testing.T, fsys disk.FS, name string) []byte {
	t.Helper()
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, 0); err != nil && size > 0 {
		t.Fatal(err)
	}
	return b
}

// dump returns all files of a folder, by name.
func dump(t *testing.T, fsys disk.FS, dir string) map[string]string {
	t.Helper()
	list, err := fsys.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range list {
		if !e.IsDir() {
			files[e.Name()] = string(get(t, fsys, path.Join(dir, e.Name())))
		}
	}
	return files
}
