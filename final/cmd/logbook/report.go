package main

import (
	"fmt"

	raftpb "go.etcd.io/raft/v3/raftpb"
)

// A report is what inspect found. The names and the order of its fields are those of
// the JSON that it prints, which is an interface: the fixtures hold the same, taken
// from real etcd.
type report struct {
	// Records counts the records of each type, over all segments.
	Records map[string]int
	// LastOffset is, for each segment, the offset behind its last record.
	LastOffset map[string]int64
	// LastCRC is the running checksum at the end.
	LastCRC string
	// Torn is where the log is torn, nil if it is not.
	Torn *torn `json:",omitempty"`
	// Snapshots are the positions that the log can be opened at, as far as its
	// hard state's commit tells.
	Snapshots []snapshot
	// Reads holds, for each of them, what a node gets that opens the log there.
	Reads []read
	// SnapFiles are the snapshot files, oldest first.
	SnapFiles []snapFile
	// Newest is the name of the file that a node would start from, "" if there is
	// none.
	Newest string

	// stop is why a node must not start there, or nil.
	stop error

	// warnings are what is no failure of the log, and to be looked at.
	warnings []string
}

// newReport has found nothing yet.
func newReport() *report {
	return &report{Records: map[string]int{}, LastOffset: map[string]int64{}}
}

// warn notes a warning.
func (r *report) warn(format string, args ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

// A snapshot is a position, and the membership there if its record has one: before
// etcd 3.5 none had.
type snapshot struct {
	Index, Term                                    uint64
	Voters, Learners, VotersOutgoing, LearnersNext []uint64 `json:",omitempty"`
}

// A read is what opening the log at a snapshot gives; with an Error, nothing else.
type read struct {
	Start              position
	Error              string `json:",omitempty"`
	Metadata           string // in hexadecimal
	Term, Vote, Commit uint64
	Entries            int
	First, Last        *entryReport `json:",omitempty"`
	// Digest is the SHA-256 over a line "index term type size sha256(data)" for
	// each entry.
	Digest string
}

// A position is a place in raft's log; the index alone does not name an entry.
type position struct{ Index, Term uint64 }

// An entryReport stands for an entry without its data.
type entryReport struct {
	Index, Term uint64
	Type        string
	Size        int
	SHA256      string // of the data
}

// A snapFile is one file. Its lists are null in JSON when empty, as in the fixtures.
type snapFile struct {
	Name             string
	Index, Term      uint64
	Voters, Learners []uint64
	DataSize         int
	DataSHA256       string
	// Error is why the file cannot be loaded; then only its name is known.
	Error  string `json:",omitempty"`
	reason string
	// recorded tells that the log vouches for it.
	recorded bool
	// Skipped is why a node passes over a file that is intact.
	Skipped string `json:",omitempty"`
}

// A torn is the end of a log in something unfinished.
type torn struct {
	Segment string
	Offset  int64
	Reason  string
}

// newSnapshot takes over what the record says.
func newSnapshot(m *raftpb.SnapshotMetadata) snapshot {
	c := m.GetConfState()
	return snapshot{m.GetIndex(), m.GetTerm(), c.GetVoters(), c.GetLearners(), c.GetVotersOutgoing(), c.GetLearnersNext()}
}
