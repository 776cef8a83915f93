package recordstest

import (
	"encoding/binary"
	"hash/crc32"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The types of record, by number. They repeat what package records says, so
// that a wrong constant there is seen here.
const (
	typeMetadata = 1
	typeEntry    = 2
	typeState    = 3
	typeCRC      = 4
	typeSnapshot = 5
)

// The sizes of the format, for the same reason.
const (
	wordSize   = 8
	sectorSize = 512
	pageSize   = 4096
	heldBytes  = 128 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// span is where one frame lies, and the record in it.
type span struct {
	// at and end are the frame's first byte and the one behind its padding.
	at, end int64
	// body is where the record begins, and pad how many bytes follow it.
	body, pad int64
	rec       Record
}

// image is a log in the making: the suite's own writer, kept so plain that it
// can be checked by eye against docs/format.md.
type image struct {
	b     []byte
	crc   uint32
	spans []span
}

// newLog returns a log that begins as etcd's do: a checksum record that hands
// on crc, then the metadata.
func newLog(crc uint32) *image {
	m := &image{crc: crc}
	return m.add(typeCRC, nil).add(typeMetadata, []byte("\x08\x01\x10\x01"))
}

// add appends one record with the running checksum.
func (m *image) add(typ int64, data []byte) *image {
	m.crc = crc32.Update(m.crc, castagnoli, data)
	return m.addRecord(Record{Type: typ, CRC: m.crc, Data: data})
}

// addRecord appends r with the checksum that it has, right or wrong.
func (m *image) addRecord(r Record) *image {
	body := wire(r)
	at := int64(len(m.b))
	pad := padding(len(body))
	m.b = append(m.b, framed(body)...)
	m.spans = append(m.spans, span{at, int64(len(m.b)), at + wordSize, int64(pad), r})
	return m
}

// addUnpadded appends one record as etcd did before 3.0: without padding.
func (m *image) addUnpadded(typ int64, data []byte) *image {
	m.crc = crc32.Update(m.crc, castagnoli, data)
	r := Record{Type: typ, CRC: m.crc, Data: data}
	body := wire(r)
	at := int64(len(m.b))
	m.b = binary.LittleEndian.AppendUint64(m.b, uint64(len(body)))
	m.b = append(m.b, body...)
	m.spans = append(m.spans, span{at, int64(len(m.b)), at + wordSize, 0, r})
	return m
}

// last returns the last frame's place.
func (m *image) last() span { return m.spans[len(m.spans)-1] }

// with returns the log's bytes and n zeros behind them, as preallocation leaves
// them. The slice is fresh: it may be damaged.
func (m *image) with(n int) []byte { return append(slices.Clone(m.b), make([]byte, n)...) }

// wire is a record's message, by hand: field 1 and 2 as varints, field 3 as
// bytes unless nil.
func wire(r Record) []byte {
	b := protowire.AppendVarint([]byte{1 << 3}, uint64(r.Type))
	b = protowire.AppendVarint(append(b, 2<<3), uint64(r.CRC))
	if r.Data != nil {
		b = protowire.AppendVarint(append(b, 3<<3|2), uint64(len(r.Data)))
		b = append(b, r.Data...)
	}
	return b
}

// framed puts a length word before body and padding behind it.
func framed(body []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, lengthWord(int64(len(body))))
	b = append(b, body...)
	return append(b, make([]byte, padding(len(body)))...)
}

// lengthWord is the word for a record of the given size.
func lengthWord(size int64) uint64 {
	if pad := (8 - size%8) % 8; pad > 0 {
		return uint64(size) | uint64(0x80+pad)<<56
	}
	return uint64(size)
}

// padding is how many bytes follow a record of the given size.
func padding(size int) int { return (8 - size%8) % 8 }

// entry is the data of an entry record, as etcd from 3.7 on writes it.
func entry(term, index uint64, data []byte) []byte {
	b := protowire.AppendVarint([]byte{2 << 3}, term)
	b = protowire.AppendVarint(append(b, 3<<3), index)
	b = protowire.AppendVarint(append(b, 4<<3|2), uint64(len(data)))
	return append(b, data...)
}

// state is the data of a hard state record.
func state(term, vote, commit uint64) []byte {
	b := protowire.AppendVarint([]byte{1 << 3}, term)
	b = protowire.AppendVarint(append(b, 2<<3), vote)
	return protowire.AppendVarint(append(b, 3<<3), commit)
}

// snapshot is the data of a snapshot record with one voter.
func snapshot(index, term uint64) []byte {
	b := protowire.AppendVarint([]byte{1 << 3}, index)
	b = protowire.AppendVarint(append(b, 2<<3), term)
	return append(b, 3<<3|2, 2, 1<<3, 1)
}

// text is n bytes to fill a record with, none of them zero, so that a zero in a
// damaged log is always the damage.
func text(n int) []byte {
	const phrase = "a raft keeps a log and the log keeps the raft; "
	b := make([]byte, n)
	for i := range b {
		b[i] = phrase[i%len(phrase)]
	}
	return b
}

// walk splits a sound log into its frames; it is how golden files are read. It
// stops at the first zero length word and must not be given damage.
func walk(b []byte) []span {
	var spans []span
	for at := int64(0); at+wordSize <= int64(len(b)); {
		word := binary.LittleEndian.Uint64(b[at:])
		if word == 0 {
			break
		}
		s := span{at: at, body: at + wordSize, pad: int64(word >> 56 & 7)}
		size := int64(word << 8 >> 8)
		s.rec = unwire(b[s.body : s.body+size])
		s.end = s.body + size + s.pad
		spans = append(spans, s)
		at = s.end
	}
	return spans
}

// unwire reads a sound record that [wire] or etcd wrote.
func unwire(b []byte) Record {
	var r Record
	typ, n := protowire.ConsumeVarint(b[1:])
	b = b[1+n:]
	crc, n := protowire.ConsumeVarint(b[1:])
	b = b[1+n:]
	r.Type, r.CRC = int64(typ), uint32(crc)
	if len(b) > 0 {
		r.Data, _ = protowire.ConsumeBytes(b[1:])
	}
	return r
}
