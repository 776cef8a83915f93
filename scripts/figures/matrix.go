package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/chapters/03-snapshots/matrix"
	"example.com/logbook/final/disk"
)

// drawMatrix shows on how many disks a node that was saving a snapshot does not
// start again, for each order of the steps and each way to start.
func drawMatrix() (*canvas, error) {
	c := newCanvas(850, 384, "Four orders, two ways to start, every disk that a crash may leave",
		"A row for each order of saving a snapshot, a column for each way to choose the one to start from. With the file and its record durable before anything relies on them, "+
			"and a start from the newest that both know, the node starts from every disk, whichever of the two came first.")
	c.text(20, 24, small, "ink b", "the order of the steps")
	c.text(400, 24, small, "ink b", "started from the newest file")
	c.text(626, 24, small, "ink b", "… the newest both know")
	y := 40
	for _, leader := range []bool{false, true} {
		c.line(20, y, 830, y, "line")
		title := "a snapshot of the node's own"
		if leader {
			title = "a snapshot from the leader"
		}
		c.text(20, y+20, small, "dim", title)
		y += 32
		for i, order := range matrix.Orders() {
			if !leader && order[1] == matrix.State {
				continue
			}
			c.text(20, y+17, normal, "m ink", strings.Join(stepNames(order, leader), " → "))
			for j, start := range []matrix.Start{matrix.Newest, matrix.Match} {
				stuck, disks, err := whatBecame(matrix.Case{Order: order, Start: start, Leader: leader})
				if err != nil {
					return nil, err
				}
				if safe := i < 2 && start == matrix.Match; safe && stuck > 0 {
					return nil, fmt.Errorf("%v, %s: stuck on %d disks, and the text calls it safe", order, start, stuck)
				}
				c.verdict(box{400 + 226*j, y, 204, 26}, stuck, disks)
			}
			y += 36
		}
		y += 8
	}
	return c, nil
}

// stepNames returns the steps that there are.
func stepNames(order []matrix.Step, leader bool) []string {
	var names []string
	for _, s := range order {
		if leader || s != matrix.State {
			names = append(names, string(s))
		}
	}
	return names
}

// whatBecame adds up what became of all crashes.
func whatBecame(c matrix.Case) (stuck, disks int, err error) {
	cells, err := matrix.Run(context.Background(), c, nil)
	for _, cell := range cells {
		stuck, disks = stuck+cell.Stuck, disks+cell.Disks
		if cell.Lost > 0 {
			err = errors.Join(err, fmt.Errorf("%v: %d nodes started without something promised", c.Order, cell.Lost))
		}
	}
	return stuck, disks, err
}

// verdict draws on how many disks a node does not start.
func (c *canvas) verdict(b box, stuck, disks int) {
	if stuck == 0 {
		c.rect(b, "f-data")
		c.label(b, small, "ink", fmt.Sprintf("starts from all %d disks", disks))
		return
	}
	c.rect(b, "f-bad")
	c.label(b, small, "ink", fmt.Sprintf("does not start from %d of %d", stuck, disks))
}

// drawRelease shows which segments a snapshot makes superfluous.
func drawRelease() (*canvas, error) {
	const at = 8
	sim := disk.NewSim()
	w, err := snapshots.Create(sim, "log", nil, &snapshots.Options{SegmentSize: 1})
	if err != nil {
		return nil, err
	}
	for i := uint64(1); i <= 10; i += 3 {
		err = errors.Join(err, w.Save(hardState(1, i+2), entriesOf(1, i, i+2)))
	}
	before, listed := segments.List(sim, "log")
	if err := errors.Join(err, listed, w.SaveSnapshot(snapshotOf(at, 1).GetMetadata()), w.ReleaseLockTo(at), w.Purge(), w.Close()); err != nil {
		return nil, err
	}
	after, err := segments.List(sim, "log")
	if err != nil {
		return nil, err
	}
	if ents, err := readFrom(sim, snapshotOf(at, 1).GetMetadata()); err != nil || len(ents) != 4 {
		return nil, fmt.Errorf("behind snapshot %d there are %d entries, want 4: %w", at, len(ents), err)
	}
	c := newCanvas(850, 236, "Which segments a snapshot at 8 makes superfluous",
		"Five segments, named by the index of the entry that comes next when each is begun. The last one whose name has an index below 8 holds the entry of the snapshot, and stays with all behind it; those before it go.")
	c.text(20, 24, small, "ink b", "segments of three entries each, and a snapshot at 8")
	for i, name := range before {
		_, index, _ := segments.ParseName(name)
		x := 20 + i*164
		class := "f-data"
		if !slices.Contains(after, name) {
			class = "f-pad dash"
		}
		c.rect(box{x, 44, 156, 92}, class)
		c.label(box{x, 46, 156, 22}, small, "m ink", fmt.Sprintf("0…%d-0…%02x.wal", i, index))
		c.label(box{x, 68, 156, 22}, small, "ink", "head")
		text := "snapshot record 8"
		if i < len(before)-1 {
			first := max(index, 1)
			text = fmt.Sprintf("entries %d to %d", first, first+2)
		}
		c.label(box{x, 90, 156, 22}, small, "ink", text)
		word := "stays"
		if !slices.Contains(after, name) {
			word = "goes"
		}
		c.label(box{x, 112, 156, 22}, small, "ink b", word)
		if slices.Contains(after, name) && (i == 0 || !slices.Contains(after, before[i-1])) {
			c.arrow(x+78, 178, x+78, 140, "good")
			c.centre(x+78, 196, small, "good b", fmt.Sprintf("%d is the last index in a name below %d", index, at))
		}
	}
	c.text(20, 222, small, "ink", "A segment that stays begins with metadata and hard state, so nothing that is still needed stands only in one that goes.")
	return c, nil
}
