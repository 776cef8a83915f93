package records_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	records "example.com/logbook/chapters/01-records"
	golden "example.com/logbook/chapters/01-records/testdata/golden"
)

// FuzzFrame gives length words and looks whether those that are accepted are
// the ones that are written, or were before etcd 3.0.
func FuzzFrame(f *testing.F) {
	for _, word := range []uint64{0, 4, 0x8400000000000004, 0x8800000000000008, 1<<56 - 1, 1 << 63, 1<<64 - 1} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word uint64) {
		size, pad, err := records.DecodeLength(word)
		if err != nil {
			if !errors.Is(err, records.ErrFrame) {
				t.Errorf("DecodeLength(%#016x): error %v does not wrap ErrFrame", word, err)
			}
			return
		}
		if size < 0 || size >= 1<<56 || pad < 0 || pad > 7 {
			t.Fatalf("DecodeLength(%#016x) = %d, %d: out of range", word, size, pad)
		}
		if again, againPad := records.EncodeLength(size); (again != word || againPad != pad) && word>>56 != 0 {
			t.Errorf("DecodeLength(%#016x) = %d, %d; EncodeLength gives %#016x, %d", word, size, pad, again, againPad)
		}
	})
}

// FuzzRecord gives bytes to ParseRecord: what it accepts must survive a round
// trip, and what it refuses must be refused with ErrRecord.
func FuzzRecord(f *testing.F) {
	for _, data := range [][]byte{nil, {}, []byte("a"), make([]byte, 130)} {
		f.Add(records.AppendRecord(nil, records.Record{Type: 2, CRC: 0xcafe, Data: data}))
	}
	f.Add([]byte("\x1a\x01a\x10\x01\x08\x02")) // fields in another order
	f.Add([]byte("\x08\x02\x10\xff\xff\xff\xff\x1f"))
	f.Add([]byte("\x08\x02\x10\x00\x1a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := records.ParseRecord(b)
		if err != nil {
			if !errors.Is(err, records.ErrRecord) {
				t.Errorf("ParseRecord(% x): error %v does not wrap ErrRecord", b, err)
			}
			return
		}
		again, err := records.ParseRecord(records.AppendRecord(nil, r))
		if err != nil {
			t.Fatalf("ParseRecord(% x) = %+v, which does not read back: %v", b, r, err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("ParseRecord(% x): round trip mismatch (-first +second):\n%s", b, diff)
		}
	})
}

// FuzzDecoder gives whole files to the Decoder and to Judge. Neither panics,
// loops, or finds a record where none fits; and the two agree on where the sound
// part ends.
func FuzzDecoder(f *testing.F) {
	seedWithLogs(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		sound, total := decodeAll(t, b)
		found, err := records.Judge(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatalf("Judge() of %d readable bytes: %v", len(b), err)
		}
		if found.Offset != sound {
			t.Errorf("Judge() finds the sound part to end at %d, the Decoder at %d", found.Offset, sound)
		}
		if rest := bytes.TrimLeft(b[sound:], "\x00"); (found.Verdict == records.Clean) != (len(rest) == 0) {
			t.Errorf("Judge() says %v, and %d bytes behind the sound part are not zero", found.Verdict, len(rest))
		}
		if total > len(b) {
			t.Errorf("the records hold %d bytes, the file %d", total, len(b))
		}
	})
}

// decodeAll reads b to its end, also past wrong checksums, and returns where its
// sound part ends and how many bytes of data all records have.
func decodeAll(t *testing.T, b []byte) (sound int64, total int) {
	t.Helper()
	d := records.NewDecoder(bytes.NewReader(b), int64(len(b)))
	for n := 0; ; n++ {
		if n > len(b)/records.WordSize {
			t.Fatalf("%d records in %d bytes", n, len(b))
		}
		r, err := d.Next()
		if err != nil && !errors.Is(err, records.ErrCRC) {
			at, ok := errors.AsType[*records.DecodeError](err)
			if err != io.EOF && (!ok || at.Offset < d.Offset() || at.Offset > int64(len(b))) {
				t.Errorf("error %v; Offset() %d, file of %d bytes", err, d.Offset(), len(b))
			}
			return d.Offset(), total
		}
		total += len(r.Data)
	}
}

// FuzzCut cuts a sound log of random records at a random byte and lets Judge
// look: clean where a record ends, torn elsewhere, never corrupt. The cut file
// may go on with zeros when whole words of it are lost.
func FuzzCut(f *testing.F) {
	f.Add([]byte("\x02a\x03b\x02c"), uint16(40), false)
	f.Add([]byte("\x02aaaaaaaaaaaa\x03b\x05c\x02d"), uint16(90), true)
	f.Add(bytes.Repeat([]byte("\x02 a longer entry \x03s"), 60), uint16(700), true)
	f.Fuzz(func(t *testing.T, script []byte, cut uint16, zeros bool) {
		b, ends := logOf(t, script)
		n := int(cut) % (len(b) + 1)
		if zeros {
			n -= n % records.WordSize
		}
		part := bytes.Clone(b[:n])
		if zeros {
			part = append(part, make([]byte, len(b)-n+64)...)
		}
		want := records.Finding{Verdict: records.Clean}
		for _, end := range ends {
			if int(end) <= len(part) && bytes.Equal(part[:end], b[:end]) {
				want.Offset = end
			}
		}
		if len(bytes.TrimLeft(part[want.Offset:], "\x00")) > 0 {
			want.Verdict = records.Torn
		}
		got, err := records.Judge(bytes.NewReader(part), int64(len(part)))
		if err != nil {
			t.Fatal(err)
		}
		want.Reason = got.Reason
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Judge() of %d bytes, cut at %d, mismatch (-want +got):\n%s", len(b), n, diff)
		}
	})
}

// logOf makes a log from a script: a byte from 1 to 5 begins a record of that
// type, and the bytes behind it are its data. It returns where the records end.
func logOf(t *testing.T, script []byte) (b []byte, ends []int64) {
	t.Helper()
	var file bytes.Buffer
	e := records.NewEncoder(&file, 0, 0)
	put := func(typ int64, data []byte) {
		if err := errors.Join(e.Encode(typ, data), e.Flush()); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int64(file.Len()))
	}
	put(records.TypeCRC, nil)
	isType := func(r rune) bool { return r >= 1 && r <= 5 && r != rune(records.TypeCRC) }
	for i := 0; i < len(script); {
		n := bytes.IndexFunc(script[i+1:], isType) + 1
		if n == 0 {
			n = len(script) - i
		}
		if isType(rune(script[i])) {
			put(int64(script[i]), script[i+1:i+n])
		}
		i += n
	}
	return file.Bytes(), ends
}

// seedWithLogs adds the golden logs, whole, cut and damaged.
func seedWithLogs(f *testing.F) {
	logs, err := golden.All()
	if err != nil {
		f.Fatal(err)
	}
	for _, l := range logs {
		f.Add(l.Bytes)
		f.Add(l.Bytes[:len(l.Bytes)/2])
		damaged := bytes.Clone(l.Bytes)
		damaged[len(damaged)/3] ^= 0x10
		f.Add(damaged)
	}
}
