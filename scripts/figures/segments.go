package main

import (
	"fmt"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
)

const (
	segmentLeft = 20
	segmentGap  = 150 // from one segment's title to the next
	segmentRow  = 56  // height of a record
)

// segment is one file of a log, as it is drawn.
type segment struct {
	name string
	// sealed tells whether another one follows.
	sealed bool
	all    []placed
}

// twoSegments writes a log that was cut once, in the order of records that the
// format asks for.
func twoSegments() ([]segment, error) {
	meta := []byte("node 1")
	first := newStory().add(records.TypeMetadata, meta, nil).snapshot(0, 0).
		entry(1, 1, []byte("one")).state(1, 1, 1).entry(1, 2, []byte("two")).state(1, 1, 1)
	_, sealed, err := first.end()
	if err != nil {
		return nil, err
	}
	second := continueStory(first.enc.CRC()).add(records.TypeMetadata, meta, nil).state(1, 1, 1).
		entry(1, 3, []byte("three")).state(1, 1, 3)
	_, last, err := second.end()
	if err != nil {
		return nil, err
	}
	if last[0].CRC != sealed[len(sealed)-1].CRC {
		return nil, fmt.Errorf("second segment begins with crc %08x, first ends with %08x", last[0].CRC, sealed[len(sealed)-1].CRC)
	}
	return []segment{
		{"0000000000000000-0000000000000000.wal", true, sealed},
		{fmt.Sprintf("%016x-%016x.wal", 1, 3), false, last},
	}, nil
}

// drawSegments shows the order of records in a log of two segments, and how the
// checksum goes from one to the next.
func drawSegments() (*canvas, error) {
	both, err := twoSegments()
	if err != nil {
		return nil, err
	}
	c := newCanvas(820, 306, "Two segments of one log",
		"The first segment: crc record, metadata, the snapshot record of index 0, then entries and hard states. "+
			"The second begins with a crc record that repeats the first one's last checksum, the same metadata and the latest hard state.")
	for i, s := range both {
		drawSegment(c, 10+i*segmentGap, s)
	}
	c.text(segmentLeft, 292, small, "ink", "The head of each segment: the checksum so far, the metadata, the hard state. In the first there is no hard state yet.")
	return c, nil
}

// drawSegment draws the records of one file, with the checksum that each
// stores, and what is behind them.
func drawSegment(c *canvas, y int, s segment) {
	c.text(segmentLeft, y+12, normal, "m ink", s.name)
	x := segmentLeft
	for i, p := range s.all {
		b := box{x, y + 24, 96, segmentRow}
		c.rect(b, segmentFill(p))
		c.label(box{b.x, b.y + 4, b.w, 22}, small, "ink", segmentName(p))
		c.label(box{b.x, b.y + 28, b.w, 22}, normal, "m ink", fmt.Sprintf("%08x", p.CRC))
		x += b.w + 6
		if i > 0 {
			c.line(b.x-6, b.y+39, b.x, b.y+39, "thick")
		}
	}
	if s.sealed {
		c.text(segmentLeft, y+100, small, "dim", "sealed: it ends with its last frame, and its last checksum opens the next segment")
		return
	}
	c.rect(box{x, y + 24, 140, segmentRow}, "f-zero")
	c.label(box{x, y + 24, 140, segmentRow}, small, "ink", "zeros, preallocated")
	c.text(segmentLeft, y+100, small, "dim", "the last segment: a zero length word is the end of the log")
}

// segmentFill colours a record by its type; the head stands out.
func segmentFill(p placed) string {
	switch p.Type {
	case records.TypeCRC:
		return "f-crc"
	case records.TypeEntry:
		return "f-data"
	case records.TypeSnapshot:
		return "f-other"
	case records.TypeMetadata:
		return "f-type"
	}
	return "f-word"
}

// segmentName says what a record is, and what its data says when that is short.
func segmentName(p placed) string {
	switch p.Type {
	case records.TypeMetadata:
		return "metadata"
	case records.TypeSnapshot:
		return "snapshot 0"
	case records.TypeEntry:
		var e raftpb.Entry
		if err := proto.Unmarshal(p.Data, &e); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("entry %d", e.GetIndex())
	}
	return proofName(p.Type)
}
