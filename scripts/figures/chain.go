package main

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	records "example.com/logbook/chapters/01-records"
)

// The columns of the chain figure: one for each record.
const (
	chainLeft  = 20
	chainStep  = 206
	chainWidth = 172
)

// column returns the box of the i-th record between two heights.
func column(i, y, h int) box { return box{chainLeft + i*chainStep, y, chainWidth, h} }

// sums is the checksums of one reading of a log, computed in two ways.
type sums struct {
	// chained goes on from what was computed for the record before.
	chained []uint32
	// paired goes on from what the record before stores.
	paired []uint32
}

// compute returns both kinds of checksum for a log's records.
func compute(all []placed) sums {
	table := crc32.MakeTable(crc32.Castagnoli)
	var s sums
	var chained, stored uint32
	for _, p := range all {
		chained = crc32.Update(chained, table, p.Data)
		s.chained = append(s.chained, chained)
		s.paired = append(s.paired, crc32.Update(stored, table, p.Data))
		stored = p.CRC
	}
	return s
}

// inspect reads a log past its checksum errors, as the chapter's decoder does,
// and returns the positions of the records that failed.
func inspect(file []byte) (all []placed, failed []int, err error) {
	dec := records.NewDecoder(bytes.NewReader(file), int64(len(file)))
	for {
		r, err := dec.Next()
		switch {
		case errors.Is(err, io.EOF):
			return all, failed, nil
		case errors.Is(err, records.ErrCRC):
			failed = append(failed, len(all))
		case err != nil:
			return nil, nil, err
		}
		all = append(all, placed{Record: r})
	}
}

// drawChain shows how each checksum covers all data before it, and what one
// changed byte breaks.
func drawChain() (*canvas, error) {
	file, all, err := newStory().entry(1, 1, []byte("one")).state(1, 1, 1).entry(1, 2, []byte("two")).end()
	if err != nil {
		return nil, err
	}
	broken := bytes.Replace(file, []byte("one"), []byte("oNe"), 1)
	after, failed, err := inspect(broken)
	if err != nil || len(failed) != 1 || failed[0] != 1 {
		return nil, fmt.Errorf("a changed byte in record 1: failed %v, %w", failed, err)
	}

	c := newCanvas(830, 462, "The chain of checksums",
		"Four records. Each stores the checksum of its own data, begun from the checksum of the record before. "+
			"When a byte of the second changes, it and every later record differ from what is computed from the start; "+
			"computed from the checksum stored before them, the third and fourth still verify.")
	c.text(chainLeft, 20, normal, "ink b", "as written: crc = update(crc of the record before, data)")
	names := []string{"crc, opens the file", "entry 1", "hard state", "entry 2"}
	for i, p := range all {
		chainBox(c, i, 32, p, names[i], "f-data")
		if i > 0 {
			c.arrow(column(i-1, 0, 0).x+chainWidth, 105, column(i, 0, 0).x, 105, "")
		}
	}

	c.text(chainLeft, 160, normal, "ink b", "one byte of entry 1 changed: o became N")
	for i, p := range after {
		class := "f-data"
		if i == 1 {
			class = "f-bad"
		}
		chainBox(c, i, 172, p, names[i], class)
	}
	s := compute(after)
	c.text(chainLeft, 296, normal, "ink b", "computed from the beginning: nothing behind the change can be believed")
	sumRow(c, 306, after, s.chained)
	c.text(chainLeft, 376, normal, "ink b", "computed from the crc that the record before stores: only the changed one fails")
	sumRow(c, 386, after, s.paired)
	c.text(chainLeft, 448, small, "ink", "The chain finds the first damage. The pairs tell what behind it is still as it was written; exercise 1.6 builds on that.")
	return c, nil
}

// chainBox draws one record: what it is, its data and the checksum it stores.
func chainBox(c *canvas, i, y int, p placed, name, class string) {
	b := column(i, y, 28)
	c.text(b.x, y+12, small, "dim", name)
	b = box{b.x, y + 20, b.w, 26}
	c.rect(b, class)
	c.label(b, small, "m ink", dataText(p.Data))
	b = box{b.x, y + 60, b.w, 26}
	c.rect(b, "f-crc")
	c.label(b, normal, "m ink", fmt.Sprintf("crc 0x%08x", p.CRC))
	c.arrow(b.x+b.w/2, y+46, b.x+b.w/2, y+60, "")
}

// dataText shows a record's data in hex, shortened to what a column holds.
func dataText(data []byte) string {
	if len(data) == 0 {
		return "no data"
	}
	const most = 6
	if len(data) > most {
		return fmt.Sprintf("… % x", data[len(data)-most:])
	}
	return fmt.Sprintf("% x", data)
}

// sumRow draws computed checksums below the records that store others, or the
// same.
func sumRow(c *canvas, y int, all []placed, computed []uint32) {
	for i, p := range all {
		b := column(i, y, 26)
		fill, word, class := "f-data", "= stored", "good"
		if computed[i] != p.CRC {
			fill, word, class = "f-bad", "≠ stored", "bad"
		}
		c.rect(b, fill)
		c.label(b, normal, "m ink", fmt.Sprintf("0x%08x", computed[i]))
		c.centre(b.x+b.w/2, y+42, small, class+" b", word)
	}
}
