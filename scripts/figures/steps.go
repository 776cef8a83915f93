package main

import (
	"errors"
	"slices"
	"strings"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// The files that the figures of chapter 2 are about.
const (
	firstSegment  = "0000000000000000-0000000000000000.wal"
	secondSegment = "0000000000000001-0000000000000003.wal"
)

// The records that the figures of chapter 2 are made of.
var (
	logHead = []records.Record{{Type: records.TypeMetadata, Data: []byte("n1")}}
	logSize = &segments.Options{SegmentSize: 1024}
)

// moment is a disk right behind an operation that has changed it.
type moment struct {
	// event is the operation.
	event disk.Event

	// now is the disk as every process sees it.
	now *disk.Sim

	// pending is what a crash may take back.
	pending []disk.Undecided

	// left is every disk that a crash may leave here.
	left []*disk.Sim
}

// follow returns the moments of what work does to a disk.
func follow(sim *disk.Sim, work func() error) ([]moment, error) {
	var all []moment
	sim.Watch(func(e disk.Event) {
		if e.Op&disk.OpChanges == 0 || e.Err != nil {
			return
		}
		all = append(all, moment{e, sim.Kill(), sim.Pending(), legal(sim)})
	})
	err := work()
	sim.Watch(nil)
	return all, err
}

// legal returns every disk that a crash may leave now, sectors never torn.
func legal(sim *disk.Sim) []*disk.Sim {
	var all []*disk.Sim
	pending := sim.Pending()
	choice := make([]int, len(pending))
	for {
		all = append(all, sim.Crash(func(u disk.Undecided) disk.Outcome {
			return disk.Outcome{Version: choice[u.Index]}
		}))
		i := 0
		for i < len(choice) && choice[i] == pending[i].Versions-1 {
			choice[i] = 0
			i++
		}
		if i == len(choice) {
			return all
		}
		choice[i]++
	}
}

// may tells whether a crash may take back something of this kind that belongs
// to a file or folder.
func (m moment) may(kind disk.Kind, name string) bool {
	return slices.ContainsFunc(m.pending, func(u disk.Undecided) bool {
		return u.Kind == kind && (u.Name == name || u.To == name)
	})
}

// has tells whether a file or folder is there, as every process sees it.
func (m moment) has(name string) bool {
	_, err := m.now.Stat(name)
	return err == nil
}

// holds tells whether a file holds a text, as every process sees it.
func (m moment) holds(name, text string) bool {
	b, err := content(m.now, name)
	return err == nil && strings.Contains(string(b), text)
}

// content returns all bytes of a file.
func content(fsys disk.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name, 0, 0)
	if err != nil {
		return nil, err
	}
	size, err := f.Size()
	b := make([]byte, size)
	if err == nil {
		_, err = f.ReadAt(b, 0)
	}
	return b, errors.Join(err, f.Close())
}

// state says what has become of something that is to be durable.
type state int

const (
	absent  state = iota
	open          // there, and a crash may take it back
	durable       // there, whatever comes
)

// is returns the state of something that is there or not, and may be lost or
// not.
func is(there, lost bool) state {
	switch {
	case !there:
		return absent
	case lost:
		return open
	}
	return durable
}

// piece draws something that is to be durable: solid when it is, dashed when it
// is not yet, a dot when it is not there.
func (c *canvas) piece(b box, s state, label string) {
	switch s {
	case absent:
		c.centre(b.x+b.w/2, b.y+b.h/2+4, small, "dim", "·")
		return
	case open:
		c.rect(b, "f-other dash")
	case durable:
		c.rect(b, "f-data")
	}
	c.label(b, small, "ink", label)
}

// pieceLegend explains what piece draws.
func (c *canvas) pieceLegend(x, y int) {
	c.rect(box{x, y, 18, 14}, "f-other dash")
	c.text(x+26, y+11, small, "ink", "there, but a crash may take it back")
	c.rect(box{x + 270, y, 18, 14}, "f-data")
	c.text(x+296, y+11, small, "ink", "durable")
}

// shortOp returns an operation in words, with names short enough for a line.
func shortOp(e disk.Event) string {
	return strings.NewReplacer(firstSegment, "0…0-0…0.wal", secondSegment, "0…1-0…3.wal").Replace(e.String())
}

// count returns how many segments a log has and how many entries can be read
// of it; no segments when there is no log.
func count(fsys disk.FS) (files, entries int, err error) {
	names, err := segments.List(fsys, "log")
	if errors.Is(err, segments.ErrNoLog) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	for r, err := range segments.Read(fsys, "log") {
		if err != nil {
			return 0, 0, err
		}
		if r.Type == records.TypeEntry {
			entries++
		}
	}
	return len(names), entries, nil
}
