package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
)

// castagnoli is the polynomial of every checksum in the format.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Tail says where a log was found to end.
type Tail struct {
	// Segment is the name of the last file read.
	Segment string

	// Offset is where the last good record ends, and the next one goes.
	Offset int64

	// CRC is the running checksum there.
	CRC uint32

	// Torn tells that the log ends at Offset in something unfinished. If a crash left it, it was never acknowledged.
	Torn bool

	// Head tells that what is torn is the head of a segment, its crc and metadata records. A crash alone does not leave
	// that: what the segment held may have been acknowledged, and be lost.
	Head bool

	// Reason says by what it is seen to be torn.
	Reason string

	// Copy is the file that holds what ReadAll of a log open for writing has cut off at Offset; empty if that was nothing but zeros.
	Copy string
}

// scanner reads the records of consecutive segments, checks all that can be checked, and judges what it cannot read.
type scanner struct {
	segs     []file
	recovery Recovery
	logger   *slog.Logger

	i       int    // segs[i] is being read
	off     int64  // of the next frame in it
	chained bool   // crc is the running checksum: some CRC record has seeded it
	crc     uint32 // the running checksum
	win     window
	check   checker
	rec     Record
	tail    Tail
	ended   bool  // tail says where
	failed  error // the error that ended it, returned again
}

// newScanner returns a scanner at the start of the first of the given segments.
func newScanner(segs []file, opts *Options) *scanner {
	s := &scanner{segs: segs, recovery: opts.Recovery, logger: opts.Logger}
	s.enter(0)
	return s
}

// enter goes to the start of a segment.
func (s *scanner) enter(i int) {
	s.i, s.off = i, 0
	s.win.reset(s.segs[i].File, s.segs[i].Segment.Size)
	s.check.begin()
}

// last tells whether the segment being read is the last. Only there can a record be torn: every other was synced as a whole
// before the next one got its name.
func (s *scanner) last() bool { return s.i == len(s.segs)-1 }

// flaw is what is wrong with the frame at the scanner's offset.
type flaw struct {
	kind   flawKind
	reason error
	end    int64 // of the frame, if all of it is there
}

// flawKind orders flaws by how far reading the frame got.
type flawKind int

const (
	noFlaw     flawKind = iota
	zeroLength          // the length word is zero, and something else is behind
	badLength           // the length word is one that is never written
	shortFile           // the file ends inside the frame
	badRecord           // the record cannot be parsed
	badCRC              // the checksum does not fit
	badMeaning          // the checksum fits, and the record cannot be
	endOfFile           // no flaw: nothing but zeros until the end
)

// next returns the next record. The error is io.EOF at the end of the log, then s.tail says where that is; or a
// *CorruptError or *TornError; or a read error. Under Salvage, next may be called again after damage.
func (s *scanner) next() (*Record, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	if s.plain() {
		return &s.rec, nil
	}
	return s.careful()
}

// careful is next for any record there may be.
func (s *scanner) careful() (*Record, error) {
	for {
		f, err := s.frame()
		switch {
		case err != nil:
			s.failed = readError(s.segs[s.i].Segment.Name, s.off, err)
			return nil, s.failed
		case f.kind == noFlaw:
			s.off = s.rec.End()
			return &s.rec, nil
		case f.kind != endOfFile:
			return s.damage(f)
		case s.last():
			return nil, s.finish(false, "")
		case s.check.headless():
			return s.damage(flaw{kind: badLength, reason: s.noHead()})
		}
		s.enter(s.i + 1)
	}
}

// noHead is the reason why a segment that ends before its head does is corrupt. Named here, the damage is not blamed on the
// segment behind it, whose checksum does not fit then.
func (s *scanner) noHead() error {
	if s.check.segment == 0 {
		return errors.New("the segment holds no record, but another one stands behind it")
	}
	return errors.New("the segment ends before its metadata, but another one stands behind it")
}

// frame reads the frame at s.off into s.rec.
func (s *scanner) frame() (flaw, error) {
	left := s.win.size - s.off
	b, err := s.win.at(s.off, min(left, wordSize))
	if err != nil {
		return flaw{}, err
	}
	if len(b) < wordSize {
		if allZero(b) {
			return flaw{kind: endOfFile}, nil
		}
		return s.cut(left), nil
	}
	word := binary.LittleEndian.Uint64(b)
	if word == 0 {
		return s.zeroLength()
	}
	size, pad, err := decodeLength(word)
	if err != nil {
		return flaw{kind: badLength, reason: err}, nil
	}
	whole := wordSize + size + pad
	if whole > left {
		return s.cut(whole), nil
	}
	b, err = s.win.at(s.off, whole)
	if err != nil {
		return flaw{}, err
	}
	return s.record(b, b[wordSize:wordSize+size]), nil
}

// cut is the flaw of a frame that is longer than what is left of the file.
func (s *scanner) cut(whole int64) flaw {
	if s.win.size-s.off < wordSize {
		return flaw{kind: shortFile, reason: fmt.Errorf("the file ends at %d, inside a length word", s.win.size)}
	}
	return flaw{kind: shortFile, reason: fmt.Errorf("the file ends at %d, inside a frame of %d bytes", s.win.size, whole)}
}

// zeroLength looks behind a length word of zero. Nothing but zeros is the normal end: space reserved ahead.
func (s *scanner) zeroLength() (flaw, error) {
	i, err := s.win.firstNonZero(s.off)
	if err != nil || i < 0 {
		return flaw{kind: endOfFile}, err
	}
	return flaw{kind: zeroLength, reason: fmt.Errorf("the length word is zero, but bytes were written behind it, the first at offset %d", i)}, nil
}

// record checks a frame's record, given both as bytes, and makes it s.rec.
func (s *scanner) record(frame, b []byte) flaw {
	end := s.off + int64(len(frame))
	h, data, err := parseRecord(b)
	if err != nil {
		return flaw{badRecord, err, end}
	}
	crc := s.crc
	switch {
	case h.typ == TypeCRC && !s.chained:
		// The first of all has nothing to be compared with. Damage to it shows at the record behind it.
		crc = h.crc
	case h.typ != TypeCRC:
		crc = crc32.Update(crc, castagnoli, data)
	}
	s.rec = Record{Segment: s.segs[s.i].Segment.Name, Offset: s.off, Size: int64(len(frame)), Type: h.typ, CRC: h.crc, Data: data}
	if crc != h.crc {
		if h.typ == TypeCRC {
			return flaw{badMeaning, fmt.Errorf("checksum is %08x, but the records before it end with %08x", h.crc, crc), end}
		}
		return flaw{badCRC, fmt.Errorf("checksum is %08x, the bytes give %08x", h.crc, crc), end}
	}
	if err := s.meaning(frame[wordSize+len(b):]); err != nil {
		return flaw{badMeaning, err, end}
	}
	s.crc, s.chained = crc, true
	return flaw{}
}

// meaning checks s.rec, whose checksum fits, and the padding, which has none.
func (s *scanner) meaning(padding []byte) error {
	switch {
	case !allZero(padding):
		return errors.New("padding is not zero")
	case !s.chained && s.rec.Type != TypeCRC:
		return fmt.Errorf("the first record is of type %v, not crc; the record's type may have changed", s.rec.Type)
	case s.off == 0 && s.i > 0:
		if err := s.checkName(); err != nil {
			return err
		}
	}
	return s.check.check(&s.rec)
}

// checkName compares the index in the present segment's name with the log before it: the next entry's, or a lower one. Who looks for the segment of a
// snapshot goes by names, and the segments to come are named behind this one. A name that is too low cannot be told from those that etcd gives (W04).
func (s *scanner) checkName() error {
	seg, next := s.segs[s.i].Segment, max(s.check.log.highest(), s.check.snapshot)+1
	if !s.check.log.known() || s.check.loose || seg.Index <= max(s.segs[s.i-1].Segment.Index, next) {
		return nil
	}
	return fmt.Errorf("%w: it says that the segment begins at entry %d, but the log before it ends at %d; call it %s again",
		ErrMisnamed, seg.Index, next-1, formatName(seg.Seq, next))
}

// Reasons that are more than what the torn bytes look like.
const (
	reasonNoMetadata = "the log holds no metadata: nothing of it can be used"
	reasonHead       = "the segment's head is not whole; a crash alone does not leave this, since the head is synced before the segment gets its name"
)

// finish ends the scan and notes where. A log that ends well may still be too short. Without metadata nobody knows whose log it is, and
// a node that took it for an empty one would forget its vote: that is an error whatever the mode, but for Salvage.
func (s *scanner) finish(torn bool, reason string) error {
	head := s.check.headless()
	switch {
	case !s.check.haveMetadata:
		torn, reason = true, reasonNoMetadata
	case head:
		torn, reason = true, reasonHead
	}
	s.tail = Tail{Segment: s.segs[s.i].Segment.Name, Offset: s.off, CRC: s.crc, Torn: torn, Head: head, Reason: reason}
	s.ended, s.failed = true, io.EOF
	if reason := s.check.missing(); reason != "" {
		missing := s.corrupt(errors.New(reason))
		if s.recovery != Salvage {
			s.failed = missing
		}
		return missing
	}
	if !torn {
		return io.EOF
	}
	s.logger.Info("log ends in a torn record", "segment", s.tail.Segment, "offset", s.tail.Offset, "reason", reason)
	if s.recovery == Strict || !s.check.haveMetadata && s.recovery != Salvage {
		s.failed = &TornError{Segment: s.tail.Segment, Offset: s.tail.Offset, Reason: reason}
	}
	return s.failed
}

// corrupt returns the error for the present offset.
func (s *scanner) corrupt(reason error) error {
	e := &CorruptError{Segment: s.segs[s.i].Segment.Name, Offset: s.off, Reason: reason.Error()}
	for _, sentinel := range []error{ErrMetadataConflict, ErrMisnamed, ErrSliceOutOfRange} {
		if errors.Is(reason, sentinel) {
			e.Err = sentinel
		}
	}
	return e
}
