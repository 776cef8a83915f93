package records

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
)

// Verdict is what a look at a whole file concludes about its end.
type Verdict int

const (
	// Clean: every record verifies, and behind the last there are only zeros.
	Clean Verdict = iota

	// Torn: a crash cut off what was being written, and nothing that a sync
	// had finished is missing. The log may be cut at the offset.
	Torn

	// Corrupt: what was durable has changed. Cutting here would destroy what
	// somebody was promised; a person must decide.
	Corrupt
)

// String returns the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Clean:
		return "clean"
	case Torn:
		return "torn"
	}
	return "corrupt"
}

// Finding is the answer of [Judge].
type Finding struct {
	// Verdict is the conclusion.
	Verdict Verdict

	// Offset is where the last good record ends, in bytes from the beginning
	// of the file. Whatever is wrong begins there.
	Offset int64

	// Reason says in words what the verdict rests on.
	Reason string
}

// Judge reads the first size bytes of r to the first place that does not
// verify and says what happened there, by evidence:
//
//   - Records behind that place which still verify, and which could only be
//     written after a sync, prove that the place had been durable: corrupt.
//   - Bytes that a crash alone cannot have left were changed later: corrupt.
//     What a crash does not write is zero, in whole sectors or in a run of
//     8-byte words up to one end of a sector; or it is missing at the end.
//   - Otherwise nothing that was promised can be there: torn.
//
// It holds what is behind the place in memory. The error is one of reading r;
// a file that cannot be read has no verdict.
func Judge(r io.ReaderAt, size int64) (Finding, error) {
	d := NewDecoder(r, size)
	var cause error
	for cause == nil {
		_, cause = d.Next()
	}
	if !aboutContent(cause) {
		return Finding{}, cause
	}
	tail := make([]byte, size-d.Offset())
	if err := d.read(tail, d.Offset()); err != nil {
		return Finding{}, &DecodeError{Offset: d.Offset(), Err: err}
	}
	v, reason := weigh(cause, d.Offset(), tail)
	return Finding{Verdict: v, Offset: d.Offset(), Reason: reason}, nil
}

// aboutContent reports whether a decoder's error says something of the bytes,
// and not of the disk that failed to give them.
func aboutContent(err error) bool {
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, ErrFrame, ErrRecord, ErrCRC} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// weigh decides. cause is what stopped the decoder at the given offset, and
// tail is everything in the file from there on.
//
// The first of these that is true settles it. There are only zeros from here
// on: clean. What survived proves a sync: corrupt. The length word is zero, or
// the file ends inside the frame: torn. The frame's length word or padding is
// one that no writer makes: corrupt. A part of the frame (its length word,
// record and padding) may never have been written: torn. All of it was:
// corrupt. The reason is for a person: what was seen, in a few words.
//
//course:exercise 1.6
func weigh(cause error, at int64, tail []byte) (Verdict, string) {
	switch {
	case cause == io.EOF && allZero(tail):
		return Clean, "the log ends here"
	case provesSync(survivors(tail)):
		return Corrupt, "records behind it prove that it had been synced"
	case cause == io.EOF:
		return Torn, "nothing was written here, though something was behind it"
	case errors.Is(cause, io.ErrUnexpectedEOF):
		return Torn, "the file ends inside the frame"
	case errors.Is(cause, ErrFrame):
		return Corrupt, "no writer and no crash makes such a frame"
	}
	d := NewDecoder(bytes.NewReader(tail), int64(len(tail)))
	if _, end, err := d.readFrame(0); err == nil && crashCanLeave(at, tail[:end]) {
		return Torn, "part of the frame was never written"
	}
	return Corrupt, "all of its bytes were written, and they do not verify"
}

// crashCanLeave reports whether a frame that begins at the given offset of the
// file may look like this because a crash interrupted its writing. Sectors begin
// at multiples of [SectorSize] in the file, and cut the frame into parts. Of a
// part that was not written, or not wholly, a run of zeros reaches to the
// part's first or last byte; it is at least a word of [WordSize] long.
//
//course:exercise 1.6
func crashCanLeave(at int64, frame []byte) bool {
	for len(frame) > 0 {
		n := min(len(frame), SectorSize-int(at%SectorSize))
		part := frame[:n]
		word := min(WordSize, n)
		if allZero(part[:word]) || allZero(part[n-word:]) {
			return true
		}
		frame, at = frame[n:], at+int64(n)
	}
	return false
}

// provesSync reports whether records of these types, in this order, prove that
// a sync has finished since the first of them was written.
//
// A snapshot record is synced before anything is written behind it. A batch of
// entries is written with its hard state behind it, and synced before the next
// batch; so an entry, a hard state behind it, and another entry behind that
// prove that the first one's batch was synced. Other records may stand in
// between. Nothing else proves anything: a hard state that only moves the
// commit index is not synced, and a batch may have many entries.
//
//course:exercise 1.6
func provesSync(types []int64) bool {
	var entry, state bool
	for i, t := range types {
		switch {
		case t == TypeSnapshot && i < len(types)-1, t == TypeEntry && state:
			return true
		case t == TypeEntry:
			entry = true
		case t == TypeState:
			state = entry
		}
	}
	return false
}

// survivors returns the types of the records in tail that can still be told, in
// order.
//
// Behind the first record the chain is broken, so the others are checked in
// pairs: a record's checksum moved on over the next one's data must give the
// next one's checksum. Frames begin at multiples of [WordSize] from the
// beginning of tail.
//
// The first record is the one that failed. If its header can be read, its type
// counts: header and length are words that a crash leaves whole or zero.
func survivors(tail []byte) []int64 {
	d := NewDecoder(bytes.NewReader(tail), int64(len(tail)))
	var types []int64
	if r, _, ok := d.recordAt(0); ok {
		types = append(types, r.Type)
	}
	for at := int64(WordSize); at < d.size; {
		r, end, ok := d.recordAt(at)
		at += WordSize
		for alone := true; ok; alone = false {
			var next Record
			var nextEnd int64
			next, nextEnd, ok = d.recordAt(end)
			if !ok || crc32.Update(r.CRC, castagnoli, next.Data) != next.CRC {
				break
			}
			if alone {
				types = append(types, r.Type)
			}
			types = append(types, next.Type)
			r, end, at = next, nextEnd, nextEnd
		}
	}
	return types
}

// recordAt returns the record at the given offset, of a known type, if there is
// one, and where the frame behind it begins.
func (d *Decoder) recordAt(at int64) (r Record, end int64, ok bool) {
	body, end, err := d.readFrame(at)
	if err != nil {
		return Record{}, 0, false
	}
	r, err = ParseRecord(body)
	return r, end, err == nil && r.Type >= TypeMetadata && r.Type <= TypeSnapshot
}
