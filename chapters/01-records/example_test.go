package records_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"

	records "example.com/logbook/chapters/01-records"
)

// A length word says how long the record is, and how many zeros follow it.
// Where nothing is padded its top byte is zero, and not 0x80.
func ExampleEncodeLength() {
	for _, size := range []int64{4, 8, 13} {
		word, pad := records.EncodeLength(size)
		fmt.Printf("%2d bytes: %#016x, %d of padding\n", size, word, pad)
	}
	// Output:
	//  4 bytes: 0x8400000000000004, 4 of padding
	//  8 bytes: 0x0000000000000008, 0 of padding
	// 13 bytes: 0x830000000000000d, 3 of padding
}

// Not every word is a length: what was changed is refused where it can be seen.
func ExampleDecodeLength() {
	size, pad, err := records.DecodeLength(0x8400000000000004)
	fmt.Println(size, pad, err)
	_, _, err = records.DecodeLength(0x8300000000000004) // 4 bytes do not need 3 of padding
	fmt.Println(errors.Is(err, records.ErrFrame))
	// Output:
	// 4 4 <nil>
	// true
}

// Nil and empty data are two different records, and both come back as they were.
// The zero checksum is written too: a record without one is refused.
func ExampleRecord() {
	for _, data := range [][]byte{nil, {}, []byte("a")} {
		b := records.AppendRecord(nil, records.Record{Type: records.TypeMetadata, Data: data})
		r, err := records.ParseRecord(b)
		fmt.Printf("% x: nil %t, %v\n", b, r.Data == nil, err)
	}
	_, err := records.ParseRecord([]byte{0x08, 0x01})
	fmt.Println(errors.Is(err, records.ErrRecord))
	// Output:
	// 08 01 10 00: nil true, <nil>
	// 08 01 10 00 1a 00: nil false, <nil>
	// 08 01 10 00 1a 01 61: nil false, <nil>
	// true
}

// ParseRecord does not copy: its Data changes with the bytes that it was given.
func ExampleParseRecord() {
	b := []byte("\x08\x02\x10\x00\x1a\x03abc")
	r, err := records.ParseRecord(b)
	if err != nil {
		log.Fatal(err)
	}
	copy(b[6:], "xyz")
	fmt.Printf("%s\n", r.Data)
	// Output: xyz
}

// lengths prints how much each write gives it.
type lengths struct{}

func (lengths) Write(p []byte) (int, error) {
	fmt.Println("written:", len(p))
	return len(p), nil
}

// Until Flush, what is written below ends at a page of the file, wherever in a
// page the writer began. A write that is smaller than what is held goes nowhere
// yet: without Flush it never would.
func ExamplePageWriter() {
	w := records.NewPageWriter(lengths{}, 4000) // 96 bytes are left in this page
	w.Write(make([]byte, 1000))
	w.Write(make([]byte, 200_000))
	fmt.Println("now flush")
	w.Flush()
	// Output:
	// written: 200800
	// now flush
	// written: 200
}

// The checksum goes on from record to record, so the same data gives another
// record each time. Nothing reaches the writer below before Flush.
func ExampleEncoder() {
	var file bytes.Buffer
	e := records.NewEncoder(&file, 0, 0)
	for range 2 {
		if err := e.Encode(records.TypeEntry, []byte("a")); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("crc %08x, %d bytes in the file\n", e.CRC(), file.Len())
	}
	if err := e.Flush(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n% x\n", file.Next(24), file.Next(24))
	// Output:
	// crc c1d04330, 0 bytes in the file
	// crc f1f2dac2, 0 bytes in the file
	// 0b 00 00 00 00 00 00 85 08 02 10 b0 86 c1 8e 0c 1a 01 61 00 00 00 00 00
	// 0b 00 00 00 00 00 00 85 08 02 10 c2 b5 cb 8f 0f 1a 01 61 00 00 00 00 00
}

// A file is larger than its records: the log ends where zeros begin. An encoder
// goes on there, with the offset and the checksum of the decoder.
func ExampleDecoder() {
	file := bytes.NewReader(append(twoEntries(), make([]byte, 100)...))
	d := records.NewDecoder(file, file.Size())
	for {
		r, err := d.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("type %d: %q\n", r.Type, r.Data)
	}
	fmt.Printf("go on at %d of %d with crc %08x\n", d.Offset(), file.Size(), d.CRC())
	// Output:
	// type 4: ""
	// type 2: "a"
	// type 2: "b"
	// go on at 64 of 164 with crc e2a22936
}

// An error says where. A record with the wrong checksum is returned with its
// error and can be looked at, but it is not to be believed; Offset stays before it.
func ExampleDecodeError() {
	b := twoEntries()
	b[34] = 'A' // the first entry's data
	d := records.NewDecoder(bytes.NewReader(b), int64(len(b)))
	for {
		r, err := d.Next()
		if err == io.EOF {
			break
		}
		if bad, ok := errors.AsType[*records.DecodeError](err); ok {
			fmt.Printf("damaged at %d: %s; %v\n", bad.Offset, r.Data, errors.Is(err, records.ErrCRC))
			continue
		}
		fmt.Printf("type %d: %q\n", r.Type, r.Data)
	}
	fmt.Println("sound up to", d.Offset())
	// Output:
	// type 4: ""
	// damaged at 16: A; true
	// type 2: "b"
	// sound up to 16
}

// A file that ends early was cut off by a crash, and may be cut where its last
// record ends. A file with a changed byte may not, although that is also its end.
func ExampleFinding() {
	whole := twoEntries()
	changed := twoEntries()
	changed[58] = 'B'
	for _, b := range [][]byte{whole, whole[:50], changed} {
		f, err := records.Judge(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			log.Fatal(err) // the file could not be read: that is no verdict
		}
		fmt.Printf("%v at %d: %s\n", f.Verdict, f.Offset, f.Reason)
	}
	// Output:
	// clean at 64: the log ends here
	// torn at 40: the file ends inside the frame
	// corrupt at 40: all of its bytes were written, and they do not verify
}

// The zero verdict is Clean, so a Finding that came with an error must not be
// looked at.
func ExampleVerdict() {
	f, err := records.Judge(noDisk{}, 100)
	fmt.Println(f.Verdict, err)
	// Output: clean offset 0: read 8 bytes: no disk
}

// noDisk is a file that cannot be read.
type noDisk struct{}

func (noDisk) ReadAt([]byte, int64) (int, error) { return 0, errors.New("no disk") }

// twoEntries is a log of a checksum record and two entries.
func twoEntries() []byte {
	var file bytes.Buffer
	e := records.NewEncoder(&file, 0, 0)
	for _, err := range []error{
		e.Encode(records.TypeCRC, nil),
		e.Encode(records.TypeEntry, []byte("a")),
		e.Encode(records.TypeEntry, []byte("b")),
		e.Flush(),
	} {
		if err != nil {
			log.Fatal(err)
		}
	}
	return file.Bytes()
}
