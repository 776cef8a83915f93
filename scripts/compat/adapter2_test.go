package compat

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"

	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/chapters/02-segments/segmentstest"
	"example.com/logbook/final/disk"
)

// etcdTwo is as much of etcd as the suite of chapter 2 can ask: its decoder, which
// decides how a log reads and where it ends, and its Repair. Its log takes records
// of raft only, and what it does with names it does not export.
func etcdTwo(all *mirrors) segmentstest.Implementation {
	read := func(fsys disk.FS, dir string) iter.Seq2[segmentstest.Placed, error] {
		return func(yield func(segmentstest.Placed, error) bool) {
			var recs []segmentstest.Placed
			err := all.call(fsys, dir, 0, func(m *mirror) (err error) {
				recs, err = decode(m.real)
				return err
			})
			for _, r := range recs {
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				yield(segmentstest.Placed{}, err)
			}
		}
	}
	return segmentstest.Implementation{
		Open: func(fsys disk.FS, dir string, size int64) (segmentstest.Log, error) {
			for _, err := range read(fsys, dir) {
				if err != nil {
					return nil, err
				}
			}
			return nil, errors.ErrUnsupported
		},
		Read:      read,
		Repair:    func(fsys disk.FS, dir string) (segmentstest.Report, error) { return repair(all, fsys, dir) },
		ErrNoLog:  os.ErrNotExist,
		ErrTorn:   io.ErrUnexpectedEOF,
		ErrClosed: os.ErrClosed, ErrCorrupt: errCorrupt,
		PlaceOf: func(err error) (segmentstest.Place, bool) {
			e, ok := errors.AsType[*placed](err)
			if !ok {
				return segmentstest.Place{}, false
			}
			return e.place, true
		},
		GapOf: func(error) (segmentstest.Gap, bool) { return segmentstest.Gap{}, false },
	}
}

// errCorrupt is every error of etcd's decoder but io.ErrUnexpectedEOF.
var errCorrupt = errors.New("corrupt")

// placed is an error of etcd's decoder, and where it stood.
type placed struct {
	place segmentstest.Place
	err   error
}

func (e *placed) Error() string { return e.err.Error() }

func (e *placed) Unwrap() error {
	if errors.Is(e.err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	return errCorrupt
}

// decode reads a log as etcd's ReadAll does, but for what the records mean.
func decode(dir string) (recs []segmentstest.Placed, err error) {
	all, err := namesOf(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	var readers []fileutil.FileReader
	for _, name := range all {
		if _, _, ok := segments.ParseName(name); !ok {
			continue
		}
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		names, readers = append(names, name), append(readers, fileutil.NewFileReader(f))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, os.ErrNotExist)
	}
	d, rec, file := wal.NewDecoder(readers...), &walpb.Record{}, -1
	for {
		at := d.LastOffset()
		err := d.Decode(rec)
		if err == nil && rec.GetType() == wal.CrcType {
			if crc := d.LastCRC(); crc != 0 {
				err = rec.Validate(crc)
			}
			d.UpdateCRC(rec.GetCrc())
			file, at = min(file+1, len(names)-1), 0
		}
		switch {
		case errors.Is(err, io.EOF):
			return recs, nil
		case err != nil:
			return recs, &placed{segmentstest.Place{Segment: names[max(file, 0)], Offset: at, Reason: err.Error()}, err}
		}
		r := segmentstest.Record{Type: rec.GetType(), CRC: rec.GetCrc(), Data: rec.Data}
		recs = append(recs, segmentstest.Placed{Record: r, Segment: names[max(file, 0)], Offset: at})
	}
}

// repair is etcd's Repair. It says yes or no; what it did is seen in the files.
func repair(all *mirrors, fsys disk.FS, dir string) (report segmentstest.Report, err error) {
	err = all.call(fsys, dir, 0, func(m *mirror) error {
		before, err := realFiles(m.real)
		if err != nil {
			return err
		}
		if !wal.Repair(nil, m.real) {
			return &placed{segmentstest.Place{Reason: "Repair says no"}, errCorrupt}
		}
		after, err := realFiles(m.real)
		for name, b := range before {
			if len(after[name]) < len(b) {
				end := int64(len(after[name]))
				gone := strings.TrimRight(string(b[end:]), "\x00")
				report = segmentstest.Report{Segment: name, Offset: end, Cut: int64(len(gone)), Copy: name + ".broken", Reason: "Repair says yes"}
			}
		}
		return err
	})
	return report, err
}
