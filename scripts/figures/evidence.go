package main

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	records "example.com/logbook/chapters/01-records"
)

const (
	proofLeft = 20
	proofRow  = 130
)

// snapshot writes the record that vouches for a snapshot file.
func (s *story) snapshot(index, term uint64) *story {
	b := protowire.AppendVarint([]byte{0x08}, index)
	b = protowire.AppendVarint(append(b, 0x10), term)
	return s.add(records.TypeSnapshot, b, nil)
}

// save writes one Save of one large entry and its hard state.
func (s *story) save(index uint64) *story {
	return s.entry(1, index, sampleBytes(1200)).state(1, 1, index-1)
}

// scene is one log with one damaged record.
type scene struct {
	log *story
	// hit is the position of the record that lost a sector.
	hit     int
	verdict records.Verdict
	title   string
	why     string
}

// scenes is every row of the figure. They are made anew each time: a story can
// be told once.
func scenes() []scene {
	return []scene{
		{newStory().save(1).save(2).save(3).save(4), 5, records.Corrupt, "in the Save before the last",
			"X can be read as an entry; then hard state, entry: its Save was synced before the next began"},
		{newStory().save(1).save(2).save(3).save(4), 7, records.Torn, "in the last Save",
			"nothing behind X proves a sync: this Save may never have returned"},
		{newStory().save(1).save(2).state(1, 1, 2).state(1, 1, 3).state(1, 1, 4), 3, records.Torn, "with only hard states behind it",
			"they verify, but one that only moves the commit is not synced: no proof"},
		{newStory().save(1).save(2).snapshot(1, 1).state(1, 1, 2), 3, records.Corrupt, "with a snapshot record behind it",
			"a snapshot record is synced before anything follows, and something does"},
	}
}

// drawEvidence shows which records behind damage prove that it had been synced.
func drawEvidence() (*canvas, error) {
	all := scenes()
	c := newCanvas(820, 30+proofRow*len(all)+30, "Evidence behind the damage",
		"Four logs, each with one sector of one record zeroed. Records behind it still verify in pairs. "+
			"Entry, hard state, entry proves a finished sync, and so does a snapshot record with anything behind it; hard states alone do not.")
	for i, s := range all {
		if err := drawScene(c, 12+i*proofRow, s); err != nil {
			return nil, err
		}
	}
	y := 30 + proofRow*len(all)
	c.path("goodline", "M%d %dv5h44v-5", proofLeft, y+2)
	c.text(proofLeft+54, y+10, small, "ink", "verified as a pair: the first one's crc, moved on over the second one's data, is the second one's crc")
	return c, nil
}

// drawScene draws one log: its records, the damage, the pairs that verify, the
// verdict.
func drawScene(c *canvas, y int, s scene) error {
	file, before, err := s.log.end()
	if err != nil {
		return err
	}
	x := before[s.hit]
	sector := (x.start/records.SectorSize + 1) * records.SectorSize
	clear(file[sector : sector+records.SectorSize])

	found, err := records.Judge(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	if found.Verdict != s.verdict || found.Offset != x.start {
		return fmt.Errorf("%s: judged %v at %d (%s), drawn as %v at %d", s.title, found.Verdict, found.Offset, found.Reason, s.verdict, x.start)
	}
	after, failed, err := inspect(file)
	if err != nil || len(failed) != 1 || failed[0] != s.hit {
		return fmt.Errorf("%s: records %v fail, %w", s.title, failed, err)
	}
	class := [...]string{"good", "warn", "bad"}[s.verdict]
	c.text(proofLeft, y+10, normal, "ink b", "one sector lost "+s.title)
	drawRecords(c, y+20, before, after, s.hit)
	c.text(proofLeft, y+98, normal, class+" b", s.verdict.String())
	c.text(proofLeft+76, y+98, normal, "ink", s.why)
	return nil
}

// drawRecords draws records as boxes, and the pairs behind the damage.
func drawRecords(c *canvas, y int, before, after []placed, hit int) {
	sums := compute(after)
	x, prev := proofLeft, 0
	for i, p := range before {
		b := box{x, y, proofWidth(p.Type), 42}
		c.rect(b, proofFill(i, hit, p.Type))
		c.label(box{b.x, b.y + 2, b.w, 20}, small, "ink", proofName(p.Type))
		c.label(box{b.x, b.y + 20, b.w, 20}, small, "m ink", fmt.Sprintf("0x%x", p.start))
		if i == hit {
			c.centre(b.x+b.w/2, y+58, small, "bad b", "X: lost")
		}
		mid := b.x + b.w/2
		if i > hit+1 && sums.paired[i] == after[i].CRC {
			c.path("goodline", "M%d %dv5H%dv-5", prev+4, y+46, mid-4)
		}
		x, prev = x+b.w+6, mid
	}
}

// proofWidth returns how wide a record is drawn.
func proofWidth(typ int64) int {
	switch typ {
	case records.TypeEntry:
		return 92
	case records.TypeCRC:
		return 48
	}
	return 76
}

// proofFill returns how a record is filled: by what became of it, or its type.
func proofFill(i, hit int, typ int64) string {
	switch {
	case i == hit:
		return "f-bad"
	case typ == records.TypeEntry:
		return "f-data"
	case typ == records.TypeSnapshot:
		return "f-other"
	}
	return "f-pad"
}

// proofName returns the glossary's word for a type of record.
func proofName(typ int64) string {
	switch typ {
	case records.TypeEntry:
		return "entry"
	case records.TypeState:
		return "hard state"
	case records.TypeCRC:
		return "crc"
	}
	return "snapshot"
}
