package recordstest

import (
	"errors"
	"fmt"
	"strings"
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
	e := c.NewEncoder(disk, w.crc, w.offset)
	for i, r := range w.recs {
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

// crcCoversAllBefore is I9.
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
					tried: written{w.crc, w.offset, w.recs[:i+1]}.String(),
					got:   fmt.Sprintf("CRC() is %08x", crc),
					want:  fmt.Sprintf("CRC() is %08x: CRC-32C over the data of all records, from %08x on", want.crc, w.crc),
					means: "a checksum of its own record only would not notice when a whole record is missing or comes twice.",
				})
			}
		})
		c.differ(w.String(), got, want.b, "A reader adds each record's data to the running checksum; with another one it calls a sound log corrupt.")
	}
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
	c.encoderFails()
}

// plainFrames tries frames with each padding, smallest first, against the
// suite's own writer.
func (c *check) plainFrames() {
	for n := range 40 {
		w := written{recs: []Record{{Type: typeEntry, Data: entry(1, 1, text(n))}}}
		want := new(image).add(typeEntry, entry(1, 1, text(n)))
		got := c.encode(w, func(int, uint32) {})
		c.differ(w.String(), got, want.b, "A frame is a length word, the record, and zeros up to a multiple of 8; the word counts the record alone.")
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

// encoderFails looks whether an error of the writer below comes out of the
// encoder, in the call in which it happened and in each one after it.
func (c *check) encoderFails() {
	disk := &sink{c: c, failAt: 1, err: errDisk}
	e := c.NewEncoder(disk, 0, 0)
	for i := range 300 {
		err := e.Encode(typeEntry, text(1000))
		if disk.calls > 0 && !errors.Is(err, errDisk) {
			c.fail(failure{
				tried: fmt.Sprintf("Encode of 1000 bytes, %d times; the writer below fails at its first call", i+1),
				got:   fmt.Sprintf("Encode: error %v", err),
				want:  fmt.Sprintf("Encode: error %v", errDisk),
				means: "a record that was lost would be reported as written.",
			})
		}
	}
	if err := e.Flush(); !errors.Is(err, errDisk) {
		c.fail(failure{
			tried: "Flush, after the writer below has failed",
			got:   fmt.Sprintf("error %v", err),
			want:  fmt.Sprintf("error %v", errDisk),
			means: "Flush comes before the sync; nil here becomes a promise that was never kept.",
		})
	}
}
