package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/wal"
)

// print writes the report for a person. Errors of the writer are left to its owner.
func (r *report) print(out io.Writer, at place, segments []wal.Segment) {
	fmt.Fprintf(out, "log in %s\n", at.wal)
	for _, s := range segments {
		fmt.Fprintf(out, "  %s  ends at %d of %d bytes\n", s.Name, r.LastOffset[s.Name], s.Size)
	}
	fmt.Fprintf(out, "records: %s; running crc %s\n", r.counts(), r.LastCRC)
	fmt.Fprintf(out, "metadata: %s\n", r.metadata())
	fmt.Fprintln(out, "read from")
	for i := range r.Reads {
		r.printRead(out, &r.Reads[i], &r.Snapshots[i])
	}
	if at.snap == "" {
		fmt.Fprintln(out, "no folder snap")
		return
	}
	fmt.Fprintf(out, "snapshot files in %s\n", at.snap)
	for i := range r.SnapFiles {
		r.printSnapFile(out, &r.SnapFiles[i])
	}
	if r.Newest == "" {
		fmt.Fprintln(out, "no snapshot that the log has recorded can be loaded")
	}
}

// counts lists the types in the order of their names, and none that is missing.
func (r *report) counts() string {
	var s []string
	for _, name := range []string{"crc", "entry", "metadata", "snapshot", "state"} {
		if n := r.Records[name]; n > 0 {
			s = append(s, fmt.Sprintf("%d %s", n, name))
		}
	}
	return strings.Join(s, ", ")
}

// printRead takes two lines: the start, and what is read from there.
func (r *report) printRead(out io.Writer, x *read, s *snapshot) {
	c := &raftpb.ConfState{Voters: s.Voters, Learners: s.Learners, VotersOutgoing: s.VotersOutgoing, LearnersNext: s.LearnersNext}
	fmt.Fprintf(out, "  index %d term %d%s\n", x.Start.Index, x.Start.Term, members(c))
	if x.Error != "" {
		fmt.Fprintf(out, "    cannot be read: %s\n", strings.TrimPrefix(strings.ReplaceAll(x.Error, "\n", "; "), "wal: "))
		return
	}
	if x.Entries == 0 {
		fmt.Fprint(out, "    no entries")
	} else {
		fmt.Fprintf(out, "    %d entries, index %d term %d to index %d term %d", x.Entries, x.First.Index, x.First.Term, x.Last.Index, x.Last.Term)
	}
	fmt.Fprintf(out, "; hard state term %d vote %x commit %d\n", x.Term, x.Vote, x.Commit)
}

// metadata is the same for every read that succeeded.
func (r *report) metadata() string {
	for _, x := range r.Reads {
		if b, err := hex.DecodeString(x.Metadata); err == nil && x.Error == "" {
			return data(b)
		}
	}
	return "unknown, since the log cannot be read from anywhere"
}

// printSnapFile marks the file that a node would take: with several, that is the question.
func (r *report) printSnapFile(out io.Writer, f *snapFile) {
	if f.Error != "" {
		fmt.Fprintf(out, "  %s  cannot be loaded\n", f.Name)
		return
	}
	if f.Skipped != "" {
		fmt.Fprintf(out, "  %s  skipped\n", f.Name)
		return
	}
	newest := ""
	if f.Name == r.Newest {
		newest = "  <- a node starts here"
		if r.stop != nil {
			newest = "  <- a node would start here, and must not"
		}
	}
	fmt.Fprintf(out, "  %s  index %d term %d%s; %d bytes%s\n", f.Name, f.Index, f.Term,
		members(&raftpb.ConfState{Voters: f.Voters, Learners: f.Learners}), f.DataSize, newest)
}
