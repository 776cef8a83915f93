package main

import (
	"fmt"
	"os"
	"strings"

	"example.com/logbook/final/wal"
)

// looks is how often a directory is read that changes meanwhile.
const looks = 5

// look judges log and files without a lock, so that a node may write them meanwhile: a frame half
// written looks torn, and a snapshot that was purged between the reading of the log and
// that of the folder looks lost. What is wrong is therefore believed only if nothing has changed
// while it was found; else it is read again. A log without fault is one, whatever happened.
func look(at place, find func(*verdict) (wal.Tail, error)) (v *verdict, tail wal.Tail, err error) {
	for range looks {
		v = &verdict{}
		before := stamp(at)
		tail, err = find(v)
		if err == nil && v.faultless() || stamp(at) == before {
			return v, tail, err
		}
	}
	v.warn(at.wal + ": it was written each time it was read, as by a node that runs: what is told of its end, and of missing files, may come of that; stop the node and look again")
	return v, tail, err
}

// faultless tells whether there is nothing to be told.
func (v *verdict) faultless() bool {
	return v.MayStart && v.Torn == nil && len(v.Damage) == 0 && len(v.Warnings) == 0
}

// stamp changes when a file of log or snapshots is written, made, or removed. What cannot be
// looked at is for whoever reads it to tell.
func stamp(at place) string {
	var all strings.Builder
	for _, dir := range []string{at.wal, at.snap} {
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			if info, err := f.Info(); err == nil {
				fmt.Fprintln(&all, dir, info.Name(), info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return all.String()
}
