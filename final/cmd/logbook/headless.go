package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// copyOf fits the copy that a repair has kept of a segment.
var copyOf = regexp.MustCompile(`^([0-9a-f]{16}-[0-9a-f]{16}\.wal)\.broken(\.[0-9]+)?$`)

// headless warns of segments that had lost their head when they were repaired. The
// log itself does not show it any more, and what they held may have been acknowledged.
func (v *verdict) headless(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return unreadable(dir, err)
	}
	for _, f := range files {
		m := copyOf.FindStringSubmatch(f.Name())
		if m == nil {
			continue
		}
		name := filepath.Join(dir, f.Name())
		lost, err := headless(name, m[1])
		switch {
		case err != nil:
			return unreadable(name, err)
		case lost:
			v.warn(fmt.Sprintf("%s: the segment had lost its head when it was repaired: what it held may have been acknowledged, and is not in the log; replace this member, or move the copy away when it has all from the others", name))
		}
	}
	return nil
}

// mostHead is how much of a copy is looked at: owners' metadata are small.
const mostHead = 1 << 20

// headless tells whether a copy does not begin with the records that a segment begins
// with: checksum and metadata.
func headless(name, segment string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, mostHead))
	if err != nil {
		return false, err
	}
	memory := disk.NewSim()
	to, err := memory.Open(segment, os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err == nil {
		_, err = to.WriteAt(head, 0)
	}
	if err != nil {
		return false, err
	}
	w, err := wal.OpenForRead(".", nil, &wal.Options{FS: memory})
	if err != nil {
		return false, errors.Join(err, to.Close())
	}
	records := 0
	for _, err := range w.Records() {
		if records++; err != nil || records == 2 {
			return err != nil, errors.Join(to.Close(), w.Close())
		}
	}
	return true, errors.Join(to.Close(), w.Close())
}
