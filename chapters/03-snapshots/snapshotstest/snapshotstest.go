// Package snapshotstest puts an implementation of chapter 3 to the test: Save,
// reading back what was saved, the snapshot file, which of them a node starts
// from, and giving up what a snapshot covers.
//
// It is used as testing/fstest is: a test hands over an [Implementation], and
// [Run] does the rest. [Crash] is the chapter's crash lab.
//
// Nothing that the implementation writes is read with the implementation, and
// nothing that it reads was written by it: logs and files are built and looked at
// here, with chapters 1 and 2, or were written by etcd (the files of
// testdata/golden). So a mistake made twice does not cancel out. Only the crash
// labs, and the random histories, let it read what it wrote itself, and compare
// the outcome with a model of raft's log in memory.
//
// Every subtest is an invariant. Its cases go from small to large and it stops
// at the first that fails: what a failure shows is the smallest input that is
// known to break the implementation, and the calls that were made.
//
// # What this package does not do
//
// It does not judge speed, and it does not use the implementation from two
// goroutines. An endless loop is reported, but not stopped. Of the histories that
// no raft node writes it tries one of each kind.
package snapshotstest

import (
	"testing"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// WAL is what Create and Open must return. The contract of each method is the doc
// comment of the same name in package snapshots.
type WAL interface {
	// ReadAll returns what the log holds behind its start, once.
	ReadAll() (metadata []byte, state *raftpb.HardState, ents []*raftpb.Entry, err error)
	// Save appends entries and a hard state.
	Save(state *raftpb.HardState, ents []*raftpb.Entry) error
	// SaveSnapshot records that a snapshot was saved.
	SaveSnapshot(m *raftpb.SnapshotMetadata) error
	// Sync makes everything durable.
	Sync() error
	// ReleaseLockTo gives up segments, and Purge removes them.
	ReleaseLockTo(index uint64) error
	Purge() error
	// Close gives up everything.
	Close() error
}

// Snapshotter is what New must return.
type Snapshotter interface {
	// SaveSnap saves a snapshot to a file.
	SaveSnap(snap *raftpb.Snapshot) error
	// Load returns the newest whole one, and LoadNewestAvailable the newest
	// among those that are recorded.
	Load() (*raftpb.Snapshot, error)
	LoadNewestAvailable(recorded []*raftpb.SnapshotMetadata) (*raftpb.Snapshot, error)
	// PassedOver returns why newer files were not taken.
	PassedOver() []error
}

// Implementation is everything that chapter 3 builds. The contract of each
// function is the doc comment of the same name in package snapshots. size is
// Options.SegmentSize.
type Implementation struct {
	// Create makes a log, and Open takes one for writing.
	Create func(fsys disk.FS, dir string, metadata []byte, size int64) (WAL, error)
	Open   func(fsys disk.FS, dir string, snap *raftpb.SnapshotMetadata, size int64) (WAL, error)

	// Repair mends a torn log: chapter 2's.
	Repair func(fsys disk.FS, dir string) error

	// New returns a Snapshotter for a folder.
	New func(fsys disk.FS, dir string) Snapshotter

	// Valid is ValidSnapshotEntries.
	Valid func(fsys disk.FS, dir string) ([]*raftpb.SnapshotMetadata, error)

	// Match returns the snapshot to start from, of a log and the Snapshotter of
	// a folder.
	Match func(fsys disk.FS, dir, folder string) (*raftpb.Snapshot, error)

	// ErrRefused, ErrNotRead, ErrRead and ErrClosed are the sentinels of calls that
	// a log does not take.
	ErrRefused, ErrNotRead, ErrRead, ErrClosed error

	// ErrSliceOutOfRange, ErrSnapshotNotFound, ErrSnapshotMismatch and
	// ErrMetadataConflict are those of a log that is not what was asked for.
	ErrSliceOutOfRange, ErrSnapshotNotFound, ErrSnapshotMismatch, ErrMetadataConflict error

	// ErrNoSnapshot, ErrCorrupt and ErrName are those of snapshot files.
	ErrNoSnapshot, ErrCorrupt, ErrName error

	// ErrLogCorrupt and ErrTorn are chapter 2's.
	ErrLogCorrupt, ErrTorn error

	// Waits returns why an exercise, such as "3.3", cannot be tested yet, or
	// "". An exercise that waits is skipped. Nil means that nothing waits.
	Waits func(exercise string) string
}

// invariants are those of one exercise.
type invariants = []suite.Invariant[*check]

// chapter is the suite, in the order of the page.
var chapter = suite.Chapter[*check]{
	Page: "docs/03-snapshots.md",
	Exercises: []suite.Exercise[*check]{
		{ID: "3.1", Title: "save", Invariants: invariants{
			{Slug: "I1_what_is_saved_is_written_in_order", Try: savedInOrder},
			{Slug: "I2_what_raft_acts_on_is_synced", Try: actedOnIsSynced},
			{Slug: "I3_a_hard_state_is_copied", Try: stateIsCopied},
			{Slug: "I4_what_contradicts_the_log_is_refused", Try: contradictionRefused},
			{Slug: "I5_a_segment_begins_with_metadata_and_state", Try: segmentHeads},
			{Slug: "I6_names_never_go_back", Try: namesNeverGoBack},
			{Slug: "I7_a_failed_save_is_never_acknowledged", Try: failedSave},
			{Slug: "I8_a_save_survives_every_crash", Try: saveCrashes},
		}},
		{ID: "3.2", Title: "read back", Needs: []string{"3.1"}, Invariants: invariants{
			{Slug: "I9_what_was_saved_comes_back", Try: savedComesBack},
			{Slug: "I10_what_is_overwritten_stays_overwritten", Try: staysOverwritten},
			{Slug: "I11_a_leaders_snapshot_replaces_the_log", Name: "a leader's snapshot replaces the log", Try: leadersSnapshot},
			{Slug: "I12_a_snapshot_never_committed_is_passed_over", Try: neverCommitted},
			{Slug: "I13_a_start_that_is_not_there_is_told", Try: startNotThere},
			{Slug: "I14_what_raft_never_writes_is_corrupt", Try: neverWritten},
			{Slug: "I15_a_log_that_was_read_goes_on", Try: readGoesOn},
			{Slug: "I16_any_history_reads_as_raft_left_it", Try: anyHistory},
		}},
		{ID: "3.3", Title: "the snapshot file", Invariants: invariants{
			{Slug: "I17_a_snapshot_file_is_etcds", Name: "a snapshot file is etcd's", Try: fileIsEtcds},
			{Slug: "I18_a_file_is_durable_with_its_name", Try: fileIsDurable},
			{Slug: "I19_a_file_is_whole_or_not_there", Try: fileCrashes},
			{Slug: "I20_a_failed_save_leaves_what_was_there", Try: failedFile},
		}},
		{ID: "3.4", Title: "the newest that is whole", Invariants: invariants{
			{Slug: "I21_the_newest_whole_file_is_loaded", Try: newestIsLoaded},
			{Slug: "I22_what_is_proven_corrupt_is_set_aside", Try: corruptSetAside},
			{Slug: "I23_what_cannot_be_read_is_not_corrupt", Try: unreadableStays},
			{Slug: "I24_a_name_must_be_that_of_its_content", Try: nameOfContent},
			{Slug: "I25_a_checksum_of_zero_is_a_value", Try: zeroChecksum},
		}},
		{ID: "3.5", Title: "valid snapshots", Invariants: invariants{
			{Slug: "I26_a_snapshot_is_valid_up_to_the_commit", Try: validToCommit},
			{Slug: "I27_a_torn_end_hides_nothing", Try: tornHidesNothing},
		}},
		{ID: "3.6", Title: "match", Needs: []string{"3.4", "3.5"}, Invariants: invariants{
			{Slug: "I28_only_what_the_log_recorded_is_loaded", Try: onlyRecorded},
			{Slug: "I29_a_match_is_the_newest_both_know", Try: newestBothKnow},
			{Slug: "I30_a_log_without_its_beginning_needs_a_snapshot", Try: withoutBeginning},
		}},
		{ID: "3.7", Title: "release", Needs: []string{"3.1", "3.2", "3.3", "3.4", "3.5", "3.6"}, Invariants: invariants{
			{Slug: "I31_the_segment_of_the_snapshot_stays", Try: segmentStays},
			{Slug: "I32_a_log_is_synced_before_it_forgets", Try: syncedBeforeForget},
			{Slug: "I33_segments_go_oldest_first", Try: oldestFirst},
			{Slug: "I34_what_is_locked_is_left", Try: lockedIsLeft},
			{Slug: "I35_no_crash_leaves_a_node_that_cannot_start", Try: purgeCrashes},
		}},
	},
}

// Run puts impl to every invariant of chapter 3, each in a subtest such as
// 3.1/I3_a_hard_state_is_copied. An exercise that waits is skipped with the reason
// that impl.Waits gives.
func Run(t *testing.T, impl Implementation) {
	chapter.Run(t, impl.Waits, func(c suite.Check) *check { return &check{Check: c, Implementation: impl} })
}
