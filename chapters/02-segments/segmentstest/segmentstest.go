// Package segmentstest puts an implementation of chapter 2 to the test: the
// names of segments, making a log, appending, cutting, reading it back, what
// stands behind its end, and repair.
//
// It is used as testing/fstest is: a test hands over an [Implementation], and
// [Run] does the rest. [Crash] is the chapter's crash lab.
//
// Nothing that the implementation writes is read with the implementation, and
// nothing that it reads was written by it: logs are built and looked at here,
// with chapter 1, or were written by etcd (the files of testdata/golden). So a
// mistake made twice does not cancel out. Only the crash lab lets it recover
// from what it did itself, and looks at the outcome.
//
// Every subtest is an invariant. Its cases go from small to large and it stops
// at the first that fails: what a failure shows is the smallest input that is
// known to break the implementation, the calls that were made, and what they
// did to the disk.
//
// # What this package does not do
//
// It does not judge speed, and it does not use the implementation from two
// goroutines. An endless loop is reported, but not stopped. Disks that show
// bytes which were never written are not tried.
package segmentstest

import (
	"iter"
	"testing"

	"example.com/logbook/final/disk"
)

// Record is one record, with the fields of chapter 1's Record: one converts to
// the other.
type Record struct {
	// Type is the number of the record's type.
	Type int64
	// CRC is the checksum that the record carries.
	CRC uint32
	// Data is the record's content; nil and empty differ.
	Data []byte
}

// Placed is a record and where it stands.
type Placed struct {
	Record
	// Segment is the name of its file.
	Segment string
	// Offset is where its frame begins there.
	Offset int64
}

// Log is what Create and Open must return: a log open for writing. The contract
// of each method is the doc comment of the same name in package segments.
type Log interface {
	// Append adds a record, and promises nothing.
	Append(typ int64, data []byte) error
	// Sync makes what was appended durable.
	Sync() error
	// Prepare makes the spare.
	Prepare() error
	// Cut goes on in a new segment.
	Cut(index uint64, head []Record) error
	// Size is how much of the last segment is written.
	Size() int64
	// Records returns all records.
	Records() iter.Seq2[Placed, error]
	// Segments returns the names of the files, oldest first.
	Segments() []string
	// Release gives up the oldest segment.
	Release() (name string, err error)
	// Close gives up everything.
	Close() error
}

// Report is what Repair must return.
type Report struct {
	// Segment is the file that was cut, or "" if there was nothing to do.
	Segment string
	// Offset is where it was cut, and Cut how many bytes went, without the
	// zeros at the end.
	Offset, Cut int64
	// Copy is the name of the file that holds all that was there before.
	Copy string
	// Reason says why. It is printed, never compared.
	Reason string
}

// Place is what a TornError or CorruptError says.
type Place struct {
	// Segment is the name of the file.
	Segment string
	// Offset is where the last good record ends.
	Offset int64
	// Reason says by what it is seen. It is printed, and must not be empty.
	Reason string
}

// Gap is what a GapError says.
type Gap struct {
	// Before and After are the names around the gap.
	Before, After string
	// First and Last are the numbers that are missing.
	First, Last uint64
}

// Implementation is everything that chapter 2 builds. The contract of each
// function is the doc comment of the same name in package segments. size is
// Options.SegmentSize.
type Implementation struct {
	// FormatName, ParseName and Sequence know the names of segments.
	FormatName func(seq, index uint64) string
	ParseName  func(name string) (seq, index uint64, ok bool)
	Sequence   func(names []string) ([]string, error)

	// Create makes a log, and Open takes one for writing.
	Create func(fsys disk.FS, dir string, head []Record, size int64) (Log, error)
	Open   func(fsys disk.FS, dir string, size int64) (Log, error)

	// Read returns a log's records and changes nothing.
	Read func(fsys disk.FS, dir string) iter.Seq2[Placed, error]

	// Repair mends a torn log.
	Repair func(fsys disk.FS, dir string) (Report, error)

	// ErrNoLog, ErrTorn, ErrCorrupt and ErrClosed are the sentinels that errors
	// match.
	ErrNoLog, ErrTorn, ErrCorrupt, ErrClosed error

	// PlaceOf returns what a TornError or a CorruptError says, and GapOf what a
	// GapError does; ok is false for any other error.
	PlaceOf func(err error) (p Place, ok bool)
	GapOf   func(err error) (g Gap, ok bool)

	// Waits returns why an exercise, such as "2.3", cannot be tested yet, or
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

// invariants is chapter 2, in the order of its exercises.
var invariants = []invariant{
	{"2.1", "I1_a_name_is_two_numbers_of_sixteen_digits", namesAreNumbers},
	{"2.1", "I2_a_name_is_read_to_the_letter", namesToTheLetter},
	{"2.1", "I3_segments_come_in_order", segmentsInOrder},
	{"2.1", "I4_a_gap_is_named", gapIsNamed},
	{"2.2", "I5_a_log_begins_with_its_head", logBeginsWithHead},
	{"2.2", "I6_create_refuses_what_is_not_its_own", createRefuses},
	{"2.2", "I7_a_failed_create_leaves_nothing", failedCreate},
	{"2.2", "I8_a_log_is_created_whole_or_not_at_all", createCrashes},
	{"2.3", "I9_what_is_appended_is_written_in_order", writtenInOrder},
	{"2.3", "I10_a_sync_is_a_promise", syncIsAPromise},
	{"2.3", "I11_the_first_error_stays", firstErrorStays},
	{"2.3", "I12_close_always_releases", closeReleases},
	{"2.4", "I13_a_cut_goes_on_in_a_new_segment", cutGoesOn},
	{"2.4", "I14_the_old_tail_is_durable_before_the_new_name", oldTailFirst},
	{"2.4", "I15_a_spare_is_emptied_before_use", spareIsEmptied},
	{"2.4", "I16_a_failed_cut_keeps_the_old_tail", failedCut},
	{"2.4", "I17_a_cut_survives_every_crash", cutCrashes},
	{"2.5", "I18_segments_read_as_one", readAsOne},
	{"2.5", "I19_the_chain_holds_over_the_border", chainOverBorder},
	{"2.5", "I20_an_error_comes_last_and_once", errorComesLast},
	{"2.6", "I21_a_sealed_segment_is_never_torn", sealedNeverTorn},
	{"2.6", "I22_only_the_end_may_be_torn", endMayBeTorn},
	{"2.6", "I23_what_is_read_is_durable", readIsDurable},
	{"2.6", "I24_an_earlier_life_never_comes_back", earlierLife},
	{"2.6", "I25_a_log_has_one_owner", oneOwner},
	{"2.7", "I26_repair_cuts_only_the_torn_end", repairCuts},
	{"2.7", "I27_the_copy_is_durable_before_the_cut", copyBeforeCut},
	{"2.7", "I28_a_copy_is_never_overwritten", copiesStay},
	{"2.7", "I29_repair_changes_nothing_when_it_cannot", repairRefuses},
	{"2.7", "I30_repair_survives_every_crash", repairCrashes},
}

// titles are the headings of the exercises on the page.
var titles = map[string]string{
	"2.1": "names and sequence",
	"2.2": "create atomically",
	"2.3": "append and sync",
	"2.4": "cut",
	"2.5": "read across segments",
	"2.6": "the tail",
	"2.7": "repair",
}

// stands are the exercises that one cannot be tried without. Those that its own
// functions call are known to Waits; these are called by the suite.
var stands = map[string][]string{
	"2.3": {"2.2"},
	"2.4": {"2.2", "2.3"},
	"2.5": {"2.1", "2.6"},
	"2.6": {"2.1", "2.2", "2.3", "2.4", "2.5"},
	"2.7": {"2.1", "2.5", "2.6"},
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

// Run puts impl to every invariant of chapter 2, each in a subtest such as
// 2.4/I14_the_old_tail_is_durable_before_the_new_name. An exercise that waits
// is skipped with the reason that impl.Waits gives.
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
