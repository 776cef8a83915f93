package storage

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/internal/remedy"
	"example.com/logbook/final/snap"
	"example.com/logbook/final/wal"
)

// The folders in a node's folder, as etcd calls them.
const (
	walFolder  = "wal"
	snapFolder = "snap"
)

// ErrNoLog occurs when there is no log where there must be one: the folder snap holds something, so that the node has run before, or Options.MustExist is set. The
// log was moved away, or removed, or its disk is not mounted. Put it back. If it is lost, so is the node's vote: remove this member from the
// group, and add it again under a new id, in a new folder.
var ErrNoLog = errors.New("no log, but the node has run before")

// Options configures a start. The zero value, or a nil pointer, is the default.
type Options struct {
	// FS is the disk. If nil, it is the real folder; otherwise the folder's name is a path inside FS.
	FS disk.FS

	// Logger gets what is worth telling but no error: what wal and snap tell, a start before the newest snapshot, and a snapshot beyond the log's last
	// entry, which alone hints at a log that has lost its end. If nil, nobody does.
	Logger *slog.Logger

	// MustExist makes it an error if there is no log ([ErrNoLog]). The default is to create one in a folder without any.
	MustExist bool

	// WAL and Snap are what the log and the snapshots are opened with. FS and Logger in them are not looked at: those above are taken. AllowShared is
	// set in each. The default is theirs.
	WAL  wal.Options
	Snap snap.Options
}

// Storage is what a node goes on from, and what it saves to.
type Storage struct {
	// WAL is the log, locked, read to its end, and ready for Save. Close it at the end, also when anything has failed: nothing else is open.
	WAL *wal.WAL

	// Snap is the folder of the snapshots.
	Snap *snap.Snapshotter

	// New tells that the node has saved nothing yet: the log has just been created, or a crash came before its first Save had returned. Such a node gets its first
	// members from its owner; any other has them from what it has saved. Entries without any hard state are of a first Save that was cut short, as raft
	// has the first hard state with the first entries: they are not among Entries, and the next Save replaces them.
	New bool

	// Metadata is what the log was created with.
	Metadata []byte

	// Snapshot is where the node starts, with the application's data; nil for the beginning.
	Snapshot *raftpb.Snapshot

	// HardState is the last one: never nil, and empty if none was ever saved. Its commit is not below the snapshot's index, but when it is empty.
	HardState *raftpb.HardState

	// Entries are those behind the snapshot, without a gap.
	Entries []*raftpb.Entry
}

// Open opens the storage in a node's folder, or creates it if neither a log nor anything in the folder of the snapshots is there: see the package's comment.
// The folder is made, durably, if it is not there; its parent must be. Metadata is for a new log only: whatever the owner wants to find
// again.
//
// It returns [ErrNoLog] for a node that has lost its log, [disk.ErrLocked] for one that is running, wal.ErrShared or snap.ErrShared for folders that others may enter, and what else wal and snap return. After an error nothing is open; what
// was there is as it was, but for a torn tail that was cut off behind a copy. A Create that failed leaves no log.
func Open(dir string, metadata []byte, opts *Options) (*Storage, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	once := newOnce(o.Logger.Handler())
	defer once.end()
	o.Logger = slog.New(once)
	o.WAL.FS, o.WAL.Logger, o.Snap.FS, o.Snap.Logger = o.FS, o.Logger, o.FS, o.Logger
	n := &node{dir: dir, opts: &o}
	n.Snap = snap.New(n.path(snapFolder), &o.Snap)
	there, err := wal.Exist(n.path(walFolder), &o.WAL)
	if err == nil {
		err = n.checkShared()
	}
	switch {
	case err != nil:
		return nil, err
	case there:
		err = n.open()
	default:
		err = n.create(metadata)
	}
	if err != nil {
		return nil, err
	}
	return &n.Storage, nil
}

// node is a start.
type node struct {
	Storage
	dir  string
	opts *Options
}

// open opens the log that is there.
func (n *node) open() error {
	recorded, err := wal.ValidSnapshotEntries(n.path(walFolder), &n.opts.WAL)
	if err != nil {
		return err
	}
	n.Snapshot, err = n.Snap.LoadNewestAvailable(recorded)
	if err != nil && !errors.Is(err, snap.ErrNoSnapshot) { // without one, the log is read from its beginning, if it has that
		return err
	}
	lost := n.lost(recorded)
	if err := n.read(); err != nil {
		return n.explain(err, lost)
	}
	if n.Snapshot == nil && n.HardState.GetTerm() == 0 && n.HardState.GetCommit() == 0 {
		found, err := n.found()
		if err != nil {
			return errors.Join(err, n.WAL.Close())
		}
		if n.New = found == ""; n.New {
			n.Entries = nil // of the first Save, whose hard state a crash has taken: it has acknowledged nothing
		}
	}
	if err := n.beyond(); err != nil {
		return errors.Join(err, n.WAL.Close())
	}
	if lost != "" {
		n.opts.Logger.Warn("node starts before the newest snapshot that its log has recorded, whose file is missing or was passed over; the log holds what lies between", "file", lost, "start", n.Snapshot.GetMetadata().GetIndex())
	}
	return nil
}

// beyond warns of a snapshot file that knows more than the log. Nothing in the log itself shows that its end is missing.
func (n *node) beyond() error {
	files, err := snap.New(n.path(snapFolder), &snap.Options{FS: n.opts.FS}).List()
	if err != nil && !errors.Is(err, snap.ErrNoSnapshot) {
		return err
	}
	last, most := n.Snapshot.GetMetadata().GetIndex()+uint64(len(n.Entries)), snap.File{}
	for _, f := range files {
		if f.Index > max(last, most.Index) {
			most = f
		}
	}
	if most.Index > 0 {
		n.opts.Logger.Warn("snapshot file is beyond the log's last entry: a crash before a leader's snapshot was recorded and committed leaves this, and nothing is lost; or the end of the log may be missing: if files of it were removed, or put back from a copy, "+remedy.Replace,
			"file", n.path(snapFolder, most.Name), "last", last)
	}
	return nil
}

// explain says what is missing in a log that does not reach back to where it was opened. It was purged, and the file of the snapshot is lost; or it has
// lost its end, and with that the record of the snapshot.
func (n *node) explain(err error, lost string) error {
	switch {
	case errors.Is(err, wal.ErrCorrupt) || !errors.Is(err, wal.ErrSliceOutOfRange) && !errors.Is(err, wal.ErrFileNotFound):
		return err
	case lost != "":
		return fmt.Errorf("storage: %s is missing or damaged, and the log does not reach back behind that snapshot: put back a copy of that file, of any age; if there is none, %s (%w)", lost, remedy.Replace, err)
	case n.Snapshot == nil:
		return fmt.Errorf("storage: %s does not begin at entry 1, and vouches for no snapshot: its end is missing, and the snapshot's record with it: %s (%w)", n.path(walFolder), remedy.Replace, err)
	}
	return err
}

// read opens the log at the snapshot and reads it. The log is closed again if it cannot be.
func (n *node) read() error {
	w, err := wal.Open(n.path(walFolder), n.Snapshot.GetMetadata(), &n.opts.WAL)
	if err != nil {
		return err
	}
	if n.Metadata, n.HardState, n.Entries, err = w.ReadAll(); err != nil {
		return errors.Join(err, w.Close())
	}
	n.WAL = w
	return nil
}

// lost returns the file of the newest snapshot that the log can be opened at, if it was not loaded; "" if it was.
func (n *node) lost(recorded []*raftpb.SnapshotMetadata) string {
	at, newest := n.Snapshot.GetMetadata(), n.Snapshot.GetMetadata()
	for _, m := range recorded {
		if cmp.Or(cmp.Compare(newest.GetTerm(), m.GetTerm()), cmp.Compare(newest.GetIndex(), m.GetIndex())) < 0 {
			newest = m
		}
	}
	if newest == at || newest.GetIndex() == 0 {
		return ""
	}
	return n.path(snapFolder, fmt.Sprintf("%016x-%016x.snap", newest.GetTerm(), newest.GetIndex()))
}

// create makes the log of a new node.
func (n *node) create(metadata []byte) error {
	if err := n.checkNew(); err != nil {
		return err
	}
	if err := n.makeFolder(); err != nil {
		return fmt.Errorf("storage: make %s: %w; its parent must be there", n.dir, cause(err))
	}
	w, err := wal.Create(n.path(walFolder), metadata, &n.opts.WAL)
	if err != nil {
		return err
	}
	n.WAL, n.New, n.Metadata, n.HardState = w, true, slices.Clone(metadata), &raftpb.HardState{}
	return nil
}

// checkNew returns why a node without a log is no new one.
func (n *node) checkNew() error {
	for _, other := range []string{n.path(), n.path("member", walFolder)} {
		if there, err := wal.Exist(other, &n.opts.WAL); there || err != nil {
			return cmp.Or(err, fmt.Errorf("storage: %s: %w: %s holds a log; give Open the folder around that of the log, which must be called %s", n.dir, ErrNoLog, other, walFolder))
		}
	}
	found, err := n.found()
	switch {
	case err != nil:
		return err
	case found != "":
		return fmt.Errorf("storage: %s: %w: there is no segment in %s, but there is %s: put the log back; if it is lost, %s",
			n.dir, ErrNoLog, n.path(walFolder), found, remedy.Replace)
	case n.opts.MustExist:
		return fmt.Errorf("storage: %s: %w: there is no segment in %s; check the path, or put the log back", n.dir, ErrNoLog, n.path(walFolder))
	}
	return nil
}

// found returns the last file in the folder of the snapshots, "" if there is none. Any counts: a temporary or damaged one was a snapshot's, too.
func (n *node) found() (string, error) {
	files, err := n.list(n.path(snapFolder))
	if err != nil && !n.isAbsent(err) {
		return "", fmt.Errorf("storage: %s: %w; nothing is known about its snapshots until this succeeds", n.path(snapFolder), cause(err))
	}
	for _, f := range slices.Backward(files) {
		if f.Name() != "lost+found" || !f.IsDir() {
			return n.path(snapFolder, f.Name()), nil
		}
	}
	return "", nil
}
