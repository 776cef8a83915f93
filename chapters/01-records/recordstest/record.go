package recordstest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// typeAndCRCWritten is I3.
func typeAndCRCWritten(c *check) {
	// By hand, so that the suite's own writer is not the only witness.
	a := []byte("a")
	byHand := []struct {
		r    Record
		want string
	}{
		{Record{Type: 2, CRC: 1, Data: a}, "\x08\x02\x10\x01\x1a\x01a"},
		{Record{Type: 2, Data: a}, "\x08\x02\x10\x00\x1a\x01a"},
		{Record{CRC: 1, Data: a}, "\x08\x00\x10\x01\x1a\x01a"},
		{Record{CRC: 128, Data: a}, "\x08\x00\x10\x80\x01\x1a\x01a"},
		{Record{Type: 1, CRC: 0x179d6cba, Data: []byte("md")}, "\x08\x01\x10\xba\xd9\xf5\xbc\x01\x1a\x02md"},
		{Record{Type: 3, CRC: 1<<32 - 1, Data: a}, "\x08\x03\x10\xff\xff\xff\xff\x0f\x1a\x01a"},
		{Record{Type: -1, Data: a}, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x00\x1a\x01a"},
	}
	const means = "these bytes are the format. etcd refuses a record without type or crc, also when they are zero."
	for _, k := range byHand {
		c.appends(nil, k.r, []byte(k.want), means)
	}
	for _, n := range []int{1, 127, 128, 129, 16383, 16384} {
		r := Record{Type: 200, CRC: 1 << 28, Data: text(n)}
		c.appends(nil, r, wire(r), means)
	}
	prefix := append(make([]byte, 0, 64), "before"...)
	c.appends(prefix, Record{Type: 5, CRC: 7, Data: a}, []byte("\x08\x05\x10\x07\x1a\x01a"), means)
}

// appends fails unless AppendRecord appends exactly want to b.
func (c *check) appends(b []byte, r Record, want []byte, means string) {
	c.Helper()
	n := len(b)
	c.trying("AppendRecord(%s, Record{type %d, crc %08x, %d bytes of data})", bytesLine(b), r.Type, r.CRC, len(r.Data))
	got := c.AppendRecord(slices.Clip(b), r)
	if len(got) < n || !bytes.Equal(got[:n], b) {
		c.fail(failure{
			Tried: fmt.Sprintf("AppendRecord(%s, Record{%s})", bytesLine(b), recordLine(r)),
			Got:   bytesLine(got),
			Want:  bytesLine(append(slices.Clone(b), want...)),
			Means: "what was in the slice before is the frame around the record; it must stay.",
		})
	}
	if bytes.Equal(got[n:], want) {
		return
	}
	c.fail(failure{
		Tried: fmt.Sprintf("AppendRecord(%s, Record{%s})", bytesLine(b), recordLine(r)),
		Got:   fields(got[n:]),
		Want:  fields(want),
		Means: means,
	})
}

// nilAndEmptyDiffer is I4.
func nilAndEmptyDiffer(c *check) {
	const means = "nil data is not written, empty data is: as a field without bytes. etcd takes them for two different things."
	for _, k := range []struct {
		r    Record
		want string
	}{
		{Record{Type: 1, CRC: 2}, "\x08\x01\x10\x02"},
		{Record{Type: 1, CRC: 2, Data: []byte{}}, "\x08\x01\x10\x02\x1a\x00"},
		{Record{}, "\x08\x00\x10\x00"},
		{Record{Data: []byte{}}, "\x08\x00\x10\x00\x1a\x00"},
	} {
		c.appends(nil, k.r, []byte(k.want), means)
	}
	c.parses([]byte("\x08\x01\x10\x02"), Record{Type: 1, CRC: 2})
	c.parses([]byte("\x08\x01\x10\x02\x1a\x00"), Record{Type: 1, CRC: 2, Data: []byte{}})
}

// parses fails unless ParseRecord reads b as want, nil and empty told apart.
func (c *check) parses(b []byte, want Record) {
	c.Helper()
	c.trying("ParseRecord of % x", b)
	got, err := c.ParseRecord(slices.Clone(b))
	same := err == nil && got.Type == want.Type && got.CRC == want.CRC &&
		(got.Data == nil) == (want.Data == nil) && bytes.Equal(got.Data, want.Data)
	if same {
		return
	}
	result := recordLine(got)
	if err != nil {
		result = "error: " + err.Error()
	}
	c.fail(failure{
		Tried: "ParseRecord of " + fields(b),
		Got:   result,
		Want:  recordLine(want),
		Means: "what is read must be what was written: here a record is refused, or comes back as another.",
	})
}

// notARecord is I5.
func notARecord(c *check) {
	readable := []struct {
		b    string
		want Record
	}{
		{"\x08\x04\x10\x00", Record{Type: 4}},
		{"\x08\x02\x10\x01\x1a\x01a", Record{Type: 2, CRC: 1, Data: []byte("a")}},
		{"\x08\x03\x10\xff\xff\xff\xff\x0f", Record{Type: 3, CRC: 1<<32 - 1}},
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x00", Record{Type: -1}},
		// Protocol buffers let fields come in any order, and the last of several count.
		{"\x1a\x01a\x10\x01\x08\x02", Record{Type: 2, CRC: 1, Data: []byte("a")}},
		{"\x08\x01\x10\x01\x1a\x01a\x08\x02\x10\x03\x1a\x01b", Record{Type: 2, CRC: 3, Data: []byte("b")}},
	}
	for _, k := range readable {
		c.parses([]byte(k.b), k.want)
	}
	long := Record{Type: 300, CRC: 1 << 31, Data: text(200)}
	c.parses(wire(long), long)

	for _, k := range unreadable {
		c.refuses([]byte(k.b), k.why)
	}
	whole := wire(Record{Type: 300, CRC: 0xdeadbeef, Data: text(130)})
	bare := len(wire(Record{Type: 300, CRC: 0xdeadbeef}))
	for n := range whole {
		if n != bare { // cut there, it is a record without data
			c.refuses(whole[:n], fmt.Sprintf("a record cut off behind byte %d of %d", n, len(whole)))
		}
	}
	c.sharesData()
}

// sharesData fails when ParseRecord copies the data. It comes last: a copy is
// right in all but what it costs.
func (c *check) sharesData() {
	b := []byte("\x08\x02\x10\x01\x1a\x01a")
	c.trying("ParseRecord of % x", b)
	r, err := c.ParseRecord(b)
	b[len(b)-1] = 'z'
	if err != nil || string(r.Data) != "z" {
		c.fail(failure{
			Tried: "ParseRecord of " + fields([]byte("\x08\x02\x10\x01\x1a\x01a")) + "; then the last byte of b is set to 7a",
			Got:   "Data is " + bytesLine(r.Data),
			Want:  "Data is 7a: a part of b, not a copy",
			Means: "the decoder gives every record memory of its own already; a second copy doubles what reading a log costs.",
		})
	}
}

// unreadable are messages that are no record, from short to long.
var unreadable = []struct{ b, why string }{
	{"", "nothing at all: type and crc are missing"},
	{"\x08", "a tag without its value"},
	{"\x08\x02", "the crc is missing"},
	{"\x10\x02", "the type is missing"},
	{"\x1a\x00", "type and crc are missing"},
	{"\x08\x02\x1a\x01a", "the crc is missing"},
	{"\x10\x00\x1a\x01a", "the type is missing"},
	{"\x00\x00\x08\x02\x10\x00", "a field number of 0"},
	{"\x08\x02\x10\x00\x00", "a zero behind the record"},
	{"\x08\x02\x10\x00\x20\x01", "a field 4, which no record has"},
	{"\x08\x02\x10\x00\x22\x01a", "a field 4, which no record has"},
	{"\x20\x01\x08\x02\x10\x00", "a field 4, which no record has"},
	{"\x08\x02\x10\x00\x78\x01", "a field 15, which no record has"},
	{"\x0d\x02\x00\x00\x00\x10\x00", "a type of wire type 5, four bytes"},
	{"\x0a\x01\x02\x10\x00", "a type of wire type 2, bytes"},
	{"\x08\x02\x15\x00\x00\x00\x00", "a crc of wire type 5, four bytes"},
	{"\x08\x02\x12\x01\x00", "a crc of wire type 2, bytes"},
	{"\x08\x02\x10\x00\x18\x01", "data of wire type 0, a varint"},
	{"\x08\x02\x10\x00\x1b\x1c", "data of wire type 3, a group"},
	{"\x08\x02\x10\x80\x80\x80\x80\x10", "a crc of 33 bits"},
	{"\x08\x02\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a crc of 64 bits"},
	{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x10\x00", "a type of 65 bits"},
	{"\x08\x02\x10\x00\x1a\x05abcd", "data of 5 bytes, of which 4 are there"},
	{"\x08\x02\x10\x00\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "data of 1<<63-1 bytes, of which none is there"},
}

// refuses fails unless ParseRecord gives ErrRecord for b.
func (c *check) refuses(b []byte, why string) {
	c.Helper()
	c.trying("ParseRecord of % x: %s", b, why)
	r, err := c.ParseRecord(slices.Clone(b))
	if errors.Is(err, c.ErrRecord) {
		return
	}
	result := recordLine(r)
	if err != nil {
		result = "error: " + err.Error()
	}
	c.fail(failure{
		Tried: fmt.Sprintf("ParseRecord of %s: %s", fields(b), why),
		Got:   result,
		Want:  "an error that wraps ErrRecord",
		Means: "the crc does not cover these bytes: what is no record must be refused by its form, or damage is taken for data.",
	})
}
