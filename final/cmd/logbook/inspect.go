package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"

	"example.com/logbook/final/internal/remedy"
	"example.com/logbook/final/snap"
	"example.com/logbook/final/wal"
)

// inspectUsage says what is no failure, which is what a script needs to know.
const inspectUsage = `usage: logbook inspect [-json] DIR

Inspect reads a log as a node would, at every snapshot that it could be opened at,
and the snapshot files beside it, and says what it found.

	-json   for programs: an object with the keys Records, LastOffset, LastCRC,
	        Snapshots, Reads, SnapFiles and Newest, and Torn if the log is torn

Whether a node may start is for 'logbook verify' to say; a log whose last segment has
lost its head is a failure here, too, and so is the file of a recorded snapshot that
cannot be loaded.

A missing end of a log cannot be seen in it. A snapshot file, or a hard state, beyond
its last entry hints at one, and so does a recorded snapshot without its file: that is
a warning, no failure.

A start at which the log cannot be read is no damage: a log that begins at entry 71
cannot be read from 0. It is told as that start's error. A damaged log is not
reported at all; 'logbook dump' shows what is left of it.

While its node runs a log may look torn, and a snapshot without its file: look again.

It streams: two passes over the log, three with -json, however many snapshots it has
recorded. Memory holds one record of the log, or one snapshot file, at a time.
`

// setupInspect declares the flags of inspect.
func setupInspect(a *app, flags *flag.FlagSet) func(string) error {
	asJSON := flags.Bool("json", false, "")
	return func(dir string) error { return a.inspect(dir, *asJSON) }
}

// inspect prints the report first and then what is wrong: a damaged snapshot file is a
// failure, but all the rest of the report is still true.
func (a *app) inspect(dir string, asJSON bool) error {
	at, err := locate(dir)
	if err != nil {
		return err
	}
	r, log, err := a.report(at, asJSON)
	if err != nil {
		return err
	}
	if asJSON {
		out, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(a.out, "%s\n", out); err != nil {
			return err
		}
	} else {
		out := bufio.NewWriter(a.out)
		r.print(out, at, log.Segments())
		if err := out.Flush(); err != nil {
			return err
		}
	}
	a.tellTorn(at.wal, log.Tail())
	for _, w := range r.warnings {
		a.say(w)
	}
	return errors.Join(r.stop, r.broken(at.snap))
}

// report reads everything; the digests of entries only for programs, which compare
// them. The log it returns is closed; it still knows its segments and its tail.
func (a *app) report(at place, digests bool) (_ *report, _ *wal.WAL, err error) {
	r := newReport()
	w, err := wal.OpenForRead(at.wal, nil, &wal.Options{Logger: a.strangers()})
	if err != nil {
		return nil, nil, explain(at.wal, err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	s, err := r.count(w)
	if errors.Is(err, wal.ErrCorrupt) {
		const dump = "; 'logbook dump' shows what is left"
		text := explain(at.wal, err).Error()
		if reads := stillReads(at); reads != "" {
			text = strings.Replace(text, "; "+remedy.Replace, reads, 1)
		}
		err = &logError{text + dump, err}
	}
	if err != nil {
		return nil, nil, explain(at.wal, err)
	}
	for _, m := range s.recorded {
		r.Snapshots = append(r.Snapshots, newSnapshot(m))
	}
	if err := r.readAt(w, s, digests); err != nil {
		return nil, nil, explain(at.wal, err)
	}
	if at.snap != "" {
		if err := r.snapFiles(a, at.snap, s); err != nil {
			return nil, nil, explain(at.snap, err)
		}
	}
	r.compare(at, s)
	if w.Tail().Head {
		r.stop = errors.New(headLost)
	}
	return r, w, nil
}

// stillReads says from which snapshot on a damaged log reads well, if it does: a node
// that starts there never meets the damage.
func stillReads(at place) string {
	recorded, err := wal.ValidSnapshotEntries(at.wal, nil)
	if err != nil || len(recorded) == 0 {
		return ""
	}
	newest := recorded[len(recorded)-1]
	if at.snap != "" {
		s, err := snap.New(at.snap, nil).LoadNewestAvailable(recorded)
		if err != nil {
			return ""
		}
		newest = s.GetMetadata()
	}
	if _, err := wal.Verify(at.wal, newest, nil); err != nil || newest.GetIndex() == 0 {
		return ""
	}
	return fmt.Sprintf("; from the snapshot at %d on it reads well, and a node that starts there goes on", newest.GetIndex())
}

// broken is the error for a report with files of recorded snapshots that cannot be
// loaded. Others are nobody's loss.
func (r *report) broken(dir string) error {
	var errs []error
	for _, f := range r.SnapFiles {
		switch {
		case !f.recorded:
		case f.Error != "":
			errs = append(errs, explain(dir, errors.New(f.Error)))
		case f.Skipped != "":
			errs = append(errs, errors.New(f.misnamed(dir)))
		}
	}
	return errors.Join(errs...)
}
