package wal

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"
)

// plain reads the frame at the scanner's offset if it is what nearly all are: an entry, written as every writer writes it, of the term of the last one and
// behind it. It proves as much about it as frame and check do, which decide about all the rest: where the least thing differs, it has changed nothing but c.entry, which they set anew.
//
// Behind the head of its segment the chain is seeded. Where no entry is known, the last one's term is 0, and none has that. And an entry that follows it overwrites nothing, brings back
// no other log and has no higher term.
func (s *scanner) plain() bool {
	c, i := &s.check, s.off-s.win.off
	if i < 0 || i+plainRoom > int64(len(s.win.buf)) || c.segment < 2 {
		return false
	}
	data, size, crc := c.entry.plain(s.win.buf[i:])
	if size == 0 || c.entry.index != c.log.last+1 || c.entry.term != c.log.lastTerm() || crc32.Update(s.crc, castagnoli, data) != crc {
		return false
	}
	r := &s.rec
	r.Segment, r.Offset, r.Size, r.Type, r.CRC, r.Data = s.segs[s.i].Segment.Name, s.off, size, TypeEntry, crc, data
	s.off, s.crc = s.off+size, crc
	c.append(r)
	return true
}

// append follows the entry that was parsed last, as check does.
func (c *checker) append(r *Record) {
	c.segment++
	c.proof.take(r)
	c.dropped, c.reverted, c.loose = false, false, false
	c.log.last = c.entry.index
	c.youngest.put(c.entry.shape())
}

// plainRoom is how many bytes from a frame's offset on are looked at whatever it holds: the length word, the header, an entry up to its data, and what is
// read beyond a varint.
const plainRoom = wordSize + maxHeader + maxEntryHeader + wordSize

// plainHead is how the record of an entry begins.
const plainHead = uint64(tagRecordType) | uint64(TypeEntry)<<8 | uint64(tagRecordCRC)<<16

// plain parses the entry of the frame at the start of b, and returns the record's data, the frame's size and the record's checksum. All that the checksum
// does not cover is compared with the one way to write it. The size is 0 if anything is not as most writers write it: fields in order, varints short,
// the entry's own data to the end.
func (e *entryFields) plain(b []byte) (data []byte, size int64, crc uint32) {
	word := binary.LittleEndian.Uint64(b)
	end := wordSize + int64(word&sizeMask)
	size = alignUp(end, wordSize)
	if encodeLength(end-wordSize) != word || size > int64(len(b)) || binary.LittleEndian.Uint64(b[wordSize:])&0xffffff != plainHead {
		return nil, 0, 0
	}
	if padding := uint64(size - end); binary.LittleEndian.Uint64(b[size-wordSize:])>>(8*(wordSize-padding)) != 0 {
		return nil, 0, 0
	}
	sum, n := shortest(b[wordSize+3:])
	at := wordSize + 3 + n
	length, m := short(b[at+1:])
	if n == 0 || m == 0 || sum > math.MaxUint32 || b[at] != tagRecordData || int64(length) != end-at-1-m {
		return nil, 0, 0
	}
	at += 1 + m
	if !e.plainFields(b, at, end) {
		return nil, 0, 0
	}
	return b[at:end:end], size, uint32(sum)
}

// plainFields parses the entry from one offset of b to another.
func (e *entryFields) plainFields(b []byte, at, end int64) bool {
	e.typ, e.hasType, e.data = 0, false, nil
	if b[at] == tag1 {
		e.typ, e.hasType = uint64(b[at+1]), true
		at += 2
	}
	term, n := short(b[at+1:])
	next := at + 1 + n
	index, m := shortest(b[next+1:])
	if n == 0 || m == 0 || b[at] != tag2 || b[next] != tag3 || term == 0 || index == 0 || e.typ > maxEntryType {
		return false
	}
	e.term, e.index = term, index
	if at = next + 1 + m; at == end {
		return true
	}
	length, n := short(b[at+1:])
	if n == 0 || b[at] != tagData || int64(length) != end-at-1-n {
		return false
	}
	e.data = b[at+1+n : end : end]
	return true
}

// short is shortest for what nearly always is one byte.
func short(b []byte) (v uint64, n int64) {
	if b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return shortest(b)
}

// shortest reads a varint of at most eight bytes; n is 0 if there is none, or it could be shorter. b has eight bytes at least.
func shortest(b []byte) (v uint64, n int64) {
	v = binary.LittleEndian.Uint64(b)
	stop := ^v & 0x8080808080808080 // the highest bit of the last byte, first of all; none if there are eight bytes more
	bytes := bits.TrailingZeros64(stop) / 8
	v &= stop ^ (stop - 1)
	if v>>(8*bytes) == 0 && bytes > 0 {
		return 0, 0
	}
	v = v&0x007f007f007f007f | v&0x7f007f007f007f00>>1
	v = v&0x00003fff00003fff | v&0x3fff00003fff0000>>2
	return v&0x0fffffff | v&0x0fffffff00000000>>4, int64(bytes) + 1
}
