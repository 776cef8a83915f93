package layout

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Each file in testdata/dumps is input and expectation in one: its bytes, dumped
// again, must give its text. The comments at its head say what to notice.
func TestDump(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/dumps/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("Glob() = %d files, %v, want at least 20", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			o := &Options{Snap: strings.HasSuffix(name, ".snap.txt")}
			if got, want := dumped(t, b, o), uncommented(string(text)); got != want {
				t.Errorf("Dump() of %s, got:\n%s\nwant:\n%s", name, got, want)
			}
		})
	}
}

// dumped is the dump of b; no content makes it fail.
func dumped(t testing.TB, b []byte, o *Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := o.Dump(&out, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatalf("Dump(%x) = %v", b, err)
	}
	return out.String()
}

func uncommented(text string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		if !strings.HasPrefix(l, "#") {
			b.WriteString(l)
		}
	}
	return b.String()
}

// Whatever the bytes, the dump holds all of them, in order, and nothing that could
// reach a terminal as a control sequence.
func TestDumpKeepsEveryByte(t *testing.T) {
	t.Parallel()
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	t.Logf("seed %d", seed)
	whole := log().record(2, entry(1, 2, strings.Repeat("\x00", 90)+"\x1b[31m|#\n")).zeros(50).b
	for i := range 3000 {
		b := bytes.Clone(whole)
		switch i % 4 {
		case 0: // one bit
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		case 1: // a cut
			b = b[:r.IntN(len(b)+1)]
		case 2: // a hole
			at := r.IntN(len(b))
			clear(b[at:min(len(b), at+r.IntN(40))])
		case 3: // noise
			b = b[:r.IntN(len(b))]
			for j := range b {
				b[j] = byte(r.Uint32())
			}
		}
		checkRoundTrip(t, b, &Options{Snap: i%8 > 3})
	}
}

func checkRoundTrip(t testing.TB, b []byte, o *Options) {
	t.Helper()
	text := dumped(t, b, o)
	if got, err := Parse(text); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("Parse(Dump(%x)) = %x, %v; the dump:\n%s", b, got, err, text)
	}
	for i, c := range []byte(text) {
		if c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("Dump(%x) has the byte %#x at %d:\n%s", b, c, i, text)
		}
	}
	if len(text) > 0 && !strings.HasPrefix(text, "00000000  ") {
		t.Fatalf("Dump(%x) begins with %.20q", b, text)
	}
}

func TestDumpShortened(t *testing.T) {
	t.Parallel()
	b := head().record(2, entry(1, 1, strings.Repeat("0123456789abcdef", 100))).b
	text := dumped(t, b, &Options{Shorten: true})
	if n := strings.Count(text, "\n"); n > 25 {
		t.Errorf("Dump() shortened has %d lines, want at most 25:\n%s", n, text)
	}
	if want := "...                                              |       1552 bytes left out"; !strings.Contains(text, want) {
		t.Errorf("Dump() does not say how much it left out, want %q:\n%s", want, text)
	}
	if _, err := Parse(text); !errors.Is(err, ErrText) {
		t.Errorf("Parse() of a shortened dump = %v, want ErrText", err)
	}
}

func TestDumpRange(t *testing.T) {
	t.Parallel()
	b := log().b
	all := strings.SplitAfter(dumped(t, b, nil), "\n")
	got := dumped(t, b, &Options{From: 0x29, To: 0x33})
	// The entry's length word holds 0x29, the CRC begins at 0x32.
	want := strings.Join(all[10:13], "")
	if got != want {
		t.Errorf("Dump() of [0x29, 0x33), got:\n%s\nwant:\n%s", got, want)
	}
}

// Whoever runs a dump without reading it wants to know whether anything is marked.
func TestDumpTellsDamage(t *testing.T) {
	t.Parallel()
	b := log().bytes(1, 2, 3).b
	b[0x40] ^= 1
	var got []string
	opts := &Options{To: 8, Damage: func(off int64, what string) { got = append(got, fmt.Sprint(off, " ", what)) }}
	dumped(t, b, opts)
	if len(got) != 0 {
		t.Errorf("Dump() up to 8 told of %q, want nothing: it has not looked", got)
	}
	opts.To = 0
	dumped(t, b, opts)
	want := []string{"50 crc c6a89ffb is stored, 63e90d85 is computed", "96 the file ends inside a length word, after 3 of its 8 bytes"}
	if !slices.Equal(got, want) {
		t.Errorf("Dump() told of %q, want %q", got, want)
	}
}

func TestDumpColour(t *testing.T) {
	t.Parallel()
	b := log().b
	b[0x40] ^= 1
	text := dumped(t, b, &Options{Colour: true})
	for l := range strings.Lines(text) {
		left, right, _ := strings.Cut(l, "|")
		if strings.Contains(left, "\x1b") {
			t.Errorf("Dump() colours the bytes in %q, want only what stands behind the bar", l)
		}
		if strings.Contains(right, "!") != strings.Contains(right, "\x1b[31m") {
			t.Errorf("Dump() wrote %q, want damage in red and nothing else", l)
		}
	}
	if got, err := Parse(text); err != nil || !bytes.Equal(got, b) {
		t.Errorf("Parse() of a coloured dump = %x, %v, want %x", got, err, b)
	}
}

// A read error is not damage, and not the end: the dump stops and names it.
func TestDumpReadError(t *testing.T) {
	t.Parallel()
	b := log().b
	broken := errors.New("broken disk")
	err := Dump(io.Discard, &faulty{b, 0x50, broken}, int64(len(b)))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "offset 80") {
		t.Errorf("Dump() = %v, want the reader's error and offset 80", err)
	}
	err = Dump(io.Discard, bytes.NewReader(b[:50]), int64(len(b)))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Dump() of a file that shrank = %v, want io.ErrUnexpectedEOF", err)
	}
	// The frame that resync looks at behind the damage cannot be read either.
	b[0x17] = 0x12
	if err = Dump(io.Discard, &faulty{b, 0x50, broken}, int64(len(b))); !errors.Is(err, broken) {
		t.Errorf("Dump() of a damaged file = %v, want the reader's error", err)
	}
}

// A faulty reader has the bytes before bad and no others.
type faulty struct {
	b   []byte
	bad int
	err error
}

func (f *faulty) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, f.b[min(int(off), f.bad):f.bad])
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

func TestDumpWriteError(t *testing.T) {
	t.Parallel()
	full := errors.New("no space")
	b := log().b
	if err := Dump(fullDisk{full}, bytes.NewReader(b), int64(len(b))); !errors.Is(err, full) {
		t.Errorf("Dump() = %v, want the writer's error", err)
	}
}

type fullDisk struct{ err error }

func (f fullDisk) Write([]byte) (int, error) { return 0, f.err }

// A file of 600 MiB with an entry of 200 MiB, all zeros so that the dump stays
// short: what is asked of the memory is the same as for any other bytes.
// Not parallel, so that no other test allocates meanwhile.
func TestDumpConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 1 GiB of zeros")
	}
	s := &sparse{size: 600 << 20}
	s.put(0, log().b)
	at := int64(len(log().b))
	huge := binary.AppendUvarint([]byte{0x10, 1, 0x18, 2, 0x22}, 200<<20)
	rec := binary.AppendUvarint([]byte{0x08, 2, 0x10, 0x85, 0x1a, 0x1a}, uint64(len(huge)+200<<20))
	rec = append(rec, huge...)
	size := int64(len(rec)) + 200<<20
	s.put(at, binary.LittleEndian.AppendUint64(nil, uint64(size)|uint64(0x80|-size&7)<<56))
	s.put(at+8, rec)
	s.put(at+8+size+-size&7, log().b)

	var out bytes.Buffer
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := Dump(&out, s, s.size)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("Dump() allocated %d bytes in all, want at most 1 MiB", got)
	}
	if n := strings.Count(out.String(), "| frame"); n != 9 {
		t.Errorf("Dump() shows %d frames, want 9:\n%s", n, out.String())
	}
}

// A sparse file is zeros but for a few pieces.
type sparse struct {
	size   int64
	pieces []piece
	read   int64 // bytes asked for so far
}

type piece struct {
	at int64
	b  []byte
}

func (s *sparse) put(at int64, b []byte) { s.pieces = append(s.pieces, piece{at, b}) }

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	s.read += int64(len(p))
	for _, x := range s.pieces {
		if off < x.at+int64(len(x.b)) && x.at < off+int64(len(p)) {
			if off < x.at {
				copy(p[x.at-off:], x.b)
			} else {
				copy(p, x.b[off-x.at:])
			}
		}
	}
	return len(p), nil
}

// Frames that are no records and point far ahead, with a good one behind each:
// looking ahead must not cost more than the look.
func TestDumpReadsLittleOfHostileFiles(t *testing.T) {
	t.Parallel()
	w := new(builder)
	for len(w.b) < 1<<20 {
		w.bytes(0, 0, 8, 0, 0, 0, 0, 0, 'x').record(3, state(1, 2, 1))
	}
	s := &sparse{size: int64(len(w.b))}
	s.put(0, w.b)
	if err := Dump(io.Discard, s, s.size); err != nil {
		t.Fatal(err)
	}
	if most := 10 * s.size; s.read > most {
		t.Errorf("Dump() of %d bytes read %d, want at most %d", s.size, s.read, most)
	}
}

// An excerpt holds the byte it is about, also deep inside long data, and the
// length word of its frame.
func TestExcerptInsideLongData(t *testing.T) {
	t.Parallel()
	b := log().record(2, entry(1, 2, strings.Repeat("0123456789abcdef", 1000))).record(3, state(1, 2, 2)).b
	for _, at := range []int64{0x60, 0x80, 0x1000, 0x1001, int64(len(b)) - 1} {
		got := Excerpt(b, at)
		hex := spaced(b[at : at+1])
		lines := strings.Split(got, "\n")
		var arrow int
		for i, l := range lines {
			if strings.Contains(l, "^^ here") {
				arrow = i
			}
		}
		if arrow == 0 {
			t.Fatalf("Excerpt(%d) has no arrow:\n%s", at, got)
		}
		column := strings.Index(lines[arrow], "^^")
		if pointed := lines[arrow-1][column : column+2]; pointed != hex {
			t.Errorf("Excerpt(%d) points at %q, want %q:\n%s", at, pointed, hex, got)
		}
		if !strings.Contains(strings.Join(lines[:arrow], "\n"), "| frame: ") || len(lines) > 13 {
			t.Errorf("Excerpt(%d) is long, or does not show where the frame begins:\n%s", at, got)
		}
	}
}
