package main

import (
	"errors"
	"fmt"
	"slices"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// drawCut shows a cut, operation by operation: two files, what of each is
// durable, and what a crash leaves.
func drawCut() (*canvas, error) {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", logHead, logSize)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.Append(records.TypeEntry, []byte("apple")), l.Sync(), l.Append(records.TypeEntry, []byte("berry"))); err != nil {
		return nil, err
	}
	all, err := follow(sim, func() error { return l.Cut(3, logHead) })
	if err != nil {
		return nil, err
	}
	const top, row = 62, 36
	c := newCanvas(856, top+row*len(all)+60, "A cut: the order of its operations, and what a crash leaves behind each",
		"Apple is synced, berry only appended. The old file is durable before the new one is written, the new one before it gets its name, the name before Cut returns. "+
			"At every point a crash leaves a log that opens, with one entry or two.")
	for _, h := range []struct {
		x    int
		text string
	}{{20, "operation"}, {318, "the old file"}, {474, "the new file: name, bytes"}, {706, "after a crash"}} {
		c.text(h.x, 24, small, "ink b", h.text)
	}
	c.line(20, 36, 836, 36, "line")
	y := top
	for _, m := range all {
		if m.event.Op == disk.OpRename {
			c.line(20, y-10, 836, y-10, "goodline")
			c.text(20, y+8, small, "good b", "from here on the old file counts as sealed, and what is missing in it as corrupt")
			y += 36
		}
		if err := cutRow(c, y, m); err != nil {
			return nil, err
		}
		y += row
	}
	c.pieceLegend(20, y-4)
	return c, nil
}

// cutRow draws one moment of a cut.
func cutRow(c *canvas, y int, m moment) error {
	files, entries, err := bounds(m)
	if err != nil {
		return err
	}
	old, next, name := "log/"+firstSegment, "log/0.tmp", "0.tmp"
	if m.has("log/" + secondSegment) {
		next, name = "log/"+secondSegment, "0…1-0…3.wal"
	}
	c.text(20, y+4, small, "m ink", shortOp(m.event))
	c.piece(box{318, y - 12, 60, 24}, durable, "apple")
	c.piece(box{380, y - 12, 60, 24}, is(m.holds(old, "berry"), m.may(disk.SectorKind, old)), "berry")
	c.piece(box{474, y - 12, 116, 24}, is(m.has(next), m.may(disk.NameKind, next)), name)
	c.piece(box{592, y - 12, 90, 24}, is(m.holds(next, "n1"), m.may(disk.SectorKind, next) || m.may(disk.SizeKind, next)), "crc, head")
	c.text(706, y+4, small, "ink", fmt.Sprintf("files %s, entries %s", files, entries))
	return nil
}

// bounds returns how many files and entries a crash may leave at a moment.
func bounds(m moment) (files, entries string, err error) {
	var f, e []int
	for _, left := range m.left {
		files, entries, err := count(left)
		if err != nil {
			return "", "", fmt.Errorf("behind %v: %w", m.event, err)
		}
		f, e = append(f, files), append(e, entries)
	}
	return span(f), span(e), nil
}

// span writes the least and the largest of some numbers.
func span(n []int) string {
	if least, most := slices.Min(n), slices.Max(n); least != most {
		return fmt.Sprintf("%d or %d", least, most)
	}
	return fmt.Sprint(n[0])
}
