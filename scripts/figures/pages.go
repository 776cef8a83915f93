package main

import (
	"fmt"
	"strings"

	records "example.com/logbook/chapters/01-records"
)

// The two scales of the pages figure.
const (
	pagesLeft = 20
	pageW     = 17 // a page, in the overview
	sectorW   = 49 // a sector, in the enlargement
)

// call is one write that reached the file.
type call struct{ offset, size int }

// end returns the offset behind the call.
func (w call) end() int { return w.offset + w.size }

// callLog is a file that only remembers how it was written.
type callLog struct{ calls []call }

// Write notes one call.
func (l *callLog) Write(b []byte) (int, error) {
	offset := 0
	if n := len(l.calls); n > 0 {
		offset = l.calls[n-1].end()
	}
	l.calls = append(l.calls, call{offset, len(b)})
	return len(b), nil
}

// manyRecords writes n records of the same size through the chapter's encoder.
// It returns the calls that reached the file, those before Flush apart.
func manyRecords(n, dataSize int) (before, flush []call, frame int, err error) {
	file := new(callLog)
	enc := records.NewEncoder(file, 0, 0)
	for range n {
		if err := enc.Encode(records.TypeEntry, sampleBytes(dataSize)); err != nil {
			return nil, nil, 0, err
		}
	}
	before = append(before, file.calls...)
	if err := enc.Flush(); err != nil {
		return nil, nil, 0, err
	}
	flush = file.calls[len(before):]
	return before, flush, flush[len(flush)-1].end() / n, nil
}

// drawPages shows records against pages and sectors, and where the writes of
// a page writer end.
func drawPages() (*canvas, error) {
	const n = 20
	before, flush, frame, err := manyRecords(n, 9000)
	if err != nil {
		return nil, err
	}
	if len(before) != 1 || len(flush) != 1 || before[0].end()%records.PageSize != 0 {
		return nil, fmt.Errorf("writes %v, then %v: drawn for one of each, the first ending at a page", before, flush)
	}
	c := newCanvas(830, 414, "Where the page writer's writes end",
		"Twenty records against pages of 4096 bytes. The write that the page writer makes on its own ends at a page, "+
			"in the middle of a record; only Flush ends inside a page.")
	c.text(pagesLeft, 20, normal, "ink b", fmt.Sprintf("%d records of %s bytes, frames included", n, thousands(frame)))
	overview(c, n, frame, before[0], flush[0])
	enlarge(c, frame, before[0].end())
	return c, nil
}

// at returns where an offset lies in the overview.
func at(offset int) int { return pagesLeft + offset*pageW/records.PageSize }

// overview draws all records, the pages below them, and the two writes.
func overview(c *canvas, n, frame int, own, flush call) {
	for i := range n {
		b := box{at(i * frame), 32, at((i+1)*frame) - at(i*frame), 26}
		class := "f-data"
		if own.end() > i*frame && own.end() < (i+1)*frame {
			class = "f-other"
		}
		c.rect(b, class)
		c.label(b, small, "ink", fmt.Sprint(i+1))
	}
	pages := (flush.end() + records.PageSize - 1) / records.PageSize
	for i := range pages {
		c.rect(box{at(i * records.PageSize), 64, pageW, 12}, "f-pad")
	}
	c.text(pagesLeft, 94, small, "dim", fmt.Sprintf("%d pages of 4,096 bytes", pages))
	for _, w := range []call{own, flush} {
		c.rect(box{at(w.offset), 104, at(w.end()) - at(w.offset), 26}, "f-word")
	}
	c.label(box{at(0), 104, at(own.end()) - at(0), 26}, small, "ink", fmt.Sprintf("write 1, by itself: %s bytes, %d pages", thousands(own.size), own.size/records.PageSize))
	c.label(box{at(flush.offset), 104, at(flush.end()) - at(flush.offset), 26}, small, "ink", fmt.Sprintf("write 2, by Flush: %s", thousands(flush.size)))
	c.right(at(own.end())-8, 148, small, "good b", "ends at a page")
	c.text(at(own.end())+8, 148, small, "warn b", fmt.Sprintf("ends at byte %s of a page", thousands(flush.end()%records.PageSize)))
	c.line(at(own.end()), 30, at(own.end()), 152, "goodline dash")
}

// enlarge draws the page before and the page behind the end of a write.
func enlarge(c *canvas, frame, end int) {
	const y = 196
	first := end - records.PageSize
	c.text(pagesLeft, y-12, normal, "ink b", "the two pages on either side of that end, in sectors of 512 bytes")
	x := func(offset int) int { return pagesLeft + (offset-first)*sectorW/records.SectorSize }
	for i := first / frame; i*frame < end+records.PageSize; i++ {
		from, to := max(i*frame, first), min((i+1)*frame, end+records.PageSize)
		class := "f-data"
		if i*frame < end && end < (i+1)*frame {
			class = "f-other"
		}
		b := box{x(from), y, x(to) - x(from), 30}
		c.rect(b, class)
		if b.w > 80 {
			c.label(b, small, "ink", fmt.Sprintf("record %d", i+1))
		}
	}
	for s := range 16 {
		b := box{x(first + s*records.SectorSize), y + 38, sectorW, 18}
		c.rect(b, "f-pad")
		c.label(b, small, "ink", fmt.Sprint(s%8+1))
	}
	mid := x(end)
	c.line(mid, y-4, mid, y+78, "goodline dash")
	c.right(mid-8, y+74, small, "dim", fmt.Sprintf("page %d", end/records.PageSize))
	c.text(mid+8, y+74, small, "dim", fmt.Sprintf("page %d", end/records.PageSize+1))
	writeBar(c, box{x(first), y + 88, mid - x(first), 24}, "on disk or on the way: write 1")
	writeBar(c, box{mid, y + 88, x(end+records.PageSize) - mid, 24}, "still held: nobody has seen it")
	c.text(pagesLeft, y+142, small, "ink", "A crash in between loses the held part of record 15: it begins with a sector, so that all of that sector is still zeros.")
	c.text(pagesLeft, y+160, small, "ink", "A whole sector of zeros tells a reader that it was never written, unless the data itself is zeros.")
	c.text(pagesLeft, y+178, small, "ink", "Flush may end inside one. When what follows there is lost, the zeros run from the flushed bytes to the sector's end.")
}

// writeBar draws a share of the file and says where it is.
func writeBar(c *canvas, b box, s string) {
	c.rect(b, "f-word")
	c.label(b, small, "ink", s)
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
