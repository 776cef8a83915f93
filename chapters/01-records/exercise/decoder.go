package records

import (
	"errors"
	"fmt"
	"io"

	"example.com/logbook/chapters/course"
)

// ErrCRC says that a record does not have the checksum that its data and the
// records before it give. Something before or in it was changed, or never
// reached the disk.
var ErrCRC = errors.New("checksum does not match")

// DecodeError says where in the file a [Decoder] stopped, and why.
type DecodeError struct {
	// Offset is where the frame begins that could not be read.
	Offset int64

	// Err wraps [ErrFrame], [ErrRecord], [ErrCRC], [io.ErrUnexpectedEOF] or the
	// error of the file.
	Err error
}

// Error gives the offset and the cause.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("offset %d: %v", e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// Decoder reads the records of one file. It is for one goroutine.
type Decoder struct {
	// r is the file, and size how many bytes of it there are.
	r    io.ReaderAt
	size int64

	// next is where the next frame begins.
	next int64

	// offset is the end of the last record before the first error: next,
	// until something fails.
	offset int64

	// crc is the running checksum behind the last record, and seeded tells
	// whether there was one: only the first may set it from what it stores.
	crc    uint32
	seeded bool

	// err is the first error that cannot be read past.
	err error
}

// NewDecoder returns a Decoder for the first size bytes of r.
func NewDecoder(r io.ReaderAt, size int64) *Decoder {
	return &Decoder{r: r, size: size}
}

// Offset returns where the last good record ends: the place to go on writing,
// or to look at after an error. It is a number of bytes from the beginning.
func (d *Decoder) Offset() int64 { return d.offset }

// CRC returns the running checksum behind the last record that was returned.
func (d *Decoder) CRC() uint32 { return d.crc }

// Next returns the next record. Its Data is the caller's to keep.
//
// The log ends, with [io.EOF], where the file does, or where a length word is
// zero: a file is made larger than its records and filled with zeros. If the
// file ends before the eighth byte of a length word, and those that are there
// are zeros, that is the end too.
//
// Any other error is a [*DecodeError]. In the order in which they are found:
// the file ends inside a length word, [io.ErrUnexpectedEOF]; a word that is
// none, [ErrFrame]; the file ends inside the record or its padding,
// io.ErrUnexpectedEOF, told before anything is allocated for a length that the
// file cannot hold; padding that is not zero, ErrFrame; no record, [ErrRecord];
// a record with the wrong checksum, [ErrCRC]. And the file's own errors.
//
// With ErrCRC the record is returned too, and Next goes on behind it with the
// checksum that it stores, so that a log can be inspected beyond the damage.
// All other errors stay.
func (d *Decoder) Next() (Record, error) {
	if d.err != nil {
		return Record{}, d.err
	}
	start := d.next
	r, err := d.decode()
	if err != nil && err != io.EOF {
		err = &DecodeError{Offset: start, Err: err}
	}
	switch {
	case err == nil && d.offset == start:
		d.offset = d.next
	case err != nil && !errors.Is(err, ErrCRC):
		d.err = err
	}
	return r, err
}

// decode reads the record at d.next and moves d.next behind it.
func (d *Decoder) decode() (Record, error) {
	body, end, err := d.readFrame(d.next)
	if err != nil {
		return Record{}, err
	}
	r, err := ParseRecord(body)
	if err != nil {
		return Record{}, err
	}
	d.next = end
	return r, d.chain(r)
}

// readFrame returns the record's bytes in the frame at the given offset, in
// memory of their own, and the offset where the next frame begins. Errors are
// those of [Decoder.Next] that concern a frame, without their offset.
//
//course:exercise 1.5
func (d *Decoder) readFrame(at int64) (body []byte, end int64, err error) {
	panic(course.TODO("1.5"))
}

// chain moves the running checksum over r and says whether r has it too. If the
// very first record of the file is a checksum record, it has no past to agree
// with: it sets the running checksum. Any record that disagrees gives [ErrCRC],
// and sets the running checksum all the same.
//
//course:exercise 1.5
func (d *Decoder) chain(r Record) error {
	panic(course.TODO("1.5"))
}

// read fills p from the file at the given offset. What it cannot fill is an
// error of the disk, never the end of the log: size says where that is.
func (d *Decoder) read(p []byte, at int64) error {
	n, err := d.r.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil || err == io.EOF:
		return fmt.Errorf("short read: %d bytes of %d", n, len(p))
	}
	return fmt.Errorf("read %d bytes: %w", len(p), err)
}

// allZero reports whether p holds nothing but zeros.
func allZero(p []byte) bool {
	for _, b := range p {
		if b != 0 {
			return false
		}
	}
	return true
}
