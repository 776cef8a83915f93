package main

import (
	"errors"
	"fmt"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// threeSegments writes a log of three segments, an entry or two in each.
func threeSegments() (*disk.Sim, error) {
	sim := disk.NewSim()
	l, err := segments.Create(sim, "log", logHead, logSize)
	if err != nil {
		return nil, err
	}
	entry := func(s string) error { return l.Append(records.TypeEntry, []byte(s)) }
	err = errors.Join(entry("apple"), entry("berry"), l.Cut(3, logHead),
		entry("cherry"), l.Cut(4, logHead), entry("damson"), l.Close())
	return sim, err
}

// drawBorder shows how the checksum goes from one segment to the next, and what
// tells that one was taken out although the names fit.
func drawBorder() (*canvas, error) {
	sim, err := threeSegments()
	if err != nil {
		return nil, err
	}
	c := newCanvas(640, 474, "The chain goes on over the border of two files",
		"Three segments. The first record of each repeats the last checksum of the one before. With the middle one gone and the third renamed into its place, "+
			"every record verifies in its file, and the first record of the second file gives it away.")
	c.text(20, 22, normal, "ink b", "three segments, as they were written")
	if _, err := borderFiles(c, 34, sim); err != nil {
		return nil, err
	}
	third := segments.FormatName(2, 4)
	err = errors.Join(sim.Remove("log/"+secondSegment), sim.Rename("log/"+third, "log/"+segments.FormatName(1, 4)))
	if err != nil {
		return nil, err
	}
	c.text(20, 290, normal, "ink b", "the middle one is gone, and somebody has made the names fit")
	broken, err := borderFiles(c, 302, sim)
	if err != nil {
		return nil, err
	}
	corrupt, ok := errors.AsType[*segments.CorruptError](broken)
	if !ok || corrupt.Offset != 0 {
		return nil, fmt.Errorf("read %w, drawn as corrupt at its border", broken)
	}
	c.text(20, 462, small, "bad b", "the two sums at the border differ: corrupt, although nothing inside either file is")
	return c, nil
}

// borderFiles draws the records of a log, a line for each of its files, and
// returns what Read says behind the last record.
func borderFiles(c *canvas, y int, sim *disk.Sim) (broken error, err error) {
	names, err := segments.List(sim, "log")
	if err != nil {
		return nil, err
	}
	for _, err := range segments.Read(sim, "log") {
		broken = err
	}
	last, x := uint32(0), 0
	for i, name := range names {
		file, err := content(sim, "log/"+name)
		if err != nil {
			return nil, err
		}
		all, err := decode(file)
		if err != nil {
			return nil, err
		}
		top := y + i*78
		c.text(20, top+28, small, "m ink", name[:16])
		c.text(20, top+42, small, "m ink", name[16:33])
		if i > 0 {
			c.borderLine(x, top, all[0].CRC == last)
		}
		for j, p := range all {
			x = 160 + j*104
			b := box{x, top + 8, 98, 44}
			c.rect(b, borderFill(p))
			c.label(box{b.x, b.y + 2, b.w, 20}, small, "ink", borderName(p))
			c.label(box{b.x, b.y + 22, b.w, 20}, normal, "m ink", fmt.Sprintf("%08x", p.CRC))
			last = p.CRC
		}
	}
	return broken, nil
}

// borderLine joins the last record of one file with the first of the next.
func (c *canvas) borderLine(x, top int, holds bool) {
	class := "goodline"
	if !holds {
		class = "badline dash"
	}
	c.path(class, "M%d %dv20H209v13", x+49, top-26)
	sign := "="
	if !holds {
		sign = "≠"
	}
	c.text(190, top+2, normal, map[bool]string{true: "good b", false: "bad b"}[holds], sign)
}

// borderFill colours a record: what opens a file stands out.
func borderFill(p placed) string {
	switch p.Type {
	case records.TypeCRC:
		return "f-crc"
	case records.TypeMetadata:
		return "f-type"
	}
	return "f-data"
}

// borderName says what a record is.
func borderName(p placed) string {
	switch p.Type {
	case records.TypeCRC:
		return "crc"
	case records.TypeMetadata:
		return "head: " + string(p.Data)
	}
	return string(p.Data)
}
