package main

import (
	"errors"
	"flag"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// repairUsage says what is kept, which is what a person at a broken log wants to know
// first.
const repairUsage = `usage: logbook repair [-yes] DIR

Repair cuts off what a crash has left unfinished at the end of a log, as a node does by
itself when it opens the log. It is for a log that a node reads strictly, or whose last
segment has lost its head, and to see what a node would do.

Without -yes it changes nothing: it makes the repair on a disk that drops what is
written, and says what was cut, where, by what it is seen to be unfinished, and under
which name all of the segment's bytes would be kept.

	-yes   do it

What is cut off is kept: the segment is copied, durably, to a file beside it whose name
ends in .broken, before it is touched. Only zeros are cut off without a copy, but for a
segment that has lost its head: of that there is a copy always, if need be an empty one,
and 'logbook verify' tells of it as long as it is there.

Repair reserves room for the segment, 64,000,000 bytes, as a node with default options
does; one whose segments are smaller goes on with it. It refuses a log that is corrupt,
and changes nothing then; it refuses one that is in use, and locks the log while it runs,
also without -yes. It can be repeated, after a crash too.
`

// setupRepair declares the flags of repair.
func setupRepair(a *app, flags *flag.FlagSet) func(string) error {
	yes := flags.Bool("yes", false, "")
	return func(dir string) error { return a.repair(dir, *yes) }
}

// repair repairs the log, or does as if. Who else may enter the folder is the node's
// business: a copy of a log, to be looked at, may lie anywhere.
func (a *app) repair(dir string, yes bool) error {
	at, err := locate(dir)
	if err != nil {
		return err
	}
	opts := &wal.Options{Logger: a.strangers(), AllowShared: true}
	name := at.wal
	if !yes {
		fsys, err := disk.OS(at.wal)
		if err != nil {
			return unreadable(at.wal, err)
		}
		defer fsys.Close()
		name = path.Clean(filepath.ToSlash(at.wal))
		opts.FS = dryDisk{fsys, name}
	}
	report, err := wal.Repair(name, opts)
	if err != nil {
		return explain(at.wal, a.notRepaired(err))
	}
	_, err = fmt.Fprintln(a.out, describe(at.wal, report, yes))
	return err
}

// notRepaired adds what is a way on from a log that cannot be repaired.
func (a *app) notRepaired(err error) error {
	if errors.Is(err, wal.ErrCorrupt) {
		return fmt.Errorf("%w; 'logbook dump' shows what is left", err)
	}
	return err
}

// describe says what was done, or would be.
func describe(dir string, r wal.Report, done bool) string {
	if r.Segment == "" {
		return dir + ": nothing to repair"
	}
	cut, kept, then, rest := "would cut", "would be kept", "then", "nothing was changed; -yes does it"
	if done {
		cut, kept, then, rest = "cut", "is kept", "from now on", ""
	}
	what := "nothing but zeros, if anything, behind"
	if r.Cut > 0 {
		what = fmt.Sprintf("%d bytes at", r.Cut)
	}
	lines := []string{fmt.Sprintf("%s: %s %s offset %d: %s", filepath.Join(dir, r.Segment), cut, what, r.Offset, r.Reason)}
	if r.Copy != "" {
		lines = append(lines, fmt.Sprintf("all of it %s in %s", kept, filepath.Join(dir, r.Copy)))
	}
	if r.Head {
		// A node that has lost acknowledged entries, or its vote, breaks raft's promises.
		lines = append(lines, "what it held may have been acknowledged: to remove this member and add it again under a new id is safe, to go on is not; a node starts on the log without an error "+then+", and the copy alone tells of the loss")
	}
	if rest != "" {
		lines = append(lines, rest)
	}
	return strings.Join(lines, "\n")
}
