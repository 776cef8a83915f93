package segments

import (
	"errors"
	"fmt"
)

var (
	// ErrNoLog says that a folder holds no segment, or is not there. Check the
	// name, or [Create] a log.
	ErrNoLog = errors.New("no log here: check the folder, or create a log in it")

	// ErrTorn matches every [*TornError]: a crash cut off what was being
	// written. Nothing that a sync had finished is missing. Call [Repair], then
	// [Open] again.
	ErrTorn = errors.New("log ends in a torn record")

	// ErrCorrupt matches every [*CorruptError] and [*GapError]: what was durable
	// has changed. Nothing was changed on disk. Restore the folder from a copy;
	// to cut the log there would break a promise.
	ErrCorrupt = errors.New("log is corrupt")

	// ErrClosed is returned by every method of a [Log] that was closed.
	ErrClosed = errors.New("segments: log is closed")
)

// TornError says where a log is torn. It matches [ErrTorn].
type TornError struct {
	// Segment is the name of the file: the last one of the log.
	Segment string

	// Offset is where the last good record ends, and the log may be cut.
	Offset int64

	// Reason says by what it is seen.
	Reason string
}

// Error names file and offset, what is there, and what to do.
func (e *TornError) Error() string {
	return fmt.Sprintf("segments: %s is torn at offset %d: %s; repair it", e.Segment, e.Offset, e.Reason)
}

// Unwrap returns [ErrTorn].
func (e *TornError) Unwrap() error { return ErrTorn }

// CorruptError says where a log is corrupt. It matches [ErrCorrupt].
type CorruptError struct {
	// Segment is the name of the file.
	Segment string

	// Offset is where the last good record ends: whatever is wrong begins
	// there. It is 0 when the name itself is wrong.
	Offset int64

	// Reason says what is wrong.
	Reason string
}

// Error names file and offset, what is wrong, and what to do.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("segments: %s is corrupt at offset %d: %s; restore the folder from a copy", e.Segment, e.Offset, e.Reason)
}

// Unwrap returns [ErrCorrupt].
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// GapError says that segments are missing between two others. It matches
// [ErrCorrupt].
type GapError struct {
	// Before and After are the names of the segments around the gap.
	Before, After string

	// First and Last are the numbers of the first and the last that is missing.
	First, Last uint64
}

// Error names what is missing, and what to do.
func (e *GapError) Error() string {
	what := fmt.Sprintf("segment %016x is", e.First)
	if e.First != e.Last {
		what = fmt.Sprintf("segments %016x to %016x are", e.First, e.Last)
	}
	return fmt.Sprintf("segments: %s missing between %s and %s; put the files back from a copy", what, e.Before, e.After)
}

// Unwrap returns [ErrCorrupt].
func (e *GapError) Unwrap() error { return ErrCorrupt }
