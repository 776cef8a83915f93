package main

import (
	"fmt"

	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// drawCreate shows the making of a log, operation by operation: what of it is
// there, what of that is durable, and what a crash leaves.
func drawCreate() (*canvas, error) {
	sim := disk.NewSim()
	all, err := follow(sim, func() error {
		_, err := segments.Create(sim, "log", logHead, logSize)
		return err
	})
	if err != nil {
		return nil, err
	}
	const top, row = 56, 34
	c := newCanvas(850, top+row*len(all)+44, "Three things have to become durable before there is a log",
		"The operations of Create from top to bottom. The segment's bytes are durable when the file is synced, its name when the temporary folder is, "+
			"the folder's name when its parent is. Until the rename a crash leaves no log, behind the last operation always one.")
	for _, h := range []struct {
		x    int
		text string
	}{{20, "operation"}, {336, "the folder's name"}, {468, "file's name"}, {570, "its bytes"}, {690, "after a crash"}} {
		c.text(h.x, 24, small, "ink b", h.text)
	}
	c.line(20, 36, 830, 36, "line")
	for i, m := range all {
		y := top + i*row
		folder, found, err := createRow(m)
		if err != nil {
			return nil, err
		}
		file := folder + "/" + firstSegment
		c.text(20, y+4, small, "m ink", shortOp(m.event))
		c.piece(box{336, y - 12, 110, 24}, is(m.has(folder), m.may(disk.NameKind, folder)), folder)
		c.piece(box{468, y - 12, 82, 24}, is(m.has(file), m.may(disk.NameKind, file)), "0…0-0…0")
		c.piece(box{570, y - 12, 100, 24}, is(m.holds(file, "n1"), m.may(disk.SectorKind, file) || m.may(disk.SizeKind, file)), "crc, head")
		c.text(690, y+4, small, map[string]string{"no log": "dim", "a whole log": "good b"}[found]+" ink", found)
	}
	c.pieceLegend(20, top+row*len(all)+8)
	return c, nil
}

// createRow returns what the folder is called now, and what a crash leaves of
// the log. Anything but all or nothing is an error.
func createRow(m moment) (folder, found string, err error) {
	folder = "log.tmp"
	if m.has("log") {
		folder = "log"
	}
	none, whole := 0, 0
	for _, left := range m.left {
		files, _, err := count(left)
		switch {
		case err != nil:
			return "", "", fmt.Errorf("behind %v: %w", m.event, err)
		case files == 0:
			none++
		default:
			whole++
		}
	}
	switch {
	case whole == 0:
		found = "no log"
	case none == 0:
		found = "a whole log"
	default:
		found = "no log, or a whole one"
	}
	return folder, found, nil
}
