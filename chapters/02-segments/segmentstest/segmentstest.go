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

	"example.com/logbook/chapters/course/suite"
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

// invariants are those of one exercise.
type invariants = []suite.Invariant[*check]

// chapter is the suite, in the order of the page.
var chapter = suite.Chapter[*check]{
	Page: "docs/02-segments.md",
	Exercises: []suite.Exercise[*check]{
		{ID: "2.1", Title: "names and sequence", Invariants: invariants{
			{Slug: "I1_a_name_is_two_numbers_of_sixteen_digits", Try: namesAreNumbers},
			{Slug: "I2_a_name_is_read_to_the_letter", Try: namesToTheLetter},
			{Slug: "I3_segments_come_in_order", Try: segmentsInOrder},
			{Slug: "I4_a_gap_is_named", Try: gapIsNamed},
		}},
		{ID: "2.2", Title: "create atomically", Invariants: invariants{
			{Slug: "I5_a_log_begins_with_its_head", Try: logBeginsWithHead},
			{Slug: "I6_create_refuses_what_is_not_its_own", Try: createRefuses},
			{Slug: "I7_a_failed_create_leaves_nothing", Try: failedCreate},
			{Slug: "I8_a_log_is_created_whole_or_not_at_all", Try: createCrashes},
		}},
		{ID: "2.3", Title: "append and sync", Needs: []string{"2.2"}, Invariants: invariants{
			{Slug: "I9_what_is_appended_is_written_in_order", Try: writtenInOrder},
			{Slug: "I10_a_sync_is_a_promise", Try: syncIsAPromise},
			{Slug: "I11_the_first_error_stays", Try: firstErrorStays},
			{Slug: "I12_close_always_releases", Try: closeReleases},
		}},
		{ID: "2.4", Title: "cut", Needs: []string{"2.2", "2.3"}, Invariants: invariants{
			{Slug: "I13_a_cut_goes_on_in_a_new_segment", Try: cutGoesOn},
			{Slug: "I14_the_old_tail_is_durable_before_the_new_name", Try: oldTailFirst},
			{Slug: "I15_a_spare_is_emptied_before_use", Try: spareIsEmptied},
			{Slug: "I16_a_failed_cut_keeps_the_old_tail", Try: failedCut},
			{Slug: "I17_a_cut_survives_every_crash", Try: cutCrashes},
		}},
		{ID: "2.5", Title: "read across segments", Needs: []string{"2.1", "2.6"}, Invariants: invariants{
			{Slug: "I18_segments_read_as_one", Try: readAsOne},
			{Slug: "I19_the_chain_holds_over_the_border", Try: chainOverBorder},
			{Slug: "I20_an_error_comes_last_and_once", Try: errorComesLast},
		}},
		{ID: "2.6", Title: "the tail", Needs: []string{"2.1", "2.2", "2.3", "2.4", "2.5"}, Invariants: invariants{
			{Slug: "I21_a_sealed_segment_is_never_torn", Try: sealedNeverTorn},
			{Slug: "I22_only_the_end_may_be_torn", Try: endMayBeTorn},
			{Slug: "I23_what_is_read_is_durable", Try: readIsDurable},
			{Slug: "I24_an_earlier_life_never_comes_back", Try: earlierLife},
			{Slug: "I25_a_log_has_one_owner", Try: oneOwner},
		}},
		{ID: "2.7", Title: "repair", Needs: []string{"2.1", "2.5", "2.6"}, Invariants: invariants{
			{Slug: "I26_repair_cuts_only_the_torn_end", Try: repairCuts},
			{Slug: "I27_the_copy_is_durable_before_the_cut", Try: copyBeforeCut},
			{Slug: "I28_a_copy_is_never_overwritten", Try: copiesStay},
			{Slug: "I29_repair_changes_nothing_when_it_cannot", Try: repairRefuses},
			{Slug: "I30_repair_survives_every_crash", Try: repairCrashes},
		}},
	},
}

// Run puts impl to every invariant of chapter 2, each in a subtest such as
// 2.4/I14_the_old_tail_is_durable_before_the_new_name. An exercise that waits
// is skipped with the reason that impl.Waits gives.
func Run(t *testing.T, impl Implementation) {
	chapter.Run(t, impl.Waits, func(c suite.Check) *check { return &check{Check: c, Implementation: impl} })
}
