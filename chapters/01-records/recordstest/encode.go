package recordstest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"example.com/logbook/chapters/course/suite"
)

// written is what an encoder is given: a checksum and an offset to go on from,
// and the records.
type written struct {
	crc    uint32
	offset int64
	recs   []Record
}

// String is the encoder's calls, from the last few.
func (w written) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "NewEncoder(w, %#x, %d)", w.crc, w.offset)
	for i, r := range w.recs {
		if i >= 4 && i < len(w.recs)-1 {
			if i == 4 {
				fmt.Fprintf(&b, "\n… %d more …", len(w.recs)-5)
			}
			continue
		}
		fmt.Fprintf(&b, "\nEncode(%d, %s)", r.Type, bytesLine(r.Data[:min(len(r.Data), 24):min(len(r.Data), 24)]))
		if len(r.Data) > 24 {
			fmt.Fprintf(&b, " of %d bytes", len(r.Data))
		}
	}
	return b.String()
}

// encode gives w's records to a new encoder, each from a slice that is
// overwritten at once, and returns the file. after is called behind each.
func (c *check) encode(w written, after func(i int, crc uint32)) []byte {
	c.Helper()
	disk := &sink{c: c, start: w.offset}
	c.trying("%v", w)
	e := c.NewEncoder(disk, w.crc, w.offset)
	for i, r := range w.recs {
		c.trying("%v", written{w.crc, w.offset, w.recs[:i+1]})
		var data []byte
		if r.Data != nil {
			data = append([]byte{}, r.Data...)
		}
		if err := e.Encode(r.Type, data); err != nil {
			c.noError(w, err)
		}
		for i := range data {
			data[i] = 0xee
		}
		after(i, e.CRC())
	}
	if err := e.Flush(); err != nil {
		c.noError(w, err)
	}
	return disk.b
}

// chainMeans is what a wrong checksum means.
const chainMeans = "a reader moves the checksum on over each record's data, from where the record before left it; it would call this log corrupt."

// crcCoversAllBefore is I9 for the encoder.
func crcCoversAllBefore(c *check) {
	a, b := entry(1, 1, []byte("a")), entry(1, 2, []byte("b"))
	none := Record{Type: typeCRC}
	for _, w := range []written{
		{recs: []Record{{Type: typeEntry, Data: a}}},
		{recs: []Record{{Type: typeEntry, Data: a}, {Type: typeEntry, Data: b}}},
		{recs: []Record{{Type: typeEntry, Data: a}, {Type: typeEntry, Data: a}, {Type: typeEntry, Data: a}}},
		{recs: []Record{none}},
		{crc: 0xcafe, recs: []Record{none}},
		{crc: 0xcafe, recs: []Record{{Type: typeEntry, Data: a}}},
		{crc: 0xcafebabe, offset: 4096, recs: []Record{none, {Type: typeMetadata, Data: []byte("md")}, {Type: typeEntry, Data: b}}},
		{recs: []Record{{Type: typeEntry, Data: a}, none, {Type: typeEntry, Data: b}}},
		{recs: []Record{{Type: typeEntry, Data: a}, {Type: typeMetadata, Data: []byte{}}, {Type: typeEntry}, {Type: typeState, Data: state(1, 1, 1)}}},
		{recs: []Record{{Type: typeSnapshot, Data: snapshot(3, 1)}, {Type: typeEntry, Data: entry(1, 1, text(300))}, {Type: typeState, Data: state(1, 1, 1)}}},
	} {
		want := &image{crc: w.crc}
		got := c.encode(w, func(i int, crc uint32) {
			if want.add(w.recs[i].Type, w.recs[i].Data); crc != want.crc {
				c.fail(failure{
					Tried: written{w.crc, w.offset, w.recs[:i+1]}.String(),
					Got:   fmt.Sprintf("CRC() is %08x%s", crc, w.recognised(i, crc)),
					Want:  fmt.Sprintf("CRC() is %08x: CRC-32C over the data of all records, from %08x on", want.crc, w.crc),
					Means: chainMeans,
				})
			}
		})
		c.storesCRCs(w, got, want)
	}
}

// storesCRCs fails at the first record in got that is the wanted one but for its
// checksum. Whether the frames are right in all else is I10's question: what is
// no such record at its place is left to it.
func (c *check) storesCRCs(w written, got []byte, want *image) {
	c.Helper()
	for i, s := range want.spans {
		at := int(s.body) + 3 // behind type and tag: every type here is one byte
		crc, ok := storedCRC(got, s)
		if !ok || crc == s.rec.CRC {
			continue
		}
		c.fail(failure{
			Tried: written{w.crc, w.offset, w.recs[:i+1]}.String(),
			Got:   fmt.Sprintf("the record stores crc %08x%s\n%s", crc, w.recognised(i, crc), excerpt(got, at)),
			Want:  fmt.Sprintf("the record stores crc %08x, as CRC() says\n%s", s.rec.CRC, excerpt(want.b, at)),
			Means: chainMeans,
		})
	}
}

// storedCRC returns the checksum in the record at the place of s in b, if all
// else in it is as in s.
func storedCRC(b []byte, s span) (crc uint32, ok bool) {
	if int64(len(b)) < s.body+3 {
		return 0, false
	}
	v, n := protowire.ConsumeVarint(b[s.body+3:])
	r := s.rec
	r.CRC = uint32(v)
	return r.CRC, n > 0 && bytes.HasPrefix(b[s.body:], wire(r))
}

// framesAreEtcds is I10.
func framesAreEtcds(c *check) {
	c.plainFrames()
	for _, g := range goldenLogs(c.T) {
		spans := walk(g.Log)
		if g.Unpadded {
			continue // such frames are read, never written
		}
		w := written{crc: spans[0].rec.CRC}
		for _, s := range spans {
			w.recs = append(w.recs, s.rec)
		}
		got := c.encode(w, func(int, uint32) {})
		tried := fmt.Sprintf("the records of testdata/golden/%s.txtar, which etcd wrote, by NewEncoder(w, %#x, 0)", g.Name, w.crc)
		c.differ(tried, got, g.Log[:spans[len(spans)-1].end], "etcd wrote the wanted bytes for the same records.")
	}
	c.manyFrames()
	c.framesInOneWrite()
}

// plainFrames tries frames with each padding, smallest first, against the
// suite's own writer.
func (c *check) plainFrames() {
	for n := range 40 {
		w := written{recs: []Record{{Type: typeEntry, Data: entry(1, 1, text(n))}}}
		want := new(image).add(typeEntry, entry(1, 1, text(n)))
		got := c.encode(w, func(int, uint32) {})
		c.differ(w.String(), got, want.b, want.last().part(got, want.b))
	}
}

// part says what the first byte is in which got, one frame, differs from want.
func (s span) part(got, want []byte) string {
	switch at := int64(suite.FirstDifference(got, want)); {
	case at >= s.end:
		return "The frame ends in front of it: the padding reaches up to the next multiple of 8 and no further."
	case at < wordSize && len(got) >= wordSize && binary.BigEndian.Uint64(got) == binary.LittleEndian.Uint64(want):
		return "This is the right length word, but its bytes are in the wrong order: numbers stand in the file with the low byte first."
	case at < wordSize:
		return "It is in the length word, which counts the record alone, not itself and not the padding, and says in its top byte how much padding follows."
	case at >= s.end-s.pad:
		return "It is in the padding: zeros up to a multiple of 8, and nothing else, or a reader takes the frame for a damaged one."
	}
	return "It is in the record: what AppendRecord makes of type, running checksum and data."
}

// framesInOneWrite looks whether a frame goes to the page writer as a whole. That
// can be seen from below where a frame is the one with which more is held than
// may be: in pieces, it is handed on in pieces. The yardstick is what the same
// page writer does when it is given the two frames in two calls.
func (c *check) framesInOneWrite() {
	m := new(image).add(typeEntry, text(heldBytes-wordSize-12)).add(typeEntry, text(2*pageSize-wordSize-13))
	w := written{recs: []Record{m.spans[0].rec, m.spans[1].rec}}
	whole := &sink{c: c}
	page := c.NewPageWriter(whole, 0)
	for _, s := range m.spans {
		c.trying("NewPageWriter at offset 0, a Write of %d bytes behind %d", s.end-s.at, s.at)
		if _, err := page.Write(m.b[s.at:s.end]); err != nil {
			c.noError(w, err)
		}
	}
	disk := &sink{c: c}
	c.trying("%v", w)
	e := c.NewEncoder(disk, 0, 0)
	for _, r := range w.recs {
		if err := e.Encode(r.Type, r.Data); err != nil {
			c.noError(w, err)
		}
	}
	if !slices.Equal(disk.writes, whole.writes) {
		c.fail(failure{
			Tried: fmt.Sprintf("%v\nThe first frame has %d bytes, the second %d", w, m.spans[1].at, m.spans[1].end-m.spans[1].at),
			Got:   fmt.Sprintf("writes in the file that end at %d", disk.writes),
			Want:  fmt.Sprintf("writes in the file that end at %d, as when each frame goes to the page writer in one Write", whole.writes),
			Means: "a frame in several pieces costs a call for each, and part of it may be handed on long before the rest.",
		})
	}
}

// manyFrames writes more than a page writer holds, from an offset inside a page,
// with one record that is larger than everything held.
func (c *check) manyFrames() {
	w := written{offset: 40, crc: 7}
	want := &image{crc: 7}
	for i := range 400 {
		n := i * 7 % 1500
		if i == 200 {
			n = 1 << 20
		}
		w.recs = append(w.recs, Record{Type: typeEntry, Data: entry(1, 1, text(n))})
		want.add(typeEntry, entry(1, 1, text(n)))
	}
	got := c.encode(w, func(int, uint32) {})
	c.differ(w.String(), got, want.b, "Records must arrive whole and in order however many there are.")
}

// encoderFails is I8 for the encoder: an error of the writer below comes out of
// it, in the call in which it happened and in each one after it.
func encoderFails(c *check) {
	disk := &sink{c: c, failAt: 1, err: suite.ErrDisk}
	e := c.NewEncoder(disk, 0, 0)
	for i := range 300 {
		c.trying("Encode of 1000 bytes, %d times; the writer below fails at its first call", i+1)
		err := e.Encode(typeEntry, text(1000))
		if disk.calls > 0 && !errors.Is(err, suite.ErrDisk) {
			c.fail(failure{
				Tried: fmt.Sprintf("Encode of 1000 bytes, %d times; the writer below fails at its first call", i+1),
				Got:   fmt.Sprintf("Encode: error %v", err),
				Want:  fmt.Sprintf("Encode: error %v", suite.ErrDisk),
				Means: "a record that was lost would be reported as written.",
			})
		}
	}
	if err := e.Flush(); !errors.Is(err, suite.ErrDisk) {
		c.fail(failure{
			Tried: "Flush, after the writer below has failed",
			Got:   fmt.Sprintf("error %v", err),
			Want:  fmt.Sprintf("error %v", suite.ErrDisk),
			Means: "Flush comes before the sync; nil here becomes a promise that was never kept.",
		})
	}
}
