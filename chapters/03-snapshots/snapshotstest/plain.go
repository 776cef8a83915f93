package snapshotstest

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/layout"
)

// found is what the suite itself sees in a log.
type found struct {
	// names are the segments, and all their records in words, one list for
	// each, without checksum records.
	names []string
	each  [][]string
	// lines are the records behind the heads: what was saved.
	lines []string
	// headless names a segment, not the first, without metadata or, where there
	// was one before, hard state at its head.
	headless string
	// torn is set when the end is torn, and wrong is any other error.
	torn  bool
	wrong error
}

// look reads a log with chapter 2's reader.
func look(fsys disk.FS) (l found) {
	last := ""
	for rec, err := range segments.Read(fsys, dir) {
		switch {
		case errors.Is(err, segments.ErrTorn):
			l.torn = true
			continue
		case err != nil:
			l.wrong = err
			continue
		}
		if !slices.Contains(l.names, rec.Segment) {
			l.names, l.each = append(l.names, rec.Segment), append(l.each, nil)
		}
		if rec.Type != records.TypeCRC {
			l.each[len(l.each)-1] = append(l.each[len(l.each)-1], words(rec.Type, rec.Data))
		}
	}
	for i, recs := range l.each {
		head := l.head(i, recs, last)
		l.lines = append(l.lines, recs[head:]...)
		for _, r := range recs {
			if strings.HasPrefix(r, "state ") {
				last = r
			}
		}
	}
	return l
}

// head returns how many of a segment's records are its head. last is the hard
// state before it, in words.
func (l *found) head(i int, recs []string, last string) int {
	if len(recs) == 0 || !strings.HasPrefix(recs[0], "metadata") {
		l.headless = l.names[i]
		return 0
	}
	first := strings.HasSuffix(l.names[i][:16], "0000000000000000")
	switch {
	case first && len(recs) > 1 && recs[1] == "snapshot 0 of term 0":
		return 2
	case first || i == 0 && len(recs) > 1 && !strings.HasPrefix(recs[1], "state "):
		return 1
	case len(recs) > 1 && (recs[1] == last || i == 0):
		return 2
	case last != "":
		l.headless = l.names[i]
	}
	return 1
}

// words is a record in words.
func words(typ int64, data []byte) string {
	switch typ {
	case records.TypeMetadata:
		if data == nil {
			return "metadata nil"
		}
		return fmt.Sprintf("metadata %q", data)
	case records.TypeEntry:
		e := &raftpb.Entry{}
		if err := proto.Unmarshal(data, e); err != nil {
			return "entry that cannot be read"
		}
		return entryWords(e)
	case records.TypeState:
		s := &raftpb.HardState{}
		if err := proto.Unmarshal(data, s); err != nil {
			return "state that cannot be read"
		}
		return "state " + stateWords(s)
	case records.TypeSnapshot:
		m := parseRecord(data)
		return fmt.Sprintf("snapshot %d of term %d", m.GetIndex(), m.GetTerm())
	}
	return fmt.Sprintf("type %d", typ)
}

// parseRecord reads the data of a snapshot record, as far as the suite needs it.
func parseRecord(b []byte) *raftpb.SnapshotMetadata {
	m := &raftpb.SnapshotMetadata{}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return m
		}
		b = b[n:]
		switch {
		case typ == protowire.VarintType:
			v, k := protowire.ConsumeVarint(b)
			if n = k; num == 1 {
				m.Index = &v
			} else {
				m.Term = &v
			}
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return m
		}
		b = b[n:]
	}
	return m
}

// entryWords is an entry in words; all of its data counts, a part is shown.
func entryWords(e *raftpb.Entry) string {
	data := string(e.GetData())
	if len(data) > 24 {
		data = fmt.Sprintf("%s… (%d)", strings.TrimRight(data[:24], "."), len(data))
	}
	typ := ""
	if e.GetType() != raftpb.EntryNormal {
		typ = " " + e.GetType().String()
	}
	return fmt.Sprintf("entry %d of term %d%s %q", e.GetIndex(), e.GetTerm(), typ, data)
}

// stateWords is a hard state in words.
func stateWords(s *raftpb.HardState) string {
	switch {
	case s == nil:
		return "nil"
	case s.GetTerm() == 0 && s.GetVote() == 0 && s.GetCommit() == 0:
		return "empty"
	}
	return fmt.Sprintf("{term %d, vote %d, commit %d}", s.GetTerm(), s.GetVote(), s.GetCommit())
}

// runWords is a list of entries in a few words: "1 to 5 of term 1, 6 of term 2".
func runWords(ents []*raftpb.Entry) string {
	var parts []string
	for i := 0; i < len(ents); {
		j := i + 1
		for j < len(ents) && ents[j].GetTerm() == ents[i].GetTerm() && ents[j].GetIndex() == ents[j-1].GetIndex()+1 {
			j++
		}
		what := fmt.Sprint(ents[i].GetIndex())
		if j > i+1 {
			what += fmt.Sprintf(" to %d", ents[j-1].GetIndex())
		}
		parts, i = append(parts, fmt.Sprintf("%s of term %d", what, ents[i].GetTerm())), j
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// metaWords is a snapshot's position in words.
func metaWords(m *raftpb.SnapshotMetadata) string {
	if m == nil {
		return "nil"
	}
	conf := ""
	if m.ConfState == nil && m.GetIndex() > 0 {
		conf = " without a conf state"
	}
	return fmt.Sprintf("{%d of term %d%s}", m.GetIndex(), m.GetTerm(), conf)
}

// metasWords is a list of positions in words.
func metasWords(list []*raftpb.SnapshotMetadata) string {
	if len(list) == 0 {
		return "none"
	}
	var parts []string
	for _, m := range list {
		parts = append(parts, metaWords(m))
	}
	return strings.Join(parts, ", ")
}

// savedWords is what a Save writes, in words.
func savedWords(s *raftpb.HardState, ents []*raftpb.Entry) []string {
	var list []string
	for _, e := range ents {
		list = append(list, entryWords(e))
	}
	if stateWords(s) != "nil" && stateWords(s) != "empty" {
		list = append(list, "state "+stateWords(s))
	}
	return list
}

// unlocked are the segments that nobody holds.
func unlocked(fsys disk.FS) []string {
	var list []string
	for _, n := range suite.Files(fsys, dir) {
		if !suite.Locked(fsys, path.Join(dir, n)) {
			list = append(list, n)
		}
	}
	return list
}

// differ fails when the bytes of a log's file are not those wanted, and shows
// both around the first that differs. Zeros at the end do not count.
func (w *world) differ(what string, got, want []byte, means string) {
	w.Helper()
	at := suite.FirstDifference(bytes.TrimRight(got, "\x00"), bytes.TrimRight(want, "\x00"))
	if at < 0 {
		return
	}
	w.fail(failure{
		Got:   what + ":\n" + layout.Excerpt(got, int64(at)),
		Want:  what + ":\n" + layout.Excerpt(want, int64(at)),
		Means: fmt.Sprintf("byte %d is the first that differs. %s", at, means),
	})
}
