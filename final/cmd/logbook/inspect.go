package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/snap"
	"example.com/logbook/final/wal"
)

// inspectUsage says what is no failure, which is what a script needs to know.
const inspectUsage = `usage: logbook inspect [-json] DIR

Inspect reads a log as a node would, at every snapshot that it could be opened at,
and the snapshot files beside it, and says what it found.

	-json   for programs: an object with the keys Records, LastOffset, LastCRC,
	        Snapshots, Reads, SnapFiles and Newest

A start at which the log cannot be read is no damage: a log that begins at entry 71
cannot be read from 0. It is told as that start's error. A damaged log is not
reported at all; 'logbook dump' shows what is left of it.

It streams. Memory holds one record of the log, and one snapshot file, at a time.
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
	r, log, err := newReport(at)
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
	return r.broken(at.snap)
}

// newReport reads everything. The log it returns is closed; it still knows its
// segments and its tail.
func newReport(at place) (*report, *wal.WAL, error) {
	r := &report{Records: map[string]int{}, LastOffset: map[string]int64{}}
	w, err := r.count(at.wal)
	if errors.Is(err, wal.ErrCorrupt) {
		err = fmt.Errorf("%w; 'logbook dump' shows what is left", err)
	}
	if err != nil {
		return nil, nil, explain(at.wal, err)
	}
	recorded, err := wal.ValidSnapshotEntries(at.wal, nil)
	if err != nil {
		return nil, nil, explain(at.wal, err)
	}
	for _, m := range recorded {
		r.Snapshots = append(r.Snapshots, newSnapshot(m))
	}
	if r.Reads, err = readAt(at.wal, recorded); err != nil {
		return nil, nil, explain(at.wal, err)
	}
	if at.snap != "" {
		if err := r.snapFiles(at.snap, recorded); err != nil {
			return nil, nil, explain(at.snap, err)
		}
	}
	return r, w, nil
}

// count goes over all records once.
func (r *report) count(dir string) (log *wal.WAL, err error) {
	w, err := wal.OpenForRead(dir, nil, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for rec, err := range w.Records() {
		if err != nil {
			return w, err
		}
		r.Records[rec.Type.String()]++
		r.LastOffset[rec.Segment] = rec.End()
	}
	if len(r.Records) == 0 {
		return w, errEmpty(w)
	}
	r.LastCRC = fmt.Sprintf("%08x", w.Tail().CRC)
	return w, nil
}

// snapFiles reads the snapshot files one by one. One that is corrupt is reported and
// passed over, as a node does.
func (r *report) snapFiles(dir string, recorded []*raftpb.SnapshotMetadata) error {
	s := snap.New(dir, nil)
	files, err := s.List()
	if err != nil {
		return err
	}
	slices.Reverse(files)
	for _, f := range files {
		loaded, err := snap.Read(filepath.Join(dir, f.Name), nil)
		if err != nil && !errors.Is(err, snap.ErrCorrupt) {
			return err
		}
		r.SnapFiles = append(r.SnapFiles, newSnapFile(f.Name, loaded, err))
	}
	newest, err := s.LoadNewestAvailable(recorded)
	switch {
	case errors.Is(err, snap.ErrNoSnapshot):
		return nil
	case err != nil:
		return err
	}
	m := newest.GetMetadata()
	i := slices.IndexFunc(files, func(f snap.File) bool { return f.Term == m.GetTerm() && f.Index == m.GetIndex() })
	if i >= 0 {
		r.Newest = files[i].Name
	}
	return nil
}

// newSnapFile digests one file, so that two nodes' snapshots can be compared by eye.
func newSnapFile(name string, s *raftpb.Snapshot, err error) snapFile {
	if err != nil {
		return snapFile{Name: name, Error: err.Error()}
	}
	m, sum := s.GetMetadata(), sha256.Sum256(s.GetData())
	return snapFile{
		Name: name, Index: m.GetIndex(), Term: m.GetTerm(),
		Voters: m.GetConfState().GetVoters(), Learners: m.GetConfState().GetLearners(),
		DataSize: len(s.GetData()), DataSHA256: hex.EncodeToString(sum[:]),
	}
}

// broken is the error for a report with snapshot files that cannot be loaded.
func (r *report) broken(dir string) error {
	var errs []error
	for _, f := range r.SnapFiles {
		if f.Error != "" {
			errs = append(errs, explain(dir, errors.New(f.Error)))
		}
	}
	return errors.Join(errs...)
}
