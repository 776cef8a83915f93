package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"

	"example.com/logbook/final/wal"
)

// sampled is how many bytes of data a line shows.
const sampled = 24

// content says what a record says. Bytes are quoted, so that nothing that a log
// holds can reach a terminal as a control sequence.
func content(r *wal.Record) string {
	switch r.Type {
	case wal.TypeMetadata:
		return data(r.Data)
	case wal.TypeEntry:
		if e, err := entryOf(r); err == nil {
			return fmt.Sprintf("index %d term %d %v, %s", e.index, e.term, e.typ, data(e.data))
		}
	case wal.TypeState:
		if s, err := r.State(); err == nil {
			return fmt.Sprintf("term %d vote %x commit %d", s.GetTerm(), s.GetVote(), s.GetCommit())
		}
	case wal.TypeSnapshot:
		if s, err := r.Snapshot(); err == nil {
			return fmt.Sprintf("index %d term %d%s", s.GetIndex(), s.GetTerm(), members(s.GetConfState()))
		}
	}
	return unparsed(r)
}

// unparsed shows the data of a record that is not what its type says.
func unparsed(r *wal.Record) string {
	if r.Data == nil {
		return ""
	}
	return "cannot be parsed, " + data(r.Data)
}

// data is a size and a quoted sample, all of it ASCII: letters that are written from
// right to left would turn the line around. Bytes beyond ASCII are shown as bytes, since
// what holds them is seldom a text.
func data(b []byte) string {
	switch {
	case b == nil:
		return "no data"
	case len(b) == 1:
		return "1 byte " + quote(b)
	case len(b) > sampled:
		return fmt.Sprintf("%d bytes %s...", len(b), quote(b[:sampled]))
	}
	return fmt.Sprintf("%d bytes %s", len(b), quote(b))
}

// quote is Go's quoting with each byte beyond ASCII as \x and two digits.
func quote(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		if c >= utf8.RuneSelf {
			fmt.Fprintf(&s, `\x%02x`, c)
			continue
		}
		q := strconv.Quote(string(rune(c)))
		s.WriteString(q[1 : len(q)-1])
	}
	return `"` + s.String() + `"`
}

// members lists a membership, leaving out what is empty. Ids are in hexadecimal,
// as etcd prints them.
func members(c *raftpb.ConfState) string {
	var s strings.Builder
	for _, list := range []struct {
		name string
		ids  []uint64
	}{
		{"voters", c.GetVoters()},
		{"learners", c.GetLearners()},
		{"outgoing voters", c.GetVotersOutgoing()},
		{"next learners", c.GetLearnersNext()},
	} {
		if len(list.ids) > 0 {
			fmt.Fprintf(&s, ", %s %x", list.name, list.ids)
		}
	}
	return s.String()
}

// An entry is what the program needs of raft's entry. Its data stays where the
// record has it: a copy of each would double the memory that a large one needs.
type entry struct {
	index, term uint64
	typ         raftpb.EntryType
	data        []byte
}

// Numbers of the fields of an entry; part of the format.
const (
	entryType  = 1
	entryTerm  = 2
	entryIndex = 3
	entryData  = 4
)

// entryOf parses a record that the log has already checked; the error is for those
// that it found damaged.
func entryOf(r *wal.Record) (e entry, err error) {
	for b := r.Data; len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return e, protowire.ParseError(n)
		}
		b = b[n:]
		var v uint64
		switch {
		case num == entryData && typ == protowire.BytesType:
			e.data, n = protowire.ConsumeBytes(b)
		case num <= entryIndex && typ == protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		default:
			return e, fmt.Errorf("field %d does not belong to an entry", num)
		}
		if n < 0 {
			return e, protowire.ParseError(n)
		}
		b = b[n:]
		e.set(num, v)
	}
	return e, nil
}

// set stores a number. A field that comes twice counts as its last, as in protobuf.
func (e *entry) set(num protowire.Number, v uint64) {
	switch num {
	case entryType:
		e.typ = raftpb.EntryType(v)
	case entryTerm:
		e.term = v
	case entryIndex:
		e.index = v
	}
}
