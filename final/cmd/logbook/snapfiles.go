package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/internal/remedy"
	"example.com/logbook/final/snap"
)

// snapFiles reads the snapshot files one by one, and only once: they are large. One
// that is corrupt is reported and passed over, as a node does; the newest of the others
// that the log has recorded is the one that a node takes.
func (r *report) snapFiles(a *app, dir string, s *survey) error {
	files, err := snap.New(dir, &snap.Options{Logger: a.strangers()}).List()
	if err != nil {
		return err
	}
	slices.Reverse(files)
	for _, f := range files {
		loaded, err := snap.Read(filepath.Join(dir, f.Name), nil)
		switch {
		case errors.Is(err, fs.ErrNotExist): // purged since it was listed
			continue
		case err != nil && !errors.Is(err, snap.ErrCorrupt):
			return err
		}
		file := newSnapFile(f, loaded, err)
		file.recorded = s.has(f)
		r.SnapFiles = append(r.SnapFiles, file)
		switch why := cmp.Or(file.reason, file.Skipped); {
		case why == "" && file.recorded:
			r.Newest = f.Name
		case why != "" && !file.recorded:
			r.warnSkipped(dir, file)
		}
	}
	return nil
}

// startFiles reads the files that a start may depend on: of the snapshots that the log
// has recorded. Those beyond the log's end, if that is known, are read as well.
func (r *report) startFiles(logger *slog.Logger, dir string, recorded []*raftpb.SnapshotMetadata, log *survey) error {
	files, err := snap.New(dir, &snap.Options{Logger: logger}).List()
	if err != nil {
		return err
	}
	for _, f := range files {
		needed := (&survey{recorded: recorded}).has(f)
		if !needed && (log == nil || f.Index <= log.last()) {
			continue
		}
		loaded, err := snap.Read(filepath.Join(dir, f.Name), nil)
		switch {
		case errors.Is(err, fs.ErrNotExist): // purged since it was listed
		case err == nil || errors.Is(err, snap.ErrCorrupt):
			file := newSnapFile(f, loaded, err)
			r.SnapFiles = append(r.SnapFiles, file)
			if cmp.Or(file.reason, file.Skipped) != "" && !needed {
				r.warnSkipped(dir, file)
			}
		case needed:
			return err
		default:
			r.warn("%s", explain(dir, err))
		}
	}
	return nil
}

// warnSkipped tells of a file that is not what it should be and that no node looks at: the
// log has not recorded it, so there is nothing to put back.
func (r *report) warnSkipped(dir string, f snapFile) {
	r.warn("%s is skipped: %s", filepath.Join(dir, f.Name), cmp.Or(f.Skipped, "it is corrupt: "+f.reason+"; the log has not recorded it, and no node loads it"))
}

// fileOf returns a snapshot's file among those read, nil if there is none.
func (r *report) fileOf(m *raftpb.SnapshotMetadata) *snapFile {
	name := fmt.Sprintf("%016x-%016x.snap", m.GetTerm(), m.GetIndex())
	i := slices.IndexFunc(r.SnapFiles, func(f snapFile) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return &r.SnapFiles[i]
}

// has tells whether the log has recorded the snapshot of a file.
func (s *survey) has(f snap.File) bool {
	return slices.ContainsFunc(s.recorded, func(m *raftpb.SnapshotMetadata) bool {
		return m.GetIndex() == f.Index && m.GetTerm() == f.Term
	})
}

// newSnapFile digests one file, so that two nodes' snapshots can be compared by eye.
func newSnapFile(f snap.File, s *raftpb.Snapshot, err error) snapFile {
	if e, ok := errors.AsType[*snap.CorruptError](err); ok {
		return snapFile{Name: f.Name, Error: err.Error(), reason: e.Reason}
	}
	m, sum := s.GetMetadata(), sha256.Sum256(s.GetData())
	file := snapFile{
		Name: f.Name, Index: m.GetIndex(), Term: m.GetTerm(),
		Voters: m.GetConfState().GetVoters(), Learners: m.GetConfState().GetLearners(),
		DataSize: len(s.GetData()), DataSHA256: hex.EncodeToString(sum[:]),
	}
	switch {
	case m.GetTerm() != f.Term || m.GetIndex() != f.Index:
		file.Skipped = fmt.Sprintf("it holds the snapshot of term %d, index %d; give it back its name, or move it away", m.GetTerm(), m.GetIndex())
	case f.Index == 0:
		file.Skipped = "its index is 0, and nobody takes a snapshot of nothing; move it away"
	}
	return file
}

// compare warns of what makes a log look as if its end were missing. Nothing in the log
// itself can show that.
func (r *report) compare(at place, s *survey) {
	const missing = "the end of the log may be missing"
	last := s.last()
	if s.commit > last {
		r.warn("%s: the newest hard state's commit %d is beyond the log's last entry %d: %s", at.wal, s.commit, last, missing)
	}
	for _, f := range r.SnapFiles {
		if f.Error == "" && f.Skipped == "" && f.Index > last {
			r.warn("%s: snapshot file %d is beyond the log's last entry %d: %s, or a crash came between a leader's snapshot and its record; if files of the log were removed, or put back from a copy, %s",
				filepath.Join(at.snap, f.Name), f.Index, last, missing, remedy.Replace)
		}
	}
	if len(s.recorded) == 0 || at.alone {
		return
	}
	newest := slices.MaxFunc(s.recorded, func(a, b *raftpb.SnapshotMetadata) int {
		return slices.Compare([]uint64{a.GetTerm(), a.GetIndex()}, []uint64{b.GetTerm(), b.GetIndex()})
	})
	if newest.GetIndex() > 0 && r.fileOf(newest) == nil {
		name := fmt.Sprintf("%016x-%016x.snap", newest.GetTerm(), newest.GetIndex())
		r.warn("%s: the newest snapshot that the log has recorded, of index %d, has no file: put back a copy of %s; without it a node starts before it, if the log reaches back there", filepath.Dir(at.wal), newest.GetIndex(), filepath.Join("snap", name))
	}
}

// strangers is a logger that tells of files which are nearly what they should be. All
// else that the libraries log is in the report.
func (a *app) strangers() *slog.Logger { return slog.New(teller{a.say}) }

// A teller says what has a file to it.
type teller struct{ say func(string) }

// Enabled takes everything.
func (teller) Enabled(context.Context, slog.Level) bool { return true }

// Handle says what is wrong with a file.
func (t teller) Handle(_ context.Context, rec slog.Record) error {
	attrs := map[string]string{}
	for a := range rec.Attrs {
		attrs[a.Key] = a.Value.String()
	}
	if attrs["file"] != "" {
		t.say(fmt.Sprintf("%+q: %s", filepath.Join(attrs["dir"], attrs["file"]), rec.Message))
	}
	return nil
}

// WithAttrs is not needed by what is logged.
func (t teller) WithAttrs([]slog.Attr) slog.Handler { return t }

// WithGroup is not needed either.
func (t teller) WithGroup(string) slog.Handler { return t }
