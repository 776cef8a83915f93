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

// invariant is one subtest.
type invariant struct {
	// exercise is the id of the exercise that must hold it.
	exercise string
	// slug is number and name, as in the subtest's name and on the page.
	slug string
	// try runs the cases, and fails c at the first that breaks it.
	try func(c *check)
}

// invariants is chapter 3, in the order of its exercises.
var invariants = []invariant{
	{"3.1", "I1_what_is_saved_is_written_in_order", savedInOrder},
	{"3.1", "I2_what_raft_acts_on_is_synced", actedOnIsSynced},
	{"3.1", "I3_a_hard_state_is_copied", stateIsCopied},
	{"3.1", "I4_what_contradicts_the_log_is_refused", contradictionRefused},
	{"3.1", "I5_a_segment_begins_with_metadata_and_state", segmentHeads},
	{"3.1", "I6_names_never_go_back", namesNeverGoBack},
	{"3.1", "I7_a_failed_save_is_never_acknowledged", failedSave},
	{"3.1", "I8_a_save_survives_every_crash", saveCrashes},
	{"3.2", "I9_what_was_saved_comes_back", savedComesBack},
	{"3.2", "I10_what_is_overwritten_stays_overwritten", staysOverwritten},
	{"3.2", "I11_a_leaders_snapshot_replaces_the_log", leadersSnapshot},
	{"3.2", "I12_a_snapshot_never_committed_is_passed_over", neverCommitted},
	{"3.2", "I13_a_start_that_is_not_there_is_told", startNotThere},
	{"3.2", "I14_what_raft_never_writes_is_corrupt", neverWritten},
	{"3.2", "I15_a_log_that_was_read_goes_on", readGoesOn},
	{"3.2", "I16_any_history_reads_as_raft_left_it", anyHistory},
	{"3.3", "I17_a_snapshot_file_is_etcds", fileIsEtcds},
	{"3.3", "I18_a_file_is_durable_with_its_name", fileIsDurable},
	{"3.3", "I19_a_file_is_whole_or_not_there", fileCrashes},
	{"3.3", "I20_a_failed_save_leaves_what_was_there", failedFile},
	{"3.4", "I21_the_newest_whole_file_is_loaded", newestIsLoaded},
	{"3.4", "I22_what_is_proven_corrupt_is_set_aside", corruptSetAside},
	{"3.4", "I23_what_cannot_be_read_is_not_corrupt", unreadableStays},
	{"3.4", "I24_a_name_must_be_that_of_its_content", nameOfContent},
	{"3.4", "I25_a_checksum_of_zero_is_a_value", zeroChecksum},
	{"3.5", "I26_a_snapshot_is_valid_up_to_the_commit", validToCommit},
	{"3.5", "I27_a_torn_end_hides_nothing", tornHidesNothing},
	{"3.6", "I28_only_what_the_log_recorded_is_loaded", onlyRecorded},
	{"3.6", "I29_a_match_is_the_newest_both_know", newestBothKnow},
	{"3.6", "I30_a_log_without_its_beginning_needs_a_snapshot", withoutBeginning},
	{"3.7", "I31_the_segment_of_the_snapshot_stays", segmentStays},
	{"3.7", "I32_a_log_is_synced_before_it_forgets", syncedBeforeForget},
	{"3.7", "I33_segments_go_oldest_first", oldestFirst},
	{"3.7", "I34_what_is_locked_is_left", lockedIsLeft},
	{"3.7", "I35_no_crash_leaves_a_node_that_cannot_start", purgeCrashes},
}

// titles are the headings of the exercises on the page.
var titles = map[string]string{
	"3.1": "save",
	"3.2": "read back",
	"3.3": "the snapshot file",
	"3.4": "the newest that is whole",
	"3.5": "valid snapshots",
	"3.6": "match",
	"3.7": "release",
}

// stands are the exercises that one cannot be tried without. Those that its own
// functions call are known to Waits; these are called by the suite.
var stands = map[string][]string{
	"3.2": {"3.1"},
	"3.6": {"3.4", "3.5"},
	"3.7": {"3.1", "3.2", "3.3", "3.4", "3.5", "3.6"},
}

// waits returns why an exercise is skipped, or "".
func (impl Implementation) waits(exercise string) string {
	if impl.Waits == nil {
		return ""
	}
	if reason := impl.Waits(exercise); reason != "" {
		return reason
	}
	for _, other := range stands[exercise] {
		if reason := impl.Waits(other); reason != "" {
			return exercise + " cannot be tried without " + other + ": " + reason
		}
	}
	return ""
}

// Run puts impl to every invariant of chapter 3, each in a subtest such as
// 3.1/I3_a_hard_state_is_copied. An exercise that waits is skipped with the reason
// that impl.Waits gives.
func Run(t *testing.T, impl Implementation) {
	for i := 0; i < len(invariants); {
		exercise := invariants[i].exercise
		first := i
		for i < len(invariants) && invariants[i].exercise == exercise {
			i++
		}
		t.Run(exercise, func(t *testing.T) {
			if reason := impl.waits(exercise); reason != "" {
				t.Skip(reason)
			}
			t.Parallel() // beside the other exercises; its invariants go in order
			ended := true
			for _, inv := range invariants[first:i] {
				if !ended {
					break // the rest would most likely hang too
				}
				t.Run(inv.slug, func(t *testing.T) {
					c := &check{T: t, Implementation: impl, inv: inv}
					ended = c.ends()
				})
			}
		})
	}
}
