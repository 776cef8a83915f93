package records

import (
	"hash/crc32"
	"io"

	"example.com/logbook/chapters/course"
)

// castagnoli is the polynomial of every checksum in the log: CRC-32C, for which
// processors have an instruction. Part of the format.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encoder writes records as a stream of frames. It is for one goroutine.
type Encoder struct {
	// page is where frames go.
	page *PageWriter

	// crc is the running checksum: over the data of every record so far, and
	// of those that came before this encoder.
	crc uint32

	// frame is the buffer that each frame is built in.
	frame []byte
}

// NewEncoder returns an Encoder that writes to w. The stream goes on at offset
// in the file, which must be a multiple of [WordSize], and crc is the running
// checksum there: both are zero for a new log, and [Decoder.Offset] and
// [Decoder.CRC] for one that was read to its end.
func NewEncoder(w io.Writer, crc uint32, offset int64) *Encoder {
	return &Encoder{page: NewPageWriter(w, offset), crc: crc}
}

// Encode appends one record: its length word, the record, its padding.
//
// The record's checksum is the running one, moved on over data; a record
// without data, as one of [TypeCRC] is, carries it unchanged. data is not kept.
// An error comes from the writer below and stays (see [PageWriter.Write]);
// what was written is then unknown, and the encoder is of no more use.
//
//course:exercise 1.4
func (e *Encoder) Encode(typ int64, data []byte) error {
	panic(course.TODO("1.4"))
}

// Flush hands everything on to the writer below. It does not sync.
func (e *Encoder) Flush() error { return e.page.Flush() }

// CRC returns the running checksum behind the last record.
func (e *Encoder) CRC() uint32 { return e.crc }
