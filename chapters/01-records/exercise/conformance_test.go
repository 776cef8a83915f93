package records_test

import (
	"embed"
	"errors"
	"io"
	"testing"

	records "example.com/logbook/chapters/01-records/exercise"
	"example.com/logbook/chapters/01-records/recordstest"
	"example.com/logbook/chapters/course"
)

// sources are this package's own files: they tell which exercises still wait,
// and an edit to any of them makes go test run again.
//
//go:embed *.go
var sources embed.FS

// TestRecords puts this package to the chapter's suite. What the suite needs to
// see in its own types is wrapped here and nowhere else.
func TestRecords(t *testing.T) {
	t.Parallel()
	recordstest.Run(t, implementation())
}

// TestCrash puts this package to the chapter's crash lab.
func TestCrash(t *testing.T) {
	t.Parallel()
	recordstest.Crash(t, implementation())
}

// implementation is this package as the suite sees it.
func implementation() recordstest.Implementation {
	return recordstest.Implementation{
		EncodeLength: records.EncodeLength,
		DecodeLength: records.DecodeLength,
		AppendRecord: func(b []byte, r recordstest.Record) []byte {
			return records.AppendRecord(b, records.Record(r))
		},
		ParseRecord: func(b []byte) (recordstest.Record, error) {
			r, err := records.ParseRecord(b)
			return recordstest.Record(r), err
		},
		NewPageWriter: func(w io.Writer, offset int64) recordstest.PageWriter {
			return records.NewPageWriter(w, offset)
		},
		NewEncoder: func(w io.Writer, crc uint32, offset int64) recordstest.Encoder {
			return records.NewEncoder(w, crc, offset)
		},
		NewDecoder: func(r io.ReaderAt, size int64) recordstest.Decoder {
			return decoder{records.NewDecoder(r, size)}
		},
		Judge: func(r io.ReaderAt, size int64) (recordstest.Finding, error) {
			f, err := records.Judge(r, size)
			return recordstest.Finding{Verdict: int(f.Verdict), Offset: f.Offset, Reason: f.Reason}, err
		},
		ErrFrame:  records.ErrFrame,
		ErrRecord: records.ErrRecord,
		ErrCRC:    records.ErrCRC,
		ErrorOffset: func(err error) (int64, bool) {
			if e, ok := errors.AsType[*records.DecodeError](err); ok {
				return e.Offset, true
			}
			return 0, false
		},
		Waits: course.Waiting(sources),
	}
}

// decoder is this package's Decoder with the suite's type of record.
type decoder struct{ *records.Decoder }

// Next is the Decoder's.
func (d decoder) Next() (recordstest.Record, error) {
	r, err := d.Decoder.Next()
	return recordstest.Record(r), err
}
