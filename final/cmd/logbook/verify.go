package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/internal/remedy"
	"example.com/logbook/final/wal"
)

// verifyUsage says what the one line means, which is what a script needs to know.
const verifyUsage = `usage: logbook verify [-json] DIR

Verify checks every record of a log and the file of every snapshot that the log has
recorded, and says in the last line on standard output whether a node may start: whether the log can be
read, and written, from the newest snapshot that the log has recorded and whose file is
intact. A file is intact, missing, corrupt, or misnamed: it holds another snapshot.

	-json   for programs: an object with the keys MayStart, Why, Start, State,
	        Torn, Damage, Snapshots and Warnings

A torn tail keeps no node from starting; nor does a folder that others may enter, of
which is warned, since a node may be told to allow it. Warnings are also what hints at a
missing end of the log, a missing snapshot file, and the copy of a segment that had lost
its head when it was repaired. Damage before the snapshot does not either,
but it is damage: the exit code is 0 only if there is none and a node may start.

A log that was named itself is verified as if the file of the newest snapshot that it
has recorded were there. Whether the end of a log is missing cannot be seen in it; a snapshot
file beyond its last entry hints at that.

A node may run meanwhile. What is wrong is told only if nothing was written while it was
found; else all is read again, up to five times, and if that is not enough it is said.

It takes two to four passes over the log, and holds one snapshot at a time in memory.
`

// setupVerify declares the flags of verify.
func setupVerify(a *app, flags *flag.FlagSet) func(string) error {
	asJSON := flags.Bool("json", false, "")
	return func(dir string) error { return a.verify(dir, *asJSON) }
}

// A verdict is what verify found. Its fields are those of the JSON that it prints.
type verdict struct {
	// MayStart tells whether a node may start, and Why it may not.
	MayStart bool
	Why      string `json:",omitempty"`
	// Start is the snapshot that it starts at, index 0 for the beginning.
	Start position
	// State is the hard state that it gets.
	State *hardState `json:",omitempty"`
	// Torn is where the log is torn, nil if it is not.
	Torn *torn `json:",omitempty"`
	// Damage is what is wrong, also where a node that starts does not meet it.
	Damage []string `json:",omitempty"`
	// Snapshots are those that the log can be opened at, in the order of their records.
	Snapshots []checked
	// Warnings are what is no failure of the log, and to be looked at.
	Warnings []string `json:",omitempty"`
}

// A checked is a snapshot and what is known of its file.
type checked struct {
	snapshot
	// File is "intact", "missing", "corrupt", "misnamed", or "" if nobody knows where it is.
	File string `json:",omitempty"`
}

// A hardState is raft's.
type hardState struct{ Term, Vote, Commit uint64 }

// verify prints the verdict, and what is wrong as messages.
func (a *app) verify(dir string, asJSON bool) error {
	at, err := locate(dir)
	if err != nil {
		return err
	}
	v, tail, err := look(at, func(v *verdict) (wal.Tail, error) { return v.find(at) })
	if err != nil {
		return explain(at.wal, err)
	}
	unknown := v.around(at)
	if asJSON {
		text, errJSON := json.MarshalIndent(v, "", "  ")
		err = errJSON
		if err == nil {
			_, err = fmt.Fprintf(a.out, "%s\n", text)
		}
	} else {
		err = v.print(a.out, at)
	}
	if err != nil {
		return err
	}
	a.tellTorn(at.wal, tail)
	for _, w := range v.Warnings {
		a.say(w)
	}
	if unknown != nil {
		return unknown
	}
	return v.wrong(at)
}

// warn notes a warning, once.
func (v *verdict) warn(message string) {
	if !slices.Contains(v.Warnings, message) {
		v.Warnings = append(v.Warnings, message)
	}
}

// strangers is a logger that warns of files which are nearly what they should be.
func (v *verdict) strangers() *slog.Logger { return slog.New(teller{v.warn}) }

// around looks at what is around the files: modes, and the copies of repairs.
func (v *verdict) around(at place) error {
	var shared error
	if !at.alone { // else it is a copy, as likely as not
		shared = errors.Join(v.shared(at.wal), v.shared(at.snap))
	}
	return errors.Join(shared, v.headless(at.wal))
}

// shared warns of a folder that is right in all but its mode.
func (v *verdict) shared(dir string) error {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return unreadable(dir, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		v.warn(fmt.Sprintf("%s has mode %04o: a node refuses it unless its options allow that; change it to 0700", dir, mode))
	}
	return nil
}

// find judges log and files. Its error is one of reading: then there is no verdict.
func (v *verdict) find(at place) (wal.Tail, error) {
	recorded, lost := wal.ValidSnapshotEntries(at.wal, nil)
	if err := v.damaged(lost); err != nil {
		return wal.Tail{}, err
	}
	tail, log, err := v.whole(at.wal)
	if err != nil {
		return tail, err
	}
	newest, err := v.files(at, recorded, log)
	if err != nil {
		return tail, err
	}
	if lost != nil { // a node gets no further
		if v.Why = explain(at.wal, lost).Error(); errors.Is(lost, wal.ErrFileNotFound) {
			v.Why += hasRun(at.snap)
		}
		return tail, nil
	}
	v.Start = position{newest.GetIndex(), newest.GetTerm()}
	if newest == nil {
		newest = &raftpb.SnapshotMetadata{} // nil would verify what is there, wherever it begins
	}
	state, err := wal.Verify(at.wal, newest, nil)
	switch {
	case err != nil && unread(err):
		return tail, err
	case err != nil:
		v.Why = v.short(at, err)
	case tail.Head:
		v.Why = headLost
	default:
		v.MayStart, v.State = true, &hardState{state.GetTerm(), state.GetVote(), state.GetCommit()}
		for i, d := range v.Damage { // before the start
			v.Damage[i] = strings.Replace(d, remedy.Replace, fmt.Sprintf("a node goes on from snapshot %d, and the next purge behind it removes the segment", v.Start.Index), 1)
		}
	}
	return tail, nil
}

// short says why the log cannot be read from the start. One that does not reach back to
// it has lost either the file of the snapshot that it was purged behind, or its end, and
// with that the record of the snapshot.
func (v *verdict) short(at place, err error) string {
	text := explain(at.wal, err).Error()
	if errors.Is(err, wal.ErrCorrupt) || !errors.Is(err, wal.ErrSliceOutOfRange) && !errors.Is(err, wal.ErrFileNotFound) || at.alone {
		return text
	}
	newest := checked{}
	for _, c := range v.Snapshots {
		if cmp.Or(cmp.Compare(c.Term, newest.Term), cmp.Compare(c.Index, newest.Index)) > 0 {
			newest = c
		}
	}
	switch {
	case newest.Index == 0:
		return at.wal + " does not begin at entry 1, and vouches for no snapshot: its end is missing, and the snapshot's record with it: " + remedy.Replace
	case newest.File != "intact":
		return fmt.Sprintf("%s does not reach back behind the snapshot at %d, whose file is %s: put back a copy of that file, of any age; if there is none, %s", at.wal, newest.Index, newest.File, remedy.Replace)
	}
	return text
}

// unread tells whether an error is one of reading, and so says nothing about the log.
func unread(err error) bool {
	for _, known := range []error{
		wal.ErrCorrupt, wal.ErrTorn, wal.ErrMetadataConflict, wal.ErrSnapshotNotFound, wal.ErrSnapshotMismatch,
		wal.ErrSliceOutOfRange, wal.ErrFileNotFound, wal.ErrSequence,
	} {
		if errors.Is(err, known) {
			return false
		}
	}
	return true
}

// headLost is why a node must not start on a log whose last segment is no segment.
const headLost = "the last segment of the log has lost its head, and what it held may be lost; " + remedy.Replace + "; 'logbook repair' goes on without it"

// damaged notes what is wrong with the log, once, and returns any other error.
func (v *verdict) damaged(err error) error {
	switch {
	case err == nil:
		return nil
	case unread(err):
		return err
	case !slices.Contains(v.Damage, err.Error()):
		v.Damage = append(v.Damage, err.Error())
	}
	return nil
}

// whole reads the log from its oldest segment on, and notes where it is torn or damaged.
// The survey is nil if it is damaged.
func (v *verdict) whole(dir string) (tail wal.Tail, log *survey, err error) {
	w, err := wal.OpenForRead(dir, nil, &wal.Options{Logger: v.strangers()})
	if err != nil {
		return tail, nil, v.damaged(err)
	}
	r := newReport()
	log, err = r.count(w)
	err = v.damaged(err)
	if tail, v.Torn = w.Tail(), r.Torn; errors.Join(err, w.Close()) != nil {
		return tail, nil, err
	}
	if log != nil {
		_, err = wal.Verify(dir, nil, nil) // what only the end of the log shows
	}
	return tail, log, v.damaged(err)
}

// files looks at the file of each recorded snapshot, and returns the newest that is
// intact; nil without one. Those beyond the end of the log are looked at for what they
// hint at.
func (v *verdict) files(at place, recorded []*raftpb.SnapshotMetadata, log *survey) (newest *raftpb.SnapshotMetadata, err error) {
	r := newReport()
	if at.snap != "" {
		if err := r.startFiles(v.strangers(), at.snap, recorded, log); err != nil {
			return nil, explain(at.snap, err)
		}
	}
	for _, m := range recorded {
		c := checked{snapshot: newSnapshot(m)}
		switch {
		case m.GetIndex() == 0: // the beginning needs no file
		case at.alone:
			newest = newer(newest, m)
		default:
			if c.File = v.file(at, r.fileOf(m)); c.File == "intact" {
				newest = newer(newest, m)
			}
		}
		v.Snapshots = append(v.Snapshots, c)
	}
	if log != nil {
		r.compare(at, log)
	}
	for _, w := range r.warnings {
		v.warn(w)
	}
	return newest, nil
}

// newer returns the snapshot that a node would prefer: of the higher term, then index.
func newer(a, b *raftpb.SnapshotMetadata) *raftpb.SnapshotMetadata {
	if a == nil || slices.Compare([]uint64{a.GetTerm(), a.GetIndex()}, []uint64{b.GetTerm(), b.GetIndex()}) < 0 {
		return b
	}
	return a
}

// file says in a word what a recorded snapshot's file is, and notes damage.
func (v *verdict) file(at place, f *snapFile) string {
	switch {
	case f == nil:
		return "missing"
	case f.Error != "":
		v.Damage = append(v.Damage, explain(at.snap, errors.New(f.Error)).Error())
		return "corrupt"
	case f.Skipped != "":
		v.Damage = append(v.Damage, f.misnamed(at.snap))
		return "misnamed"
	}
	return "intact"
}

// misnamed says that a recorded snapshot's file is of another one.
func (f *snapFile) misnamed(dir string) string {
	return fmt.Sprintf("%s is misnamed: %s", filepath.Join(dir, f.Name), f.Skipped)
}

// print writes the verdict for a person.
func (v *verdict) print(out io.Writer, at place) error {
	text := fmt.Sprintf("log in %s\nsnapshots\n", at.wal)
	for _, s := range v.Snapshots {
		file := s.File
		switch {
		case s.Index == 0:
			file = "the beginning, which needs no file"
		case file == "":
			file = "file not looked for"
		default:
			file = "file " + file
		}
		text += fmt.Sprintf("  index %d term %d: %s\n", s.Index, s.Term, file)
	}
	_, err := fmt.Fprintf(out, "%s%s\n", text, v.line(at))
	return err
}

// line says whether a node may start.
func (v *verdict) line(at place) string {
	if len(v.Snapshots) == 0 && !v.MayStart {
		return "a node must not start: " + v.Why
	}
	where := "from the beginning of the log"
	if v.Start.Index > 0 {
		where = fmt.Sprintf("at snapshot %d of term %d", v.Start.Index, v.Start.Term)
	}
	if !v.MayStart {
		return fmt.Sprintf("a node must not start %s: %s", where, v.Why)
	}
	if at.alone && v.Start.Index > 0 {
		where += ", if it has its file"
	}
	return fmt.Sprintf("a node may start %s: hard state term %d vote %x commit %d", where, v.State.Term, v.State.Vote, v.State.Commit)
}

// wrong is the error for a log that is not as it should be. What the verdict's own line
// says is told.
func (v *verdict) wrong(at place) error {
	var errs []error
	for _, d := range v.Damage {
		if err := explain(filepath.Dir(at.wal), errors.New(d)); v.MayStart || !strings.HasPrefix(v.Why, err.Error()) {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 && (len(v.Damage) > 0 || !v.MayStart) {
		return errTold
	}
	return errors.Join(errs...)
}
