package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// search looks behind damage for records that still verify. The chain is broken there, but any two neighbours verify each other:
// the first one's stored checksum, run over the second one's data, gives the second one's.
//
// It goes in steps of eight bytes, so it finds no records of logs older than etcd 3.0, which are not aligned. What it reads is
// bounded: each byte once to look for a length word, and work more to check what looks like a pair. In a log, no byte is
// checked twice; work gives out only on bytes made to look like many overlapping records.
type search struct {
	scan  *window // moves over the file
	probe window  // looks at records
	off   int64
	work  int64
}

// newSearch returns a search that begins at the first aligned offset at or behind from. The caller frees it.
func newSearch(scan *window, from int64) *search {
	s := &search{scan: scan, off: alignUp(from, wordSize), work: 4*(scan.size-from) + windowSize}
	s.probe.borrow()
	s.probe.reset(scan.file, scan.size)
	return s
}

// free ends the search: no data of what it has found may be used behind that.
func (s *search) free() { s.probe.free() }

// found is a record that search has found.
type found struct {
	header
	off, end int64
	data     []byte // valid until the next record is looked at
}

// pair goes to the next two neighbours that verify each other, and returns the first one. ok is false when there are none.
func (s *search) pair() (first found, ok bool, err error) {
	for s.work > 0 {
		if ok, err := s.skip(); err != nil || !ok {
			return found{}, false, err
		}
		first, ok, err := s.look(s.off)
		if err != nil {
			return found{}, false, err
		}
		if ok {
			_, ok, err = s.follows(first)
			if err != nil {
				return found{}, false, err
			}
		}
		if ok {
			first, ok, err = s.load(first)
			return first, ok, err
		}
		s.off += wordSize
	}
	return found{}, false, nil
}

// skip moves on to the next word that could be a length word. ok is false when there is none.
func (s *search) skip() (ok bool, err error) {
	for s.off+2*wordSize <= s.scan.size {
		n := min(alignDown(s.scan.size-s.off, wordSize), windowSize/4)
		b, err := s.scan.at(s.off, n)
		if err != nil {
			return false, err
		}
		for i := int64(0); i+2*wordSize <= n; i += wordSize {
			// Behind a length word stands the tag of a record's first field.
			if b[i+wordSize] == tagRecordType && binary.LittleEndian.Uint64(b[i:]) != 0 {
				s.off += i
				return true, nil
			}
		}
		s.off += n - wordSize
	}
	return false, nil
}

// look reads a frame's length word and header, if there is one at off: one that is all a writer would write, but for its data.
func (s *search) look(off int64) (f found, ok bool, err error) {
	left := s.scan.size - off
	if left < 2*wordSize {
		return f, false, nil
	}
	b, err := s.probe.at(off, min(left, wordSize+maxHeader))
	if err != nil {
		return f, false, err
	}
	size, pad, err := decodeLength(binary.LittleEndian.Uint64(b))
	if err != nil || size == 0 || wordSize+size+pad > left {
		return f, false, nil
	}
	b = b[wordSize:]
	h, ok := parseHeader(b[:min(int64(len(b)), size)])
	if !ok || h.record() != size || !h.typ.known() || (h.typ == TypeCRC) != (h.size < 0) && h.typ != TypeMetadata {
		return f, false, nil
	}
	return found{header: h, off: off, end: off + wordSize + size + pad}, true, nil
}

// load reads a record's data and tells whether it parses.
func (s *search) load(f found) (found, bool, error) {
	if f.size > 0 {
		s.work -= f.size
		data, err := s.probe.at(f.off+wordSize+int64(f.len), f.size)
		if err != nil {
			return f, false, err
		}
		f.data = data
	}
	return f, parses(f.typ, f.data), nil
}

// follows returns the record behind another one, if there is one whose checksum continues the other one's.
func (s *search) follows(f found) (next found, ok bool, err error) {
	next, ok, err = s.look(f.end)
	if err != nil || !ok {
		return next, false, err
	}
	next, ok, err = s.load(next)
	if err != nil || !ok {
		return next, false, err
	}
	return next, crc32.Update(f.crc, castagnoli, next.data) == next.crc, nil
}

// parses tells whether data is what a record of the type can hold.
func parses(typ RecordType, data []byte) bool {
	switch typ {
	case TypeEntry:
		var e entryFields
		return e.parse(data) == nil
	case TypeState:
		var s stateFields
		return s.parse(data) == nil
	case TypeSnapshot:
		var s snapshotFields
		return s.parse(data) == nil
	}
	return true
}

// evidence looks behind the scanner's offset for records that prove that what stood there had been synced, and returns the proof, or "".
func (s *scanner) evidence(from int64) (string, error) {
	look := newSearch(&s.win, from)
	defer look.free()
	w := witness{check: &s.check}
	// The record at the offset may be the first witness. A crash leaves its length word and the word behind whole or zero, so a
	// header that can be read is the one that was written, whatever is missing of the data.
	own, ok, err := look.look(s.off)
	if err != nil {
		return "", err
	}
	if ok {
		w.is(own.header, s.off)
	}
	for {
		f, ok, err := look.pair()
		if err != nil || !ok {
			if look.work <= 0 {
				return "behind it lies more that looks like records than can be checked", err
			}
			return "", err
		}
		for ok {
			if proof := w.sees(f); proof != "" {
				return proof, nil
			}
			// Go on behind a record that verifies, never inside: its data may be a copy of a log.
			look.off = f.end
			f, ok, err = look.follows(f)
			if err != nil {
				return "", err
			}
		}
	}
}

// witness watches the records behind damage for what only a log shows that was synced in between.
//
// A Save writes its entries, then its hard state, and is synced if it has entries. So an entry, a hard state, an entry prove
// that the first entry's Save was over, and synced, before the second entry's began. SaveSnapshot always syncs, so anything
// behind its record proves the same. Hard states alone prove nothing: one that only moves commit is not synced.
type witness struct {
	check    *checker
	entry    bool  // seen
	state    bool  // seen behind it
	snapshot int64 // offset of one that was seen, or 0
}

// sees takes the next record and returns the proof once there is one. Only what is newer than all that was read counts, so that the
// copy of an older log in the data of a torn entry does not.
func (w *witness) sees(f found) string {
	if w.snapshot > 0 {
		return fmt.Sprintf("the record at offset %d, intact, was written after the snapshot record at %d was synced", f.off, w.snapshot)
	}
	switch f.typ {
	case TypeEntry:
		if w.newEntry(f.data) && w.state {
			return fmt.Sprintf("the entry at offset %d, intact, belongs to a Save that began after this record was synced", f.off)
		}
		w.entry = w.entry || w.newEntry(f.data)
	case TypeState:
		w.state = w.entry
	case TypeSnapshot:
		var s snapshotFields
		if s.parse(f.data) == nil && w.newSnapshot(s) {
			w.snapshot = f.off
		}
	}
	return ""
}

// is takes the record that failed, of which only the header is known.
func (w *witness) is(h header, off int64) {
	switch h.typ {
	case TypeEntry:
		w.entry = true
	case TypeSnapshot:
		w.snapshot = off
	}
}

// newSnapshot tells whether a snapshot is newer than those read, and of this log: the term of the entry that it ends at is the log's.
func (w *witness) newSnapshot(s snapshotFields) bool {
	term, ok := w.check.log.at(s.index)
	return s.index > w.check.snapshot && (!ok || term == s.term)
}

// newEntry tells whether an entry lies behind the last one read, or overwrites it as a newer leader may.
func (w *witness) newEntry(data []byte) bool {
	var e entryFields
	if e.parse(data) != nil {
		return false
	}
	return e.index > w.check.log.last || e.term > w.check.log.lastTerm() && e.index > w.check.commit
}
