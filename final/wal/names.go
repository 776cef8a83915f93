package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"example.com/logbook/final/internal/remedy"
)

// Segment is one file of a log.
type Segment struct {
	// Name is the file's name: Seq and Index as 16 lower-case hexadecimal digits each.
	Name string

	// Seq counts the segments of a log from 0.
	Seq uint64

	// Index is the raft index that the next entry had when the segment was begun. Entries in it may be older, when
	// they overwrite.
	Index uint64

	// Size is the size of the file, zeros reserved behind the last record included.
	Size int64
}

// Segment names; part of the format: %016x-%016x.wal.
const (
	hexDigits  = 16
	suffix     = ".wal"
	nameLength = hexDigits + 1 + hexDigits + len(suffix)
)

// formatName returns a segment's name.
func formatName(seq, index uint64) string { return fmt.Sprintf("%016x-%016x%s", seq, index, suffix) }

// parseName reads a segment's name, to the letter: a copy that someone has put beside it under a similar name is none.
func parseName(name string) (seq, index uint64, ok bool) {
	if len(name) != nameLength || name[hexDigits] != '-' || !strings.HasSuffix(name, suffix) {
		return 0, 0, false
	}
	seq, okSeq := parseHex(name[:hexDigits])
	index, okIndex := parseHex(name[hexDigits+1 : nameLength-len(suffix)])
	return seq, index, okSeq && okIndex
}

// parseHex reads lower-case hexadecimal digits and nothing else.
func parseHex(s string) (uint64, bool) {
	if strings.Trim(s, "0123456789abcdef") != "" {
		return 0, false
	}
	v, err := strconv.ParseUint(s, 16, 64)
	return v, err == nil
}

// list returns the segments of a folder in order, and the names of files that look like segments and are none.
func (f *folder) list() (segs []Segment, strange []string, err error) {
	files, err := f.List(f.dir)
	if err != nil {
		return nil, nil, folderError(f.name, err)
	}
	for _, file := range files {
		seq, index, ok := parseName(file.Name())
		switch {
		case ok: // a folder of this name, too: it cannot be opened, and a log that reads as if it were not there may be shorter than it was
			segs = append(segs, Segment{Name: file.Name(), Seq: seq, Index: index})
		case strings.HasSuffix(file.Name(), suffix):
			strange = append(strange, file.Name())
		}
	}
	return segs, strange, nil
}

// pick returns the number of the segment to begin at for a snapshot of the given index: the last before the first that
// begins behind it. Names that go backwards, which etcd has written, make no difference to it. -1 if even the first begins
// behind.
func pick(segs []Segment, index uint64) int {
	for i := range segs {
		if segs[i].Index > index {
			return i - 1
		}
	}
	return len(segs) - 1
}

// checkSequence tells where segments are missing, all such places: the first may be the stray's that is not where it belongs, and another where it does; or of
// the first segment that is there twice.
func checkSequence(dir string, segs []Segment) error {
	var gaps []string
	for i := 1; i < len(segs); i++ {
		before := segs[i-1]
		if segs[i].Seq == before.Seq {
			return &doubledError{dir, before.Name, segs[i].Name}
		}
		if segs[i].Seq != before.Seq+1 {
			gaps = append(gaps, fmt.Sprintf("between %s and %s", before.Name, segs[i].Name))
		}
	}
	if len(gaps) == 0 {
		return nil
	}
	return fmt.Errorf("wal: %s: %w: %s; put the missing files back; or, if nothing is missing, and a file there is a copy, misnamed, or of another log, give it its name or move it away; if files are gone for good, %s",
		dir, ErrSequence, strings.Join(gaps, ", and "), remedy.Replace)
}

// doubledError is two segments of one number. It is an [ErrSequence], but no gap.
type doubledError struct{ dir, one, two string }

// Error names both, and what to do.
func (e *doubledError) Error() string {
	return fmt.Sprintf("wal: %s: %s and %s have the same sequence number: one of them is a copy, or of another log; move it away", e.dir, e.one, e.two)
}

// Unwrap returns [ErrSequence].
func (e *doubledError) Unwrap() error { return ErrSequence }

// unbroken drops the segments before the last gap in front of the given one, and returns its new number.
func unbroken(segs []Segment, first int) (int, []Segment) {
	from := first
	for from > 0 && segs[from-1].Seq+1 == segs[from].Seq {
		from--
	}
	return first - from, segs[from:]
}

// Exist tells whether a folder holds a log: at least one file with a segment's name. A folder that is not there holds none;
// one that cannot be read is an error.
func Exist(dir string, opts *Options) (bool, error) {
	o := opts.orDefault()
	f, err := openFolder(dir, &o)
	if err != nil {
		err = folderError(dir, err)
	} else {
		defer f.release()
		var segs []Segment
		segs, _, err = f.list()
		if err == nil {
			return len(segs) > 0, nil
		}
	}
	if isNotExist(err) {
		return false, nil
	}
	return false, err
}

// isNotExist tells whether a file or folder is not there, as opposed to out of reach.
func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
