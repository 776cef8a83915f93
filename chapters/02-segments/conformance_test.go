package segments_test

import (
	"embed"
	"errors"
	"iter"
	"testing"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/chapters/02-segments/segmentstest"
	"example.com/logbook/chapters/course"
	"example.com/logbook/chapters/course/crashlab"
	"example.com/logbook/final/disk"
)

// sources are this package's own files: they tell which exercises still wait,
// and an edit to any of them makes go test run again.
//
//go:embed *.go
var sources embed.FS

// TestSegments puts this package to the chapter's suite. What the suite needs to
// see in its own types is wrapped here and nowhere else.
func TestSegments(t *testing.T) {
	t.Parallel()
	segmentstest.Run(t, implementation())
}

// TestCrashLab puts this package to the chapter's crash lab.
func TestCrashLab(t *testing.T) {
	t.Parallel()
	segmentstest.Crash(t, implementation())
}

// TestCrashSearch is the longer search of course crash, and skipped without it.
func TestCrashSearch(t *testing.T) {
	crashlab.Search(t, segmentstest.Experiments(implementation()))
}

// implementation is this package as the suite sees it.
func implementation() segmentstest.Implementation {
	return segmentstest.Implementation{
		FormatName: segments.FormatName,
		ParseName:  segments.ParseName,
		Sequence:   segments.Sequence,
		Create: func(fsys disk.FS, dir string, head []segmentstest.Record, size int64) (segmentstest.Log, error) {
			return wrap(segments.Create(fsys, dir, convert(head), &segments.Options{SegmentSize: size}))
		},
		Open: func(fsys disk.FS, dir string, size int64) (segmentstest.Log, error) {
			return wrap(segments.Open(fsys, dir, &segments.Options{SegmentSize: size}))
		},
		Read: func(fsys disk.FS, dir string) iter.Seq2[segmentstest.Placed, error] {
			return placed(segments.Read(fsys, dir))
		},
		Repair: func(fsys disk.FS, dir string) (segmentstest.Report, error) {
			r, err := segments.Repair(fsys, dir)
			return segmentstest.Report(r), err
		},
		ErrNoLog:   segments.ErrNoLog,
		ErrTorn:    segments.ErrTorn,
		ErrCorrupt: segments.ErrCorrupt,
		ErrClosed:  segments.ErrClosed,
		PlaceOf:    placeOf,
		GapOf: func(err error) (segmentstest.Gap, bool) {
			if e, ok := errors.AsType[*segments.GapError](err); ok {
				return segmentstest.Gap(*e), true
			}
			return segmentstest.Gap{}, false
		},
		Waits: course.Waiting(sources),
	}
}

// suiteLog is this package's Log with the suite's types of record.
type suiteLog struct{ *segments.Log }

// wrap is a Log for the suite, or nil if there is none.
func wrap(l *segments.Log, err error) (segmentstest.Log, error) {
	if l == nil {
		return nil, err
	}
	return suiteLog{l}, err
}

// Cut is the Log's.
func (l suiteLog) Cut(index uint64, head []segmentstest.Record) error {
	return l.Log.Cut(index, convert(head))
}

// Records is the Log's.
func (l suiteLog) Records() iter.Seq2[segmentstest.Placed, error] { return placed(l.Log.Records()) }

// convert is a head as this package takes it.
func convert(head []segmentstest.Record) []records.Record {
	var recs []records.Record
	for _, r := range head {
		recs = append(recs, records.Record(r))
	}
	return recs
}

// placed are records as the suite sees them.
func placed(seq iter.Seq2[segments.Record, error]) iter.Seq2[segmentstest.Placed, error] {
	return func(yield func(segmentstest.Placed, error) bool) {
		for r, err := range seq {
			if !yield(segmentstest.Placed{Record: segmentstest.Record(r.Record), Segment: r.Segment, Offset: r.Offset}, err) {
				return
			}
		}
	}
}

// placeOf is what an error says of a place.
func placeOf(err error) (segmentstest.Place, bool) {
	if e, ok := errors.AsType[*segments.TornError](err); ok {
		return segmentstest.Place(*e), true
	}
	if e, ok := errors.AsType[*segments.CorruptError](err); ok {
		return segmentstest.Place(*e), true
	}
	return segmentstest.Place{}, false
}
