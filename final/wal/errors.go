package wal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"example.com/logbook/final/internal/remedy"
)

var (
	// ErrCorrupt matches, with [errors.Is], every [CorruptError]: bytes that were durable have changed since, or say
	// what no raft node writes. Nothing was changed on disk. Remove this member from its group, and add it again under a new id with an
	// empty folder; do not start it on what is left, nor on a copy that is older than its last write: it would have forgotten votes and
	// entries that it has acknowledged.
	ErrCorrupt = errors.New("log is corrupt")

	// ErrTorn matches every [TornError]: the log ends in something unfinished. If a crash left it, nothing that was
	// acknowledged is lost: read with [TornTail] to go on without it. If not even the log's metadata can be read, it is
	// returned by TornTail, too: such a log is no empty one, and a node that starts on it forgets its vote. Remove
	// the folder if the node has never run; else replace the member, as for [ErrCorrupt].
	ErrTorn = errors.New("log ends in a torn record")

	// ErrMetadataConflict occurs when two segments name different owners, usually because files of two logs lie in
	// one folder. Move the foreign ones away.
	ErrMetadataConflict = errors.New("segments hold different metadata")

	// ErrMisnamed occurs when the name of a segment says that it begins behind entries that the log before it does not have: the file was renamed. Give it
	// the name that the error tells.
	ErrMisnamed = errors.New("segment has another's name")

	// ErrSnapshotNotFound occurs when the log never recorded the snapshot that it was opened at. Open it at one of
	// those that [ValidSnapshotEntries] returns.
	ErrSnapshotNotFound = errors.New("snapshot is not recorded in the log")

	// ErrSnapshotMismatch occurs when the log recorded a snapshot of that index, but of another term. Open it at
	// one of those that [ValidSnapshotEntries] returns.
	ErrSnapshotMismatch = errors.New("snapshot has another term in the log")

	// ErrSliceOutOfRange occurs when entries are missing between the snapshot that the log was opened at and those
	// that it holds: they were purged behind a newer snapshot, or a leader's snapshot that a hard state commits has replaced
	// them. Open the log at the newest of [ValidSnapshotEntries]; if the file of that snapshot is missing, restore it.
	ErrSliceOutOfRange = errors.New("entries are missing")

	// ErrFileNotFound occurs when a folder holds no segment, or none old enough for the snapshot that the log was
	// opened at. Check the folder, or open the log at a newer snapshot, whose file is to be restored if it is missing.
	ErrFileNotFound = errors.New("no such segment")

	// ErrSequence occurs when a segment in the middle is missing, or two have the same number. Put it back, a copy of any age, since a segment
	// does not change once another stands behind it: the log cannot be read across the hole. Or nothing is missing: then give the one that does not belong there
	// its name again, or move it away.
	ErrSequence = errors.New("segment sequence has a gap")

	// ErrExist is returned by [Create] for a folder that holds something already: a log, or what is not this package's to overwrite. Open the log,
	// or choose an empty folder.
	// It matches [fs.ErrExist], which etcd's Create returns.
	ErrExist error = existError{}

	// ErrShared is returned for a folder that others than its owner may list or write. Change its mode to 0700, or set [Options].AllowShared.
	ErrShared = errors.New("folder is open to others than its owner")

	// ErrRefused occurs when raft would never save what was given: the caller has mixed up two nodes, or an order. Nothing was written, and the
	// log goes on.
	ErrRefused = errors.New("refused")

	// ErrNotRead is returned by what writes, as long as the log that [Open] has opened was not read to its end: call [WAL.ReadAll] first, and
	// do not go on if it fails.
	ErrNotRead = errors.New("wal: log was not read to its end: call ReadAll before writing")

	// ErrRead is returned by what reads, once a log open for writing was read: it can be read once. Open it anew, for reading.
	ErrRead = errors.New("wal: log was read already, and is open for writing: open it anew to read it")

	// ErrReadOnly is returned by what writes for a log that [OpenForRead] has opened. Use [Open].
	ErrReadOnly = errors.New("wal: log is open for reading only: use Open to write")

	// ErrClosed is returned by every method of a log that was closed.
	ErrClosed = errors.New("wal: log is closed")
)

// remedyNewer is what to do about a log that does not reach back to where it was opened.
const remedyNewer = "open the log at the newest of ValidSnapshotEntries, and restore the file of that if it is missing; if there is none, " + remedy.Replace

// folderError is the error for a folder that cannot be opened or listed.
func folderError(dir string, err error) error {
	remedy := "nothing is known about the log until this succeeds"
	if isNotExist(err) {
		remedy = "check the path"
	}
	return fmt.Errorf("wal: %s: %w; %s", dir, cause(err), remedy)
}

// existError is ErrExist.
type existError struct{}

// Error says what is in the way.
func (existError) Error() string { return "folder is not empty" }

// Is reports whether the target is [fs.ErrExist].
func (existError) Is(target error) bool { return target == fs.ErrExist }

// CorruptError says where a log is corrupt. It matches [ErrCorrupt], and whatever Err is.
type CorruptError struct {
	// Dir is the log's folder, as it was given.
	Dir string

	// Segment is the name of the file.
	Segment string

	// Offset is where the damaged frame begins.
	Offset int64

	// Reason says what is wrong there.
	Reason string

	// Err is the sentinel behind it, if one says more than [ErrCorrupt].
	Err error
}

// Error names file and offset, what is wrong, and what to do.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("wal: %s is corrupt at offset %d: %s; nothing was changed%s", filepath.Join(e.Dir, e.Segment), e.Offset, e.Reason, e.remedy())
}

// remedy says what to do, if the reason has not said it.
func (e *CorruptError) remedy() string {
	if e.Err == ErrMetadataConflict || e.Err == ErrMisnamed {
		return ""
	}
	return "; " + remedy.Replace
}

// Unwrap returns [ErrCorrupt], and Err if it is set.
func (e *CorruptError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrCorrupt}
	}
	return []error{ErrCorrupt, e.Err}
}

// TornError says where a log is torn. It matches [ErrTorn]. [Strict] makes an error of any torn log; [TornTail] only of one that
// holds no metadata, [Salvage] of none.
type TornError struct {
	// Dir is the log's folder, as it was given.
	Dir string

	// Segment is the name of the file, the last one of the log.
	Segment string

	// Offset is where the torn frame begins, and the log ends.
	Offset int64

	// Reason says by what it is seen to be torn.
	Reason string
}

// Error names file and offset, what is unfinished, and what to do.
func (e *TornError) Error() string {
	return fmt.Sprintf("wal: %s is torn at offset %d: %s; %s", filepath.Join(e.Dir, e.Segment), e.Offset, e.Reason, e.remedy())
}

// remedy says what to do. What a crash alone does not leave is not to be passed over for a crash's work.
func (e *TornError) remedy() string {
	switch e.Reason {
	case reasonNoMetadata:
		return "if the node has never run remove the folder, else " + remedy.Replace
	case reasonHead:
		return "what the segment held may be lost: " + remedy.Replace + "; Repair goes on without it"
	}
	return "if a crash left it, nothing acknowledged is lost: read the log with TornTail to go on without it"
}

// Unwrap returns [ErrTorn].
func (e *TornError) Unwrap() error { return ErrTorn }

// in says in which folder the damage is, once that is known.
func in(dir string, err error) error {
	if e, ok := errors.AsType[*CorruptError](err); ok {
		e.Dir = dir
	}
	if e, ok := errors.AsType[*TornError](err); ok {
		e.Dir = dir
	}
	return err
}

// readError says where reading failed. It is neither torn nor corrupt: the same read may succeed later, and until it
// does nothing is known about the bytes.
func readError(segment string, offset int64, err error) error {
	return fmt.Errorf("wal: read %s at offset %d: %w; nothing is known about the log until this read succeeds", segment, offset, err)
}
