package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// tornDisk returns a disk that lost power while an entry of more than two
// sectors was on its way: its second sector never arrived.
func tornDisk() (crashed *disk.Sim, err error) {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", logHead, logSize)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.Append(records.TypeEntry, []byte("apple")), l.Sync()); err != nil {
		return nil, err
	}
	sim.Watch(func(e disk.Event) {
		if e.Op != disk.OpWrite {
			return
		}
		crashed = sim.Crash(func(u disk.Undecided) disk.Outcome {
			if u.Kind == disk.SectorKind && u.Offset == records.SectorSize {
				return disk.Lost(u)
			}
			return disk.Kept(u)
		})
	})
	err = errors.Join(l.Append(records.TypeEntry, []byte(strings.Repeat("elder ", 200))), l.Sync())
	return crashed, err
}

// drawRepair shows a repair, operation by operation, and where what is cut off
// can be found after a crash.
func drawRepair() (*canvas, error) {
	sim, err := tornDisk()
	if err != nil {
		return nil, err
	}
	whole, err := content(sim, "log/"+firstSegment)
	if err != nil {
		return nil, err
	}
	all, err := follow(sim, func() error {
		_, err := segments.Repair(sim, "log")
		return err
	})
	if err != nil {
		return nil, err
	}
	const top, row = 56, 36
	c := newCanvas(850, top+row*len(all)+44, "Repair: first a copy that no crash can take, then the cut",
		"The copy's bytes are durable when it is synced, its name when the folder is, and only then the segment is cut. "+
			"At every point a crash leaves the torn bytes in the segment, in the copy, or in both.")
	for _, h := range []struct {
		x    int
		text string
	}{{20, "operation"}, {326, "the segment, cut"}, {476, "the copy: name, bytes"}, {690, "the torn bytes are in"}} {
		c.text(h.x, 24, small, "ink b", h.text)
	}
	c.line(20, 36, 830, 36, "line")
	for i, m := range all {
		if err := repairRow(c, top+i*row, m, whole); err != nil {
			return nil, err
		}
	}
	c.pieceLegend(20, top+row*len(all)+4)
	return c, nil
}

// repairRow draws one moment of a repair.
func repairRow(c *canvas, y int, m moment, whole []byte) error {
	where, err := kept(m, whole)
	if err != nil {
		return err
	}
	segment, copied := "log/"+firstSegment, "log/"+firstSegment+".broken"
	c.text(20, y+4, small, "m ink", shortOp(m.event))
	cut := m.may(disk.SizeKind, segment) || m.may(disk.SectorKind, segment)
	c.piece(box{326, y - 12, 120, 24}, is(!m.holds(segment, "elder"), cut), "ends at apple")
	c.piece(box{476, y - 12, 80, 24}, is(m.has(copied), m.may(disk.NameKind, copied)), ".broken")
	c.piece(box{558, y - 12, 110, 24}, is(m.holds(copied, "elder"), m.may(disk.SectorKind, copied) || m.may(disk.SizeKind, copied)), "all, torn end too")
	c.text(690, y+4, small, "ink", where)
	return nil
}

// kept says where all of the segment's old bytes are, on every disk that a
// crash may leave. A disk that has lost them is an error, and so is a log that
// a second repair does not mend.
func kept(m moment, whole []byte) (string, error) {
	segment, both, copied := 0, 0, 0
	for _, left := range m.left {
		s, _ := content(left, "log/"+firstSegment)
		b, _ := content(left, "log/"+firstSegment+".broken") // none is like an empty one
		switch {
		case bytes.Equal(s, whole) && bytes.Equal(b, whole):
			both++
		case bytes.Equal(s, whole):
			segment++
		case bytes.Equal(b, whole):
			copied++
		default:
			return "", fmt.Errorf("behind %v: a crash may leave the torn bytes nowhere", m.event)
		}
		if _, err := segments.Repair(left, "log"); err != nil {
			return "", fmt.Errorf("behind %v: %w", m.event, err)
		}
		if _, entries, err := count(left); err != nil || entries != 1 {
			return "", fmt.Errorf("behind %v: %d entries, want 1: %w", m.event, entries, err)
		}
	}
	switch {
	case copied == 0 && both == 0:
		return "the segment", nil
	case copied == 0 && segment == 0:
		return "both", nil
	case copied == 0:
		return "the segment, or both", nil
	case both == 0 && segment == 0:
		return "the copy", nil
	}
	return "the copy, or both", nil
}
