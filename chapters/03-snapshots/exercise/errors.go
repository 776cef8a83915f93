package snapshots

import (
	"errors"
	"fmt"

	segments "example.com/logbook/chapters/02-segments"
)

var (
	// ErrRefused matches what [WAL.Save] and [WAL.SaveSnapshot] return for what
	// contradicts the log. Nothing was written, and the log goes on. The caller
	// has a bug, or holds another node's log: stop, and find out which.
	ErrRefused = errors.New("refused: it contradicts the log; nothing was written")

	// ErrSliceOutOfRange occurs when entries are missing: in what is to be
	// saved, or between the snapshot that a log was opened at and those that it
	// holds, usually because a leader's snapshot has replaced them. Open the log
	// at a newer snapshot.
	ErrSliceOutOfRange = errors.New("entries are missing")

	// ErrSnapshotNotFound occurs when the log never recorded the snapshot that
	// it was opened at. Open it at the one that [Match] finds.
	ErrSnapshotNotFound = errors.New("snapshot is not recorded in the log")

	// ErrSnapshotMismatch occurs when the log recorded a snapshot of that index,
	// but of another term. Open it at the one that [Match] finds.
	ErrSnapshotMismatch = errors.New("snapshot has another term in the log")

	// ErrMetadataConflict occurs when two segments name different owners,
	// usually because files of two logs lie in one folder. Move the foreign ones
	// away.
	ErrMetadataConflict = errors.New("segments hold different metadata")

	// ErrNotRead is returned by everything that writes while a log that was
	// opened has not been read, or could not be: call [WAL.ReadAll] first.
	ErrNotRead = errors.New("snapshots: log was not read to its end: call ReadAll first")

	// ErrRead is returned by a second [WAL.ReadAll], and for a log that
	// [Create] has made: open it anew to read it.
	ErrRead = errors.New("snapshots: log was read already: open it anew to read it again")

	// ErrClosed is returned by every method of a [WAL] that was closed.
	ErrClosed = segments.ErrClosed

	// ErrNoSnapshot is returned when a folder holds no snapshot that can be
	// loaded: the node is new, or every file was passed over, which the error
	// then lists. Go on without one only if the log reaches back to its
	// beginning, as [Match] finds out.
	ErrNoSnapshot = errors.New("no snapshot")

	// ErrCorrupt matches every [*CorruptError]. The file can never be loaded;
	// an older one may.
	ErrCorrupt = errors.New("snapshot is corrupt")

	// ErrName matches the passing over of a file whose name is not that of its
	// content: somebody has renamed or copied it. Give it its own name again,
	// or move it away.
	ErrName = errors.New("snapshot file has another snapshot's name")
)

// CorruptError says which snapshot file is corrupt, and why. It matches
// [ErrCorrupt].
type CorruptError struct {
	// File is the file's name.
	File string

	// Reason says what is wrong with it.
	Reason string
}

// Error names the file, what is wrong, and what to do.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("snapshots: %s is corrupt: %s; restore it from a copy, or load an older one", e.File, e.Reason)
}

// Unwrap returns [ErrCorrupt].
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// refuse returns an error that matches [ErrRefused].
func refuse(format string, args ...any) error {
	return fmt.Errorf("snapshots: %w: "+format, append([]any{ErrRefused}, args...)...)
}
