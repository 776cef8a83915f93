package main

import "fmt"

// The grid of the frame figure: sixteen bytes a row.
const (
	cellW     = 46
	cellH     = 28
	gridLeft  = 70
	gridBytes = 16
)

// part is a run of bytes with a name.
type part struct {
	name  string
	class string
	size  int
}

// cell returns the box of the byte at an offset, in a row whose top is y.
func cell(offset, y int) box {
	return box{gridLeft + offset%gridBytes*cellW, y, cellW, cellH}
}

// byteRow draws the bytes of one row and, below them, the names of its parts,
// which begin at the row's first byte.
func byteRow(c *canvas, file []byte, offset, y int, parts []part) {
	c.right(gridLeft-10, y+19, normal, "m dim", fmt.Sprintf("0x%02x", offset))
	for _, p := range parts {
		first := cell(offset, y)
		for range p.size {
			b := cell(offset, y)
			c.rect(b, p.class)
			c.label(b, 14, "m ink", fmt.Sprintf("%02x", file[offset]))
			offset++
		}
		name(c, first.x, first.x+p.size*cellW, y+cellH+3, p.name)
	}
}

// name writes a name below a run of bytes, with a bracket.
func name(c *canvas, x1, x2, y int, s string) {
	c.bracket(x1+3, x2-3, y, "line")
	c.label(box{x1, y + 7, x2 - x1, 16}, small, "ink", s)
}

// drawFrame shows two frames byte by byte: the record that opens a file, and an
// entry behind it.
func drawFrame() (*canvas, error) {
	file, all, err := newStory().entry(4, 2, []byte("bbb")).end()
	if err != nil {
		return nil, err
	}
	if len(file) != 48 {
		return nil, fmt.Errorf("two frames of %d bytes: drawn for 48", len(file))
	}
	e := all[1]
	c := newCanvas(828, 392, "Two frames, byte by byte",
		"A crc record of 4 bytes takes a frame of 16: length word, type, crc, padding. "+
			"An entry of 19 bytes takes 32: length word, type, crc, data and 5 bytes of padding. "+
			"The checksum covers the data alone.")

	c.text(gridLeft, 20, normal, "ink b", fmt.Sprintf("the record that opens a file: %d bytes in a frame of %d", 4, all[0].size()))
	byteRow(c, file, 0, 32, []part{
		{"length word: 4 bytes, then 4 of padding", "f-word", 8},
		{"type 4: crc", "f-type", 2},
		{"crc 0", "f-crc", 2},
		{"padding", "f-pad", 4},
	})

	c.text(gridLeft, 122, normal, "ink b", fmt.Sprintf("an entry: %d bytes in a frame of %d", e.size()-8-5, e.size()))
	byteRow(c, file, 16, 134, []part{
		{"length word: 0x13 = 19 bytes, 5 of padding", "f-word", 8},
		{"type 2: entry", "f-type", 2},
		{fmt.Sprintf("crc 0x%08x, as a varint", e.CRC), "f-crc", 6},
	})
	byteRow(c, file, 32, 204, []part{
		{"data: 9 bytes", "f-zero", 2},
		{"term 4", "f-data", 2},
		{"index 2", "f-data", 2},
		{"the proposal: 3 bytes, bbb", "f-data", 5},
		{"padding", "f-pad", 5},
	})

	from, to := cell(34, 0).x, cell(43, 0).x
	c.path("goodline", "M%d 270v6H%dv-6", from+3, to-3)
	c.centre((from+to)/2, 292, small, "good b", "covered by the crc, with the data of every record before")

	c.text(gridLeft, 326, small, "ink", "A length word's low seven bytes are the size, low byte first; the top one is 0x80 plus the padding, or 0 without.")
	c.text(gridLeft, 346, small, "ink", "Every frame begins at a multiple of 8, so no length word straddles two sectors of 512 bytes.")
	c.text(gridLeft, 366, small, "ink", "No checksum covers the length word, the type and the padding. A reader checks them for sense.")
	return c, nil
}
