// Demo shows, for the pages of the book, what chapter 1's code does with real
// bytes. It writes nothing to the disk.
//
//	go run ./chapters/01-records/demo frames    a log, byte by byte
//	go run ./chapters/01-records/demo chain     what the checksums cover
//	go run ./chapters/01-records/demo pages     the writes that reach a file
//	go run ./chapters/01-records/demo torn      one log after five accidents
//
// It exits with 2 when it is called otherwise.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/final/layout"
)

const usage = "usage: go run ./chapters/01-records/demo frames | chain | pages | torn\n"

func main() {
	scenes := map[string]func(io.Writer) error{
		"frames": frames, "chain": chain, "pages": pages, "torn": torn,
	}
	if len(os.Args) != 2 || scenes[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := scenes[os.Args[1]](os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// record is one line of a small log: a type and its data.
type record struct {
	typ  int64
	data []byte
}

// write returns a log of these records, and where each of them begins and the
// last one ends.
func write(log ...record) (file []byte, offsets []int64, err error) {
	var buf bytes.Buffer
	e := records.NewEncoder(&buf, 0, 0)
	for _, r := range log {
		offsets = append(offsets, int64(buf.Len()))
		if err := errors.Join(e.Encode(r.typ, r.data), e.Flush()); err != nil {
			return nil, nil, err
		}
	}
	return buf.Bytes(), append(offsets, int64(buf.Len())), nil
}

// frames dumps the smallest log that has everything a frame can have.
func frames(w io.Writer) error {
	file, _, err := write(record{records.TypeCRC, nil}, record{records.TypeMetadata, []byte("n1")})
	if err != nil {
		return err
	}
	return layout.Dump(w, bytes.NewReader(file), int64(len(file)))
}

// chain reads one log three times: whole, with a byte changed, and with a frame
// taken out.
func chain(w io.Writer) error {
	file, at, err := write(record{records.TypeCRC, nil}, record{records.TypeMetadata, []byte("n1")},
		record{records.TypeMetadata, []byte("n2")}, record{records.TypeMetadata, []byte("n3")})
	if err != nil {
		return err
	}
	changed := bytes.Clone(file)
	changed[at[2]-1-4] ^= 1 // the last byte of "n1": four bytes of padding follow it
	without := append(bytes.Clone(file[:at[2]]), file[at[3]:]...)
	for _, c := range []struct {
		name string
		file []byte
	}{{"as it was written", file}, {"one bit of n1 changed", changed}, {"the frame of n2 taken out", without}} {
		fmt.Fprintf(w, "%s:\n", c.name)
		list(w, c.file)
	}
	return nil
}

// list prints every record that a decoder finds, and goes on behind a checksum
// that does not match.
func list(w io.Writer, file []byte) {
	d := records.NewDecoder(bytes.NewReader(file), int64(len(file)))
	for {
		r, err := d.Next()
		if err != nil && !errors.Is(err, records.ErrCRC) {
			return
		}
		fmt.Fprintf(w, "  type %d  crc %08x  %q\n", r.Type, r.CRC, r.Data)
		if err != nil {
			fmt.Fprintf(w, "    ^ %v\n", err)
		}
	}
}

// file is a writer that tells of each write.
type file struct {
	w   io.Writer
	end int
}

// Write prints where the bytes begin and end.
func (f *file) Write(b []byte) (int, error) {
	f.end += len(b)
	where := "inside a page"
	if f.end%records.PageSize == 0 {
		where = fmt.Sprintf("where page %d ends", f.end/records.PageSize)
	}
	fmt.Fprintf(f.w, "  the file gets %6d bytes; they end at %6d, %s\n", len(b), f.end, where)
	return len(b), nil
}

// pages writes records of 60,000 bytes through an encoder.
func pages(w io.Writer) error {
	e := records.NewEncoder(&file{w: w}, 0, 0)
	for i := range 5 {
		fmt.Fprintf(w, "record %d\n", i+1)
		if err := e.Encode(records.TypeEntry, make([]byte, 60000)); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "flush")
	return e.Flush()
}

// torn does five things to one log and asks for a verdict on each.
func torn(w io.Writer) error {
	file, at, err := write(
		record{records.TypeCRC, nil}, record{records.TypeMetadata, []byte("n1")},
		record{records.TypeEntry, []byte("apple")}, record{records.TypeState, []byte("s1")},
		record{records.TypeEntry, []byte("berry")}, record{records.TypeState, []byte("s2")},
		record{records.TypeEntry, bytes.Repeat([]byte("cherry "), 100)}, record{records.TypeState, []byte("s3")})
	if err != nil {
		return err
	}
	set := func(from, to int64, change func([]byte)) []byte {
		b := bytes.Clone(file)
		change(b[from:to])
		return b
	}
	zero := func(b []byte) { clear(b) }
	flip := func(b []byte) { b[0] ^= 1 }
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"nothing", file},
		{"the file ends inside cherry", file[:at[6]+40]},
		{"the second sector was never written", set(records.SectorSize, at[8], zero)},
		{"a bit of cherry flips", set(at[6]+100, at[7], flip)},
		{"a bit of apple flips", set(at[2]+20, at[3], flip)},
		{"the length of apple is zeroed", set(at[2], at[2]+8, zero)},
	} {
		f, err := records.Judge(bytes.NewReader(c.file), int64(len(c.file)))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-36s %-8s at %3d: %s\n", c.name, f.Verdict, f.Offset, f.Reason)
	}
	return nil
}
