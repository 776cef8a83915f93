package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"example.com/logbook/final/wal"
)

// A filter chooses records. The zero value lets all through.
type filter struct {
	types typeSet
	index indexRange
}

// wants tells whether the filter lets a record through. With a range of indexes
// only records that have one come through: entries and snapshots.
func (f *filter) wants(r *wal.Record) bool {
	if len(f.types) > 0 && !f.types[r.Type] {
		return false
	}
	if !f.index.given {
		return true
	}
	switch r.Type {
	case wal.TypeEntry:
		e, err := entryOf(r)
		return err == nil && f.index.holds(e.index)
	case wal.TypeSnapshot:
		s, err := r.Snapshot()
		return err == nil && f.index.holds(s.GetIndex())
	}
	return false
}

// check refuses a filter that lets nothing through, whatever the log holds: its empty
// output would be taken for the log's.
func (f *filter) check() error {
	if f.index.given && len(f.types) > 0 && !f.types[wal.TypeEntry] && !f.types[wal.TypeSnapshot] {
		return &usageError{"dump", "dump: -index is for entries and snapshots, and -type lets through neither"}
	}
	return nil
}

// A typeSet is the value of -type.
type typeSet map[wal.RecordType]bool

// typeNames are the types that a person can ask for.
const typeNames = "metadata,entry,state,crc,snapshot"

// String is for package flag, which prints defaults with it; the help is written by hand.
func (s typeSet) String() string { return "" }

// Set reads a list like "entry,state". Given twice, both hold.
func (s *typeSet) Set(list string) error {
	if *s == nil {
		*s = typeSet{}
	}
	for name := range strings.SplitSeq(list, ",") {
		t, ok := typeNamed(name)
		if !ok {
			return fmt.Errorf("no type %q, want some of %s", name, typeNames)
		}
		(*s)[t] = true
	}
	return nil
}

// typeNamed asks the types for their names, so that no list can go stale.
func typeNamed(name string) (wal.RecordType, bool) {
	for t := wal.TypeMetadata; t <= wal.TypeSnapshot; t++ {
		if t.String() == name {
			return t, true
		}
	}
	return 0, false
}

// An indexRange is the value of -index; both ends belong to it.
type indexRange struct {
	given     bool
	from, end uint64
}

// holds tells whether an index lies in the range.
func (r *indexRange) holds(index uint64) bool { return index >= r.from && index <= r.end }

// String is for package flag, like that of typeSet.
func (r *indexRange) String() string { return "" }

// Set reads "7", "100-200", "100-" or "-200".
func (r *indexRange) Set(s string) error {
	from, end, isRange := strings.Cut(s, "-")
	if !isRange {
		end = from
	}
	r.given, r.from, r.end = true, 0, math.MaxUint64
	for _, p := range []struct {
		text string
		to   *uint64
	}{{from, &r.from}, {end, &r.end}} {
		if p.text == "" {
			continue
		}
		v, err := strconv.ParseUint(p.text, 10, 64)
		if err != nil {
			return fmt.Errorf("want a range like 7, 100-200, 100- or -200")
		}
		*p.to = v
	}
	if s == "" || s == "-" || r.from > r.end {
		return fmt.Errorf("want a range like 7, 100-200, 100- or -200")
	}
	return nil
}
