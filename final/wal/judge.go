package wal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
)

// damage decides what a flaw means, and ends the scan; under Salvage it goes on behind it.
//
// The answer is by evidence, see the package comment: what a crash cannot have left is corrupt, and so is anything with records
// behind it that were synced after it. The rest is torn.
func (s *scanner) damage(f flaw) (*Record, error) {
	torn, reason, err := s.judge(f)
	if err != nil {
		s.failed = readError(s.segs[s.i].Segment.Name, s.off, err)
		return nil, s.failed
	}
	if torn {
		return nil, s.finish(true, reason.Error())
	}
	s.failed = s.corrupt(reason)
	if s.recovery != Salvage {
		if f.kind == badMeaning {
			return &s.rec, s.failed
		}
		return nil, s.failed
	}
	return s.salvage(f)
}

// behind returns where records can be looked for: behind the frame, when its length word was written and does not contradict the
// rest, so that a log in the data of a torn entry is not looked at.
func (s *scanner) behind(f flaw) int64 {
	if f.kind == badRecord || f.kind == badCRC {
		return f.end
	}
	return s.off + wordSize
}

// judge tells whether the log is torn at the scanner's offset, or corrupt, and why.
func (s *scanner) judge(f flaw) (torn bool, reason error, err error) {
	switch {
	case f.kind == badMeaning && s.rec.Type == TypeCRC && s.off == 0 && s.rec.CRC != s.crc:
		foreign, err := s.foreign()
		unclear := fmt.Errorf("%w; either these have lost their end, or this segment is of another log, or a copy of one that is here, and to be moved away", f.reason)
		return false, cmp.Or(foreign, unclear), err
	case f.kind == badMeaning || f.kind == badLength:
		return false, f.reason, nil
	case !s.last():
		return false, fmt.Errorf("%w; a segment with another one behind it was synced as a whole", f.reason), nil
	}
	if reason, err := s.contradicts(f); err != nil || reason != nil {
		return false, reason, err
	}
	reason, err = s.unwritten(f)
	if err != nil || reason == nil {
		return false, fmt.Errorf("%w; every byte of it was written, so that no crash explains it", f.reason), err
	}
	proof, err := s.evidence(s.behind(f))
	if err != nil || proof != "" {
		return false, fmt.Errorf("%w; %s", f.reason, proof), err
	}
	return true, reason, nil
}

// unwritten returns what shows that a part of the frame was never written, or nil if all of it was. What was never written is zero:
// the disk writes sectors whole, but for one that is torn between aligned words.
func (s *scanner) unwritten(f flaw) (error, error) {
	if f.kind == zeroLength {
		return f.reason, nil
	}
	if f.kind == shortFile {
		return f.reason, nil
	}
	for from := s.off; from < f.end; {
		to := min(alignDown(from, sectorSize)+sectorSize, f.end)
		part, err := s.win.at(from, to-from)
		if err != nil {
			return nil, err
		}
		if reason := unwrittenPart(part, from); reason != nil {
			return reason, nil
		}
		from = to
	}
	return s.endsEarly(f)
}

// unwrittenPart looks at the part of a frame that lies in one sector.
func unwrittenPart(part []byte, from int64) error {
	to := from + int64(len(part))
	first := part[:min(int64(len(part)), alignDown(from, wordSize)+wordSize-from)]
	last := part[max(from, alignDown(to-1, wordSize))-from:]
	switch {
	case from%sectorSize == 0 && allZero(first):
		return fmt.Errorf("the sector at %d was written only in part, not at its start", from)
	case allZero(last):
		return fmt.Errorf("the sector at %d was not written, or only in part, not up to %d", alignDown(from, sectorSize), to)
	}
	return nil
}

// foreign looks at the metadata behind a crc record that does not continue the chain, and returns the conflict if it is another
// owner's: then the segment is not damaged, but does not belong here.
func (s *scanner) foreign() (error, error) {
	if !s.check.haveMetadata {
		return nil, nil
	}
	look := newSearch(&s.win, s.rec.End())
	defer look.free()
	next, ok, err := look.follows(found{header: header{crc: s.rec.CRC}, end: s.rec.End()})
	if err != nil || !ok || next.typ != TypeMetadata || bytes.Equal(next.data, s.check.metadata) {
		return nil, err
	}
	return errForeign, nil
}

// contradicts returns the reason if the record begins with a header that names another size than the length word. Both are there, so
// both were written, and one has changed since. A header of which a part is missing cannot be parsed, or names no data at all; a crc
// record has none.
func (s *scanner) contradicts(f flaw) (error, error) {
	if f.kind == zeroLength || s.off+wordSize >= s.win.size { // the length word itself is not there, or cut
		return nil, nil
	}
	b, err := s.win.at(s.off, min(s.win.size-s.off, wordSize+maxHeader))
	if err != nil {
		return nil, err
	}
	size, _, _ := decodeLength(binary.LittleEndian.Uint64(b)) // no error: the word was read before
	b = b[wordSize:]
	h, ok := parseHeader(b[:min(int64(len(b)), size)])
	crc := h.typ == TypeCRC && h.len > 0
	if !crc && (!ok || !h.typ.known() || h.size <= 0) || h.record() == size {
		return nil, nil
	}
	return fmt.Errorf("the length word says %d bytes, the record's own header %d; both were written, so that no crash explains it", size, h.record()), nil
}

// endsEarly tells whether one write was cut short inside the frame's last word: the record's last byte is missing, and nothing was
// ever written behind it.
func (s *scanner) endsEarly(f flaw) (error, error) {
	b, err := s.win.at(s.off, f.end-s.off)
	if err != nil {
		return nil, err
	}
	size, _, _ := decodeLength(binary.LittleEndian.Uint64(b))
	if size == 0 || b[wordSize+size-1] != 0 {
		return nil, nil
	}
	behind, err := s.win.firstNonZero(f.end)
	if err != nil || behind >= 0 {
		return nil, err
	}
	return errors.New("the last byte of the record was never written, and nothing behind it"), nil
}
