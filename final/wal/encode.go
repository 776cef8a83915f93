package wal

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

const (
	// flushSize is how much the encoder holds before it writes. More would leave the processor's cache before the kernel has copied it.
	flushSize = 128 << 10

	// directSize is from what size on an entry's data is written from where the caller has it, and not copied.
	directSize = 64 << 10

	// checksumStep is how much is checksummed at once: Go's CRC-32C reads larger pieces as three streams, which is half as fast on memory
	// that is not in the cache.
	checksumStep = 1 << 10
)

// encoder appends frames to a file. They are held in one buffer, used again and again, until it is large or flush is called. After an error
// the encoder is of no use any more.
type encoder struct {
	file  disk.File
	off   int64  // where in the file the buffer goes
	crc   uint32 // the running checksum
	buf   []byte
	pages pages
	wrote func(bytes int) // told of each write
}

// reset goes on in another file, or at another place of it.
func (e *encoder) reset(file disk.File, off int64, crc uint32) {
	e.file, e.off, e.crc, e.buf, e.pages = file, off, crc, e.buf[:0], pages{written: off}
}

// seed appends the record that a segment begins with: the running checksum, and no data.
func (e *encoder) seed() error { return e.frame(TypeCRC, false, nil, nil) }

// record appends a record. Nil data is left out, empty data is not.
func (e *encoder) record(typ RecordType, data []byte) error {
	return e.frame(typ, data != nil, nil, data)
}

// entry appends an entry to the byte as proto.Marshal would, if it has no unknown fields.
func (e *encoder) entry(m *raftpb.Entry) error {
	var scratch [maxEntryHeader]byte
	head := appendEntryHeader(scratch[:0], m)
	if len(m.Data) >= directSize {
		return e.large(head, m.Data)
	}
	return e.frame(TypeEntry, true, head, m.Data)
}

// state appends a hard state.
func (e *encoder) state(s *stateFields) error {
	var scratch [maxState]byte
	return e.frame(TypeState, true, s.append(scratch[:0]), nil)
}

// frame appends a frame whose record's data is given in two parts. The data is put where it belongs if the checksum takes five bytes, as 15 of
// 16 do, and moved if not: so it is checksummed where it is hot.
func (e *encoder) frame(typ RecordType, hasData bool, head, tail []byte) error {
	n, start := len(head)+len(tail), len(e.buf)
	at := start + wordSize + recordHeader(n, hasData, maxCRC)
	e.buf = slices.Grow(e.buf, at+n+wordSize-start)[:at+n]
	e.checksum(e.buf[at:], head, tail)
	if less := maxCRC - varintSize(uint64(e.crc)); less > 0 {
		copy(e.buf[at-less:], e.buf[at:])
		e.buf = e.buf[:len(e.buf)-less]
	}
	size := int64(len(e.buf) - start - wordSize)
	e.header(e.buf[start:start], typ, size, n, hasData)
	return e.pad(size)
}

// checksum copies the two parts into b and runs the checksum over them.
func (e *encoder) checksum(b, head, tail []byte) {
	copy(b, head)
	if len(b) <= checksumStep {
		copy(b[len(head):], tail)
		e.crc = crc32.Update(e.crc, castagnoli, b)
		return
	}
	e.crc = crc32.Update(e.crc, castagnoli, b[:len(head)])
	for b = b[len(head):]; len(b) > 0; {
		step := copy(b[:min(checksumStep, len(b))], tail)
		e.crc = crc32.Update(e.crc, castagnoli, b[:step])
		b, tail = b[step:], tail[step:]
	}
}

// large appends the frame of an entry whose data is written from where it is.
func (e *encoder) large(head, data []byte) error {
	start, n := len(e.buf), len(head)+len(data)
	// The head goes through the buffer, because what is given to the checksum escapes to the heap.
	e.buf = append(e.buf, head...)
	crc := crc32.Update(e.crc, castagnoli, e.buf[start:])
	for rest := data; len(rest) > 0; {
		step := min(checksumStep, len(rest))
		crc = crc32.Update(crc, castagnoli, rest[:step])
		rest = rest[step:]
	}
	e.crc = crc
	size := int64(recordHeader(n, true, varintSize(uint64(crc))) + n)
	e.buf = e.header(e.buf[:start], TypeEntry, size, n, true)
	e.buf = append(e.buf, head...)
	if err := e.flush(); err != nil {
		return err
	}
	if err := e.write(data); err != nil {
		return err
	}
	return e.pad(size)
}

// header appends length word and record header, as far as the data.
func (e *encoder) header(b []byte, typ RecordType, size int64, n int, hasData bool) []byte {
	b = binary.LittleEndian.AppendUint64(b, encodeLength(size))
	b = binary.AppendUvarint(append(b, tagRecordType, byte(typ), tagRecordCRC), uint64(e.crc))
	if hasData {
		b = binary.AppendUvarint(append(b, tagRecordData), uint64(n))
	}
	return b
}

// pad ends a frame whose record has the given size.
func (e *encoder) pad(size int64) error {
	pad := alignUp(size, wordSize) - size
	e.buf = binary.LittleEndian.AppendUint64(e.buf, 0)
	e.buf = e.buf[:len(e.buf)-wordSize+int(pad)]
	e.pages.write(wordSize)
	e.pages.write(size + pad)
	if len(e.buf) < flushSize {
		return nil
	}
	return e.flush()
}

// flush hands what the encoder holds to the kernel.
func (e *encoder) flush() error {
	if len(e.buf) == 0 {
		return nil
	}
	b := e.buf
	e.buf = e.buf[:0]
	return e.write(b)
}

// write writes behind what was written.
func (e *encoder) write(b []byte) error {
	n, err := e.file.WriteAt(b, e.off)
	e.off += int64(n)
	e.wrote(n)
	return err
}

// recordHeader returns the size of what stands in a record before n bytes of data.
func recordHeader(n int, hasData bool, crc int) int {
	size := 2 + 1 + crc
	if hasData {
		size += 1 + varintSize(uint64(n))
	}
	return size
}

// maxCRC is the size of most checksums as a varint.
const maxCRC = 5

// varintSize returns the size of a varint.
func varintSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

// pages follows how far etcd would have written the same frames: it holds them back until they fill pages (PageWriter in
// pkg/ioutil/pagewriter.go at tag v3.7.3), and begins a new segment when what is written, not what is held, has passed the segment's size. For
// the same calls, segments end at the same record only if that is done here too.
type pages struct{ written, held int64 }

const (
	pageSize  = disk.PageSize
	watermark = 128 << 10
)

// write adds n bytes.
func (p *pages) write(n int64) {
	if p.held+n <= watermark {
		p.held += n
		return
	}
	if slack := alignUp(p.written+p.held, pageSize) - p.written - p.held; slack > 0 {
		slack = min(slack, n)
		p.held, n = p.held+slack, n-slack
		if n == 0 && (p.written+p.held)%pageSize != 0 {
			return
		}
	}
	p.flush()
	if n > pageSize {
		p.written += alignDown(n, pageSize)
		n -= alignDown(n, pageSize)
	}
	p.held = n
}

// flush writes what is held.
func (p *pages) flush() { *p = pages{written: p.written + p.held} }
