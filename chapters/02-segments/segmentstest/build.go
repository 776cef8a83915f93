package segmentstest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/layout"
)

// The types of record, and one that has no meaning and proves nothing.
const (
	typeMetadata = records.TypeMetadata
	typeEntry    = records.TypeEntry
	typeState    = records.TypeState
	typeCRC      = records.TypeCRC
	typeSnapshot = records.TypeSnapshot
	typePlain    = int64(7)
)

// The heads that etcd gives to the first segment and to the others.
var (
	firstHead = []Record{{Type: typeMetadata, Data: []byte("node 1")}, {Type: typeSnapshot, Data: []byte{}}}
	laterHead = []Record{{Type: typeMetadata, Data: []byte("node 1")}, {Type: typeState, Data: []byte{8, 1, 16, 1, 24, 3}}}
)

// plain is a record of n bytes that proves nothing, wherever it stands.
func plain(n int) Record { return Record{Type: typePlain, Data: text(n)} }

// text is n bytes to fill a record with, none of them zero, so that a zero in a
// damaged log is always the damage.
func text(n int) []byte {
	const phrase = "a log of many files reads as one; "
	b := make([]byte, n)
	for i := range b {
		b[i] = phrase[(i+n)%len(phrase)]
	}
	return b
}

// name is the name of a segment: the suite's own, for what goes in.
func name(seq, index uint64) string { return fmt.Sprintf("%016x-%016x.wal", seq, index) }

// brief is a list of records in a few words.
func brief(recs []Record) string {
	if len(recs) > 4 {
		return fmt.Sprintf("%d records", len(recs))
	}
	var words []string
	for _, r := range recs {
		words = append(words, fmt.Sprintf("%s of %d bytes", typeName(r.Type), len(r.Data)))
	}
	if words == nil {
		return "no head"
	}
	return strings.Join(words, " + ")
}

// typeName is a record's type in a word.
func typeName(typ int64) string {
	for _, t := range layout.Types() {
		if t.Number == uint64(typ) {
			return t.Name
		}
	}
	return fmt.Sprintf("type %d", typ)
}

// image is a log in the making: the suite's own writer, on chapter 1's encoder.
type image struct {
	names []string
	files []*bytes.Buffer
	recs  []Placed
	crc   uint32
}

// segment begins a new file, with a checksum record and a head.
func (m *image) segment(index uint64, head ...Record) *image {
	m.names = append(m.names, name(uint64(len(m.names)), index))
	m.files = append(m.files, new(bytes.Buffer))
	return m.add(append([]Record{{Type: typeCRC}}, head...)...)
}

// add appends records to the last file. That of a checksum record is what the
// chain stands at.
func (m *image) add(recs ...Record) *image {
	file := m.files[len(m.files)-1]
	for _, r := range recs {
		at := int64(file.Len())
		e := records.NewEncoder(file, m.crc, at)
		if err := e.Encode(r.Type, r.Data); err != nil {
			panic(err) // a buffer takes everything
		}
		if err := e.Flush(); err != nil {
			panic(err)
		}
		m.crc = e.CRC()
		r.CRC = m.crc
		m.recs = append(m.recs, Placed{r, m.names[len(m.names)-1], at})
	}
	return m
}

// threeSegments is a log of three files, as [Log.Cut] leaves it.
func threeSegments() *image {
	m := new(image).segment(0, firstHead...)
	m.add(plain(40), plain(300), plain(7))
	m.segment(3, laterHead...).add(plain(500), plain(8))
	return m.segment(9, laterHead...).add(plain(20), plain(90), plain(33))
}

// bytes returns the content of file i, the last one with zeros up to the room
// reserved for it. The slice is fresh.
func (m *image) bytes(i int) []byte {
	b := slices.Clone(m.files[i].Bytes())
	if i == len(m.files)-1 && len(b) < room {
		b = append(b, make([]byte, room-len(b))...)
	}
	return b
}

// end returns where the records of file i end.
func (m *image) end(i int) int64 { return int64(m.files[i].Len()) }

// of returns the records of file i.
func (m *image) of(i int) []Placed {
	var recs []Placed
	for _, r := range m.recs {
		if r.Segment == m.names[i] {
			recs = append(recs, r)
		}
	}
	return recs
}

// before returns the records of file i that end at or before an offset, and
// those of all files before it; and where the last of them ends in file i.
func (m *image) before(i int, at int64) (recs []Placed, end int64) {
	for f := range i {
		recs = append(recs, m.of(f)...)
	}
	of := m.of(i)
	for n, r := range of {
		next := m.end(i)
		if n+1 < len(of) {
			next = of[n+1].Offset
		}
		if next > at {
			break
		}
		recs, end = append(recs, r), next
	}
	return recs, end
}

// disk puts the log on a disk, all of it durable. File i, if it is one of the
// log's, is given other bytes.
func (m *image) disk(i int, instead []byte) *disk.Sim {
	sim := disk.NewSim()
	for n := range m.files {
		b := m.bytes(n)
		if n == i {
			b = instead
		}
		write(sim, dir+"/"+m.names[n], b)
	}
	return sim.Crash(disk.Kept)
}

// sound puts the log on a disk as it is.
func (m *image) sound() *disk.Sim { return m.disk(-1, nil) }

// frame is a record's frame, for looking for it in a file.
func frame(r Record) []byte {
	body := records.AppendRecord(nil, records.Record(r))
	word, pad := records.EncodeLength(int64(len(body)))
	b := binary.LittleEndian.AppendUint64(nil, word)
	return append(append(b, body...), make([]byte, pad)...)
}
