package layout

import (
	"encoding/binary"
	"hash/crc32"
)

// A builder writes segments by hand: tests of a dump must not depend on an
// encoder that could share its mistakes.
type builder struct {
	b   []byte
	crc uint32
}

// record appends a whole frame. A nil data is left out.
func (w *builder) record(typ byte, data []byte) *builder {
	w.crc = crc32.Update(w.crc, crc32.MakeTable(crc32.Castagnoli), data)
	rec := binary.AppendUvarint([]byte{0x08, typ, 0x10}, uint64(w.crc))
	if data != nil {
		rec = append(binary.AppendUvarint(append(rec, 0x1a), uint64(len(data))), data...)
	}
	return w.frame(rec)
}

func (w *builder) frame(rec []byte) *builder {
	word := uint64(len(rec))
	pad := -len(rec) & 7
	if pad > 0 {
		word |= uint64(0x80|pad) << 56
	}
	w.b = append(binary.LittleEndian.AppendUint64(w.b, word), rec...)
	w.b = append(w.b, make([]byte, pad)...)
	return w
}

func (w *builder) bytes(b ...byte) *builder {
	w.b = append(w.b, b...)
	return w
}

func (w *builder) zeros(n int) *builder { return w.bytes(make([]byte, n)...) }

// entry is an Entry as etcd 3.7 writes it: no type, since it is a normal one.
func entry(term, index uint64, data string) []byte {
	b := binary.AppendUvarint([]byte{0x10}, term)
	b = binary.AppendUvarint(append(b, 0x18), index)
	b = binary.AppendUvarint(append(b, 0x22), uint64(len(data)))
	return append(b, data...)
}

// state is a HardState as every etcd writes it: all three fields.
func state(term, vote, commit uint64) []byte {
	b := binary.AppendUvarint([]byte{0x08}, term)
	b = binary.AppendUvarint(append(b, 0x10), vote)
	return binary.AppendUvarint(append(b, 0x18), commit)
}

// head is how every segment begins.
func head() *builder { return new(builder).record(4, nil).record(1, []byte("md")) }

// log is a short log: the entry begins at offset 0x28, the hard state at 0x48, and
// the file ends at 0x60.
func log() *builder { return head().record(2, entry(1, 1, "a=1")).record(3, state(1, 2, 1)) }
