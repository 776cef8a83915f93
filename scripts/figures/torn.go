package main

import (
	"bytes"
	"fmt"

	records "example.com/logbook/chapters/01-records"
)

// The grid of the torn figure: three sectors of the file on the left, the
// verdict on the right.
const (
	tornLeft    = 44
	tornSector  = 136
	tornVerdict = tornLeft + 3*tornSector + 24
	tornRow     = 44
)

// outcome is one state of the three sectors after a power loss, or after
// something worse.
type outcome struct {
	// change makes the state from the file as it should have become. x is the
	// record that was being written.
	change func(file []byte, x placed)
	// verdict is what the chapter must conclude, and why is the figure's
	// reason for it.
	verdict records.Verdict
	why     string
}

// outcomes is every row of the figure.
var outcomes = []outcome{
	{func([]byte, placed) {}, records.Clean, "everything was written"},
	{func(f []byte, x placed) { clear(f[x.start:x.end]) }, records.Clean, "nothing was: the log ends before it"},
	{func(f []byte, x placed) { clear(f[1024:x.end]) }, records.Torn, "the third sector never came"},
	{func(f []byte, x placed) { clear(f[512:1024]) }, records.Torn, "the second never came, the third did"},
	{func(f []byte, x placed) { clear(f[x.start:512]) }, records.Torn, "no length word: no record to be read"},
	{func(f []byte, x placed) { clear(f[800:1024]) }, records.Torn, "one sector torn inside: zeros up to its end"},
	{func(f []byte, x placed) { f[700] ^= 0x10 }, records.Corrupt, "all was written, and one bit changed"},
	{func(f []byte, x placed) { clear(f[640:704]) }, records.Corrupt, "no crash leaves zeros in mid-sector"},
}

// drawTorn shows what a power loss may leave of one record, and what is
// concluded from it.
func drawTorn() (*canvas, error) {
	file, all, err := newStory().entry(1, 1, sampleBytes(300)).entry(1, 2, sampleBytes(900)).end()
	if err != nil {
		return nil, err
	}
	x := all[2]
	if x.start <= 0 || x.start >= 512 || x.end <= 1024 || x.end >= 1536 {
		return nil, fmt.Errorf("record at %d to %d: drawn for three sectors", x.start, x.end)
	}
	whole := append(file, make([]byte, 2048-len(file))...) // preallocated space

	c := newCanvas(848, 80+tornRow*len(outcomes)+26, "One record over three sectors, after a power loss",
		"Eight states of the same record. Missing sectors and sectors torn at one end are torn; "+
			"a changed bit and a hole inside a sector are corrupt, because no crash leaves them.")
	c.text(tornLeft, 20, normal, "ink b", fmt.Sprintf("a record of %d bytes at offset %d, being written when the power goes", x.size(), x.start))
	for s := range 3 {
		b := box{tornLeft + s*tornSector, 34, tornSector, 18}
		c.rect(b, "f-pad")
		c.label(b, small, "ink", fmt.Sprintf("sector at %d", s*records.SectorSize))
	}
	for i, o := range outcomes {
		state := bytes.Clone(whole)
		o.change(state, x)
		found, err := records.Judge(bytes.NewReader(state), int64(len(state)))
		if err != nil {
			return nil, err
		}
		if found.Verdict != o.verdict {
			return nil, fmt.Errorf("%s: judged %v (%s), drawn as %v", o.why, found.Verdict, found.Reason, o.verdict)
		}
		tornLine(c, 62+i*tornRow, i+1, whole, state, x, o)
	}
	tornLegend(c, 80+tornRow*len(outcomes), int(x.start))
	return c, nil
}

// tornLine draws one state and its verdict.
func tornLine(c *canvas, y, n int, whole, state []byte, x placed, o outcome) {
	c.right(tornLeft-12, y+19, normal, "dim", fmt.Sprint(n))
	c.rect(box{tornX(0), y, tornX(int(x.start)) - tornX(0), 28}, "f-pad")
	for from := int(x.start); from < int(x.end); {
		class, to := sameKind(whole, state, from, int(x.end))
		c.rect(box{tornX(from), y, tornX(to) - tornX(from), 28}, class)
		if class == "f-bad" {
			c.line(tornX(from)+1, y-5, tornX(from)+1, y+33, "badline")
		}
		from = to
	}
	for s := 1; s < 3; s++ {
		c.line(tornX(s*512), y-3, tornX(s*512), y+31, "thick")
	}
	class := [...]string{"good", "warn", "bad"}[o.verdict]
	c.text(tornVerdict, y+12, normal, class+" b", o.verdict.String())
	c.text(tornVerdict, y+28, normal, "ink", o.why)
}

// tornX returns where an offset lies.
func tornX(offset int) int { return tornLeft + offset*tornSector/records.SectorSize }

// sameKind returns the fill of the word at from, and where the run of words
// of that kind within one sector ends.
func sameKind(whole, state []byte, from, limit int) (class string, to int) {
	kind := func(at int) string {
		was, is := whole[at:at+records.WordSize], state[at:at+records.WordSize]
		switch {
		case bytes.Equal(was, is):
			return "f-data"
		case bytes.Equal(is, make([]byte, records.WordSize)):
			return "f-zero"
		}
		return "f-bad"
	}
	class = kind(from)
	for to = from + records.WordSize; to < limit && to%records.SectorSize != 0 && kind(to) == class; {
		to += records.WordSize
	}
	return class, to
}

// tornLegend explains the fills.
func tornLegend(c *canvas, y, start int) {
	x := tornLeft
	for _, l := range []struct {
		class, text string
		step        int
	}{
		{"f-pad", "synced before", 130},
		{"f-data", "written", 100},
		{"f-zero", "zeros: not written", 170},
		{"f-bad", "another value", 0},
	} {
		c.rect(box{x, y, 16, 14}, l.class)
		c.text(x+22, y+12, small, "ink", l.text)
		x += l.step
	}
}
