package layout_test

import (
	"bytes"
	"fmt"
	"os"

	"example.com/logbook/final/layout"
)

// A segment begins with a record that carries the running CRC, and one that holds
// what the owner of the log wrote. The last bit of the owner's "md" has changed.
var segment = []byte{
	0x04, 0, 0, 0, 0, 0, 0, 0x84, 0x08, 4, 0x10, 0, 0, 0, 0, 0,
	0x0c, 0, 0, 0, 0, 0, 0, 0x84, 0x08, 1, 0x10, 0xba, 0xd9, 0xf5, 0xbc, 0x01, 0x1a, 2, 'm', 'e', 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
}

// The damage is told where it is, and the dump goes on.
func ExampleDump() {
	if err := layout.Dump(os.Stdout, bytes.NewReader(segment), int64(len(segment))); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 00000000  04 00 00 00 00 00 00 84                          | frame: 4 bytes + 4 of padding
	// 00000008  08 04                                            |   type 4 crc
	// 0000000a  10 00                                            |   crc 00000000
	// 0000000c  00 00 00 00                                      |   padding
	// 00000010  0c 00 00 00 00 00 00 84                          | frame: 12 bytes + 4 of padding
	// 00000018  08 01                                            |   type 1 metadata
	// 0000001a  10 ba d9 f5 bc 01                                | !   crc 179d6cba is stored, e5f6efb9 is computed
	// 00000020  1a 02                                            |   data: metadata, 2 bytes
	// 00000022  6d 65                                            |     me
	// 00000024  00 00 00 00                                      |   padding
	// 00000028  00 x 24                                          | zeros to the end of the file: the log ends here
}

// A .snap file is not a segment: say so, or it is shown as a damaged one.
func ExampleOptions() {
	snap := []byte{0x08, 0xef, 0xc8, 0xf6, 0x83, 0x03, 0x12, 0x04, 0x0a, 0x02, 'k', 'v'}
	opts := &layout.Options{Snap: true}
	if err := opts.Dump(os.Stdout, bytes.NewReader(snap), int64(len(snap))); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 00000000  08 ef c8 f6 83 03                                | crc 307da46f
	// 00000006  12 04                                            | data: snapmessage, 4 bytes
	// 00000008  0a 02                                            |   data: 2 bytes
	// 0000000a  6b 76                                            |     kv
}

// What Dump wrote, and what a person wrote in its manner, becomes bytes again.
func ExampleParse() {
	b, err := layout.Parse(`
# two zero bytes would do, and 4096 need no more room
00000000  04 00 00 00 00 00 00 84   | the length word
00000008  08 04 10 00               | a record
0000000c  00 x 4096`)
	fmt.Println(len(b), err)

	_, err = layout.Parse("00000000  04 00\n00000003  84")
	fmt.Println(err)
	// Output:
	// 4108 <nil>
	// layout: line 2: not a whole dump: offset 00000003, but 00000002 bytes stand before it
}

// A failing test prints the bytes that it is about, not all of them.
func ExampleExcerpt() {
	fmt.Print(layout.Excerpt(segment, 35))
	// Output:
	// 0000000a  10 00                                            |   crc 00000000
	// 0000000c  00 00 00 00                                      |   padding
	// 00000010  0c 00 00 00 00 00 00 84                          | frame: 12 bytes + 4 of padding
	// 00000018  08 01                                            |   type 1 metadata
	// 0000001a  10 ba d9 f5 bc 01                                | !   crc 179d6cba is stored, e5f6efb9 is computed
	// 00000020  1a 02                                            |   data: metadata, 2 bytes
	// 00000022  6d 65                                            |     me
	//              ^^ here: offset 35
	// 00000024  00 00 00 00                                      |   padding
	// 00000028  00 x 24                                          | zeros to the end of the file: the log ends here
}

func ExampleRuler() {
	fmt.Print(layout.Ruler("record"))
	// Output:
	// record:
	//   1    1-10     1    1-5      1    1-10     length
	// +----+--------+----+--------+----+--------+----------+
	// | 08 | type   | 10 | crc    | 1a | length | data     |
	// +----+--------+----+--------+----+--------+----------+
	//        varint        varint        varint   optional
	//                                            ==========
}

func ExampleTable() {
	fmt.Print(layout.Table("state"))
	// Output:
	// | field    | tag  | wire   | bytes | in the CRC | meaning                                      |
	// |----------|------|--------|-------|------------|----------------------------------------------|
	// | `term`   | `08` | varint | 1-10  | yes        | the latest term this node has seen           |
	// | `vote`   | `10` | varint | 1-10  | yes        | whom it voted for in that term, 0 for nobody |
	// | `commit` | `18` | varint | 1-10  | yes        | the highest index known to be committed      |
}

func ExampleLayout() {
	entry, _ := layout.Lookup("entry")
	for _, f := range entry.Fields {
		fmt.Println(f.Number, f.Name)
	}
	// Output:
	// 1 type
	// 2 term
	// 3 index
	// 4 data
}

func ExampleRecordType() {
	for _, t := range layout.Types() {
		fmt.Println(t.Number, t.Name)
	}
	// Output:
	// 1 metadata
	// 2 entry
	// 3 state
	// 4 crc
	// 5 snapshot
}

// The type and the checksum of a record are not covered by the checksum: a reader
// has to check them by what they mean.
func ExampleField() {
	record, _ := layout.Lookup("record")
	for _, f := range record.Fields {
		fmt.Println(f.Name, f.CRC)
	}
	// Output:
	// type false
	// crc false
	// data true
}

func ExampleKind() {
	state, _ := layout.Lookup("state")
	fmt.Println(state.Fields[0].Kind == layout.Varint)
	// Output: true
}
