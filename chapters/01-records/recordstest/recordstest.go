// Package recordstest puts an implementation of chapter 1 to the test: the
// length word, the record, the page writer, the encoder, the decoder, and the
// judgement of a damaged log.
//
// It is used as testing/fstest is: a test hands over an [Implementation] and
// [Run] does the rest. Nothing that the implementation gives is checked with
// another part of the same implementation. What goes in, and what must come
// out, is built here byte by byte, or was written by etcd itself (the files of
// testdata/golden). So a mistake made twice does not cancel out. One case in 1.4 is
// different: that a frame goes to the page writer whole shows only in what that
// page writer then does, so it is measured against the same page writer.
//
// Every subtest is an invariant. Its cases go from small to large and it stops
// at the first that fails, so what a failure shows is the smallest input that
// is known to break the implementation.
//
// # What this package does not do
//
// It does not judge speed. An endless loop is reported after a minute, but
// not stopped: it goes on in the background until the tests end.
package recordstest

import (
	"io"
	"testing"

	"example.com/logbook/chapters/course/suite"
)

// Record is one record, with the fields of the chapter's own Record: one
// converts to the other.
type Record struct {
	// Type is the number of the record's type.
	Type int64
	// CRC is the checksum that the record carries.
	CRC uint32
	// Data is the record's content; nil and empty differ.
	Data []byte
}

// PageWriter is what NewPageWriter must return.
type PageWriter interface {
	io.Writer
	// Flush hands on everything that is held.
	Flush() error
}

// Encoder is what NewEncoder must return.
type Encoder interface {
	// Encode appends one record.
	Encode(typ int64, data []byte) error
	// Flush hands on everything that is held.
	Flush() error
	// CRC is the running checksum behind the last record.
	CRC() uint32
}

// Decoder is what NewDecoder must return.
type Decoder interface {
	// Next returns the next record, or why there is none.
	Next() (Record, error)
	// Offset is the end of the last record before the first error.
	Offset() int64
	// CRC is the running checksum behind the last record.
	CRC() uint32
}

// Finding is what Judge must return. The verdict is a number, so that an
// implementation may name it as it likes.
type Finding struct {
	// Verdict is 0 for clean, 1 for torn, 2 for corrupt.
	Verdict int
	// Offset is where the last good record ends.
	Offset int64
	// Reason says what the verdict rests on. It is printed, never compared.
	Reason string
}

// Implementation is everything that chapter 1 builds. The contract of each
// function is the doc comment of the same name in package records.
type Implementation struct {
	// EncodeLength and DecodeLength write and read a length word.
	EncodeLength func(size int64) (word uint64, pad int)
	DecodeLength func(word uint64) (size int64, pad int, err error)

	// AppendRecord and ParseRecord write and read a record's message.
	AppendRecord func(b []byte, r Record) []byte
	ParseRecord  func(b []byte) (Record, error)

	// NewPageWriter, NewEncoder and NewDecoder make what a log is written and
	// read with.
	NewPageWriter func(w io.Writer, offset int64) PageWriter
	NewEncoder    func(w io.Writer, crc uint32, offset int64) Encoder
	NewDecoder    func(r io.ReaderAt, size int64) Decoder

	// Judge tells a torn log from a corrupt one.
	Judge func(r io.ReaderAt, size int64) (Finding, error)

	// ErrFrame, ErrRecord and ErrCRC are the sentinels that errors wrap.
	ErrFrame, ErrRecord, ErrCRC error

	// ErrorOffset returns the offset that a decoder's error carries, and
	// whether it carries one.
	ErrorOffset func(err error) (offset int64, ok bool)

	// Waits returns why an exercise, such as "1.3", cannot be tested yet, or
	// "". An exercise that waits is skipped. Nil means that nothing waits.
	Waits func(exercise string) string
}

// invariants are those of one exercise.
type invariants = []suite.Invariant[*check]

// chapter is the suite, in the order of the page. Within an exercise what most
// of the others rest on comes first, and small rules come last: the first
// that fails is the one that is read. So 1.5 ends with I11, whose last cases are
// files that end in a few zeros. An invariant belongs to every exercise that can
// break it.
var chapter = suite.Chapter[*check]{
	Page: "docs/01-records.md",
	Exercises: []suite.Exercise[*check]{
		{ID: "1.1", Title: "the length word", Invariants: invariants{
			{Slug: "I1_words_are_eight_bytes_and_aligned", Try: wordsAreAligned},
			{Slug: "I2_a_length_reads_back_or_is_refused", Try: lengthReadsBack},
		}},
		{ID: "1.2", Title: "a record on the wire", Invariants: invariants{
			{Slug: "I3_type_and_crc_are_always_written", Try: typeAndCRCWritten},
			{Slug: "I4_nil_and_empty_data_differ", Try: nilAndEmptyDiffer},
			{Slug: "I5_what_is_not_a_record_is_refused", Try: notARecord},
		}},
		{ID: "1.3", Title: "the page writer", Invariants: invariants{
			{Slug: "I6_writes_end_at_pages_until_flush", Try: writesEndAtPages},
			{Slug: "I7_nothing_is_lost_or_reordered", Try: nothingIsLost},
			{Slug: "I8_the_first_error_stays", Try: firstErrorStays},
		}},
		{ID: "1.4", Title: "encode, chaining the CRC", Invariants: invariants{
			{Slug: "I9_each_crc_covers_all_before_it", Try: crcCoversAllBefore},
			{Slug: "I10_frames_are_etcds_bytes", Try: framesAreEtcds},
			{Slug: "I8_the_first_error_stays", Try: encoderFails},
		}},
		{ID: "1.5", Title: "decode", Invariants: invariants{
			{Slug: "I9_each_crc_covers_all_before_it", Try: crcIsFollowed},
			{Slug: "I12_a_length_is_checked_before_it_is_trusted", Try: lengthIsChecked},
			{Slug: "I13_a_changed_bit_is_seen", Try: changedBitIsSeen},
			{Slug: "I14_data_is_the_callers", Try: dataIsTheCallers},
			{Slug: "I15_a_read_error_is_not_an_end", Try: readErrorIsNotAnEnd},
			{Slug: "I11_zeros_end_a_log", Try: zerosEndALog},
		}},
		{ID: "1.6", Title: "torn or corrupt", Invariants: invariants{
			{Slug: "I16_every_cut_is_torn_never_corrupt", Try: everyCutIsTorn},
			{Slug: "I17_evidence_behind_refuses", Try: evidenceRefuses},
			{Slug: "I18_what_a_crash_cannot_leave_is_corrupt", Try: crashCannotLeave},
		}},
	},
}

// Run puts impl to every invariant of chapter 1, each in a subtest such as
// 1.4/I9_each_crc_covers_all_before_it. An exercise that waits is skipped with
// the reason that impl.Waits gives.
func Run(t *testing.T, impl Implementation) {
	chapter.Run(t, impl.Waits, func(c suite.Check) *check { return &check{Check: c, Implementation: impl} })
}
