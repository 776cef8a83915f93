package layout

import "fmt"

// A Kind says how the bytes of a [Field] are found and read.
type Kind int

// The kinds of fields. Varint, Bytes and Message are preceded by a tag; Plain
// and Rest are not: their place alone says what they are.
const (
	Plain   Kind = iota // a fixed or computed number of bytes, see Field.Size
	Varint              // a base-128 number, 1 to 10 bytes
	Bytes               // a varint length and that many bytes
	Message             // a varint length and a message of the layout Field.Message
	Rest                // everything up to the end of the enclosing field
)

// A Field is one field of a [Layout].
type Field struct {
	// Name is raft's, in lower case, or what the format's documents call it.
	Name string
	// Number is the field's protobuf number, 0 where there is no tag.
	Number int
	// Kind says how the value is found.
	Kind Kind
	// Size is how many bytes the value takes, as a person would say it.
	Size string
	// Message names the layout of a field of kind Message; empty for the data of
	// a record, whose layout the record's type decides.
	Message string
	// Optional fields may be missing; Repeated ones come once per value.
	Optional, Repeated bool
	// CRC tells whether the bytes of the value are covered by the checksum that
	// stands beside them (in a segment the record's, in a .snap file the file's).
	CRC bool
	// Doc is the meaning, as a table prints it.
	Doc string

	show func(uint64) string // how a dump prints a Varint; nil: as a decimal
}

// A Layout is the description of one frame or message: its fields in the order
// in which they are written.
type Layout struct {
	// Name is what [Ruler], [Table] and [Lookup] know it by.
	Name string
	// Doc is a sentence or two about the whole.
	Doc string
	// Covered layouts lie inside data that a checksum covers: all of their bytes
	// are, tags and lengths too. In the others only what Field.CRC says is.
	Covered bool
	// Fields are in the order in which they are written, and none is missing.
	Fields []Field
}

// A RecordType is one value of the type field of a record.
type RecordType struct {
	// Number is what stands in the record.
	Number uint64
	// Name is what dumps call it.
	Name string
	// Layout names the layout of the record's data, "" when it has none.
	Layout string
	// Doc is the meaning, as a table prints it.
	Doc string
}

// The numbers that the format fixes. They are the same in every etcd since 3.0.
const (
	wordSize   = 8 // bytes of a length word; every padded frame is a multiple of it
	typeCRC    = 4 // the record that carries the running CRC into a segment
	fieldType  = 1
	fieldCRC   = 2
	fieldData  = 3
	wireVarint = 0
	wireBytes  = 2
)

// types is the table of record types, by number.
var types = []RecordType{
	{1, "metadata", "metadata", "what the owner of the log wrote when it created it; the second record of every segment"},
	{2, "entry", "entry", "one raft entry"},
	{3, "state", "state", "the hard state: what raft must not forget"},
	{4, "crc", "", "the running CRC at the start of a segment; no data"},
	{5, "snapshot", "snapshot", "a snapshot has been taken: the log may be read from here"},
}

// layouts is the one table. Rulers, Markdown tables, dumps and excerpts are all
// drawn from it.
var layouts = []Layout{
	{"frame", "One record in a segment file. The length word is one little-endian number of 64 bits.", false, []Field{
		{Name: "size", Size: "7", Doc: "bytes of the record, without padding; low 56 bits of the length word"},
		{Name: "pad", Size: "1", Doc: "top byte of the word: 0x80 + bytes of padding, or 0 when there are none"},
		{Name: "record", Message: "record", Size: "size", Doc: "a record; of its bytes, the CRC covers the data"},
		{Name: "padding", Size: "0-7", Doc: "zeros up to the next multiple of 8"},
	}},
	{"record", "What a frame holds.", false, []Field{
		{Name: "type", Number: fieldType, Kind: Varint, Size: "1-10", Doc: "which of the five record types; always written", show: showType},
		{Name: "crc", Number: fieldCRC, Kind: Varint, Size: "1-5", Doc: "CRC-32C of the data of all records up to this one; always written", show: showCRC},
		{Name: "data", Number: fieldData, Kind: Message, Size: "length", Optional: true, CRC: true, Doc: "a message that the type names; absent when there is none, which is not the same as empty"},
	}},
	{"metadata", "The data of a metadata record: bytes whose meaning only the owner of the log knows.", true, []Field{
		{Name: "metadata", Kind: Rest, Size: "all", CRC: true, Doc: "opaque"},
	}},
	{"entry", "The data of an entry record: raft's Entry.", true, []Field{
		{Name: "type", Number: 1, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "0 normal, 1 conf change, 2 conf change v2; missing means normal", show: showEntryType},
		{Name: "term", Number: 2, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "term of the leader that appended it"},
		{Name: "index", Number: 3, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "its place in the log, from 1"},
		{Name: "data", Number: 4, Kind: Bytes, Size: "length", Optional: true, CRC: true, Doc: "the proposal; a leader's first entry has none"},
	}},
	{"state", "The data of a state record: raft's HardState.", true, []Field{
		{Name: "term", Number: 1, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "the latest term this node has seen"},
		{Name: "vote", Number: 2, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "whom it voted for in that term, 0 for nobody", show: showID},
		{Name: "commit", Number: 3, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "the highest index known to be committed"},
	}},
	{"snapshot", "The data of a snapshot record. It vouches for a .snap file; it does not hold it.", true, []Field{
		{Name: "index", Number: 1, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "index of the last entry that the snapshot contains"},
		{Name: "term", Number: 2, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "term of that entry"},
		{Name: "conf_state", Number: 3, Kind: Message, Message: "confstate", Size: "length", Optional: true, CRC: true, Doc: "the membership at that index; missing before etcd 3.5"},
	}},
	{"confstate", "A membership: raft's ConfState.", true, []Field{
		{Name: "voters", Number: 1, Kind: Varint, Size: "1-10", Repeated: true, CRC: true, Doc: "ids of the voting members", show: showID},
		{Name: "learners", Number: 2, Kind: Varint, Size: "1-10", Repeated: true, CRC: true, Doc: "ids of members that do not vote", show: showID},
		{Name: "voters_outgoing", Number: 3, Kind: Varint, Size: "1-10", Repeated: true, CRC: true, Doc: "voters of the old half of a joint configuration", show: showID},
		{Name: "learners_next", Number: 4, Kind: Varint, Size: "1-10", Repeated: true, CRC: true, Doc: "voters that become learners when the joint configuration ends", show: showID},
		{Name: "auto_leave", Number: 5, Kind: Varint, Size: "1", Optional: true, CRC: true, Doc: "1 when raft itself leaves the joint configuration", show: showBool},
	}},
	{"snapfile", "A whole .snap file: one message, without frame or padding.", false, []Field{
		{Name: "crc", Number: 1, Kind: Varint, Size: "1-5", Doc: "CRC-32C of the data, from zero: it chains to nothing", show: showCRC},
		{Name: "data", Number: 2, Kind: Message, Message: "snapmessage", Size: "length", CRC: true, Doc: "raft's Snapshot"},
	}},
	{"snapmessage", "The data of a .snap file: raft's Snapshot.", true, []Field{
		{Name: "data", Number: 1, Kind: Bytes, Size: "length", Optional: true, CRC: true, Doc: "the application's state, opaque"},
		{Name: "metadata", Number: 2, Kind: Message, Message: "snapmetadata", Size: "length", Optional: true, CRC: true, Doc: "where in the log the state belongs"},
	}},
	{"snapmetadata", "Where a snapshot belongs: raft's SnapshotMetadata. The numbers differ from those of a snapshot record.", true, []Field{
		{Name: "conf_state", Number: 1, Kind: Message, Message: "confstate", Size: "length", Optional: true, CRC: true, Doc: "the membership at that index"},
		{Name: "index", Number: 2, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "index of the last entry that the state contains"},
		{Name: "term", Number: 3, Kind: Varint, Size: "1-10", Optional: true, CRC: true, Doc: "term of that entry"},
	}},
}

// Names returns the names that [Ruler], [Table] and [Lookup] know, outermost first.
func Names() []string {
	names := make([]string, len(layouts))
	for i, l := range layouts {
		names[i] = l.Name
	}
	return names
}

// Lookup returns the layout of that name. The caller must not change its fields.
func Lookup(name string) (Layout, bool) {
	if l := lookup(name); l != nil {
		return *l, true
	}
	return Layout{}, false
}

// Types returns the record types by number.
func Types() []RecordType { return append([]RecordType(nil), types...) }

// lookup returns nil for an unknown name.
func lookup(name string) *Layout {
	for i := range layouts {
		if layouts[i].Name == name {
			return &layouts[i]
		}
	}
	return nil
}

// lookupType finds a record type by what stands in the record.
func lookupType(n uint64) (RecordType, bool) {
	if n < 1 || n > uint64(len(types)) {
		return RecordType{}, false
	}
	return types[n-1], true
}

// field returns the field with that protobuf number, nil when the layout has none.
func (l *Layout) field(number uint64) *Field {
	for i := range l.Fields {
		if n := l.Fields[i].Number; n != 0 && uint64(n) == number {
			return &l.Fields[i]
		}
	}
	return nil
}

// tag is the byte before the field's value: number and wire type. Every number in
// the format is below 16, so one byte is enough.
func (f *Field) tag() byte { return byte(f.Number<<3 | f.wire()) }

// wire is the wire type: protobuf writes messages and bytes alike.
func (f *Field) wire() int {
	if f.Kind == Varint {
		return wireVarint
	}
	return wireBytes
}

// showType prints the type of a record, as a signed number when nobody has given it
// a name: the field is an int64.
func showType(v uint64) string {
	if t, ok := lookupType(v); ok {
		return fmt.Sprintf("%d %s", v, t.Name)
	}
	return fmt.Sprint(int64(v))
}

// showCRC prints all eight digits, so that checksums line up and can be searched for.
func showCRC(v uint64) string { return fmt.Sprintf("%08x", v) }

// showID prints the ids of members as etcd does, in hexadecimal.
func showID(v uint64) string { return fmt.Sprintf("%x", v) }

func showBool(v uint64) string { return fmt.Sprint(v != 0) }

// showEntryType uses raft's names.
func showEntryType(v uint64) string {
	switch v {
	case 0:
		return "0 EntryNormal"
	case 1:
		return "1 EntryConfChange"
	case 2:
		return "2 EntryConfChangeV2"
	}
	return fmt.Sprint(int64(v))
}
