package compat

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/chapters/02-segments/segmentstest"
	"example.com/logbook/chapters/03-snapshots/snapshotstest"
	"example.com/logbook/final/disk/crash"
)

var update = flag.Bool("update", false, "write the tables of testdata")

// child is set in the process that puts etcd to a suite: there, what etcd does not
// keep is a failure like any other.
const child = "LOGBOOK_COMPAT_CHILD"

// verdict is what a suite says of etcd.
type verdict string

const (
	kept   verdict = "kept"
	broken verdict = "broken"

	// unasked is for what cannot be asked of etcd, or not of this package of it.
	unasked verdict = "not asked"
)

// promise is an invariant of a suite, and what is expected of etcd.
type promise struct {
	invariant string // as in the subtest's name
	verdict   verdict
	ids       string // in the list of differences
	why       string
}

// Reasons for which nothing is asked.
const (
	needsCrash = "etcd works on a real folder, which does not crash"
	needsFault = "etcd works on a real folder, which does not fail"
	needsSync  = "in a real folder nobody sees what was synced"
	notExport  = "etcd does not export it"
	raftOnly   = "etcd's log takes raft's records only"
	inServer   = "etcd's server does it, in the background or at its start"
	noSnapshot = "it removes only what a snapshot stands for that the log vouches for, and the suite's logs have none"
)

// promises are those of chapters 2 and 3.
var promises = map[string][]promise{"2": {
	{"2.1/I1_a_name_is_two_numbers_of_sixteen_digits", unasked, "", notExport},
	{"2.1/I2_a_name_is_read_to_the_letter", unasked, "W31", notExport},
	{"2.1/I3_segments_come_in_order", unasked, "", notExport},
	{"2.1/I4_a_gap_is_named", unasked, "W16", notExport},
	{"2.2/I5_a_log_begins_with_its_head", unasked, "", raftOnly},
	{"2.2/I6_create_refuses_what_is_not_its_own", unasked, "W25", raftOnly},
	{"2.2/I7_a_failed_create_leaves_nothing", unasked, "", needsFault},
	{"2.2/I8_a_log_is_created_whole_or_not_at_all", unasked, "", needsCrash},
	{"2.3/I9_what_is_appended_is_written_in_order", unasked, "", raftOnly},
	{"2.3/I10_a_sync_is_a_promise", unasked, "", needsSync},
	{"2.3/I11_the_first_error_stays", unasked, "", needsFault},
	{"2.3/I12_close_always_releases", unasked, "", needsFault},
	{"2.4/I13_a_cut_goes_on_in_a_new_segment", unasked, "", raftOnly},
	{"2.4/I14_the_old_tail_is_durable_before_the_new_name", unasked, "", needsCrash},
	{"2.4/I15_a_spare_is_emptied_before_use", unasked, "W20", raftOnly},
	{"2.4/I16_a_failed_cut_keeps_the_old_tail", unasked, "", needsFault},
	{"2.4/I17_a_cut_survives_every_crash", unasked, "", needsCrash},
	{"2.5/I18_segments_read_as_one", kept, "", ""},
	{"2.5/I19_the_chain_holds_over_the_border", broken, "W26", "the comparison is left out where the running checksum is 0"},
	{"2.5/I20_an_error_comes_last_and_once", broken, "W13", "a record cut off in an earlier segment passes for torn"},
	{"2.6/I21_a_sealed_segment_is_never_torn", broken, "W13, W14", "an earlier segment that lost its end is a shorter one, or torn"},
	{"2.6/I22_only_the_end_may_be_torn", broken, "W15, W27", "a last segment without a head passes for an empty end"},
	{"2.6/I23_what_is_read_is_durable", unasked, "", needsSync},
	{"2.6/I24_an_earlier_life_never_comes_back", unasked, "", raftOnly},
	{"2.6/I25_a_log_has_one_owner", unasked, "", raftOnly},
	{"2.7/I26_repair_cuts_only_the_torn_end", unasked, "W09", raftOnly},
	{"2.7/I27_the_copy_is_durable_before_the_cut", unasked, "W42", needsSync},
	{"2.7/I28_a_copy_is_never_overwritten", broken, "W42", "it is, by the next one"},
	{"2.7/I29_repair_changes_nothing_when_it_cannot", broken, "W14", "it says that all is well when the damage is in an earlier segment"},
	{"2.7/I30_repair_survives_every_crash", unasked, "", needsCrash},
}, "3": {
	{"3.1/I1_what_is_saved_is_written_in_order", kept, "", ""},
	{"3.1/I2_what_raft_acts_on_is_synced", unasked, "", needsSync},
	{"3.1/I3_a_hard_state_is_copied", broken, "W22", "it is compared with itself when the caller fills it again; a vote is lost"},
	{"3.1/I4_what_contradicts_the_log_is_refused", broken, "W05, W06, W07", "gaps, commits beyond the log and terms that go down are all written"},
	{"3.1/I5_a_segment_begins_with_metadata_and_state", broken, "W03, W22", "what the caller has written into its message and not saved stands there; after reopening there is no hard state at all"},
	{"3.1/I6_names_never_go_back", broken, "W04", "they do when entries are overwritten, or after reopening behind a leader's snapshot"},
	{"3.1/I7_a_failed_save_is_never_acknowledged", unasked, "", needsFault},
	{"3.1/I8_a_save_survives_every_crash", unasked, "", needsCrash},
	{"3.2/I9_what_was_saved_comes_back", broken, "W29", "it does; but a Save before ReadAll panics"},
	{"3.2/I10_what_is_overwritten_stays_overwritten", broken, "W02", "not behind a start that lies behind the overwriting entries"},
	{"3.2/I11_a_leaders_snapshot_replaces_the_log", broken, "W02b", "the entries that it replaced come back"},
	{"3.2/I12_a_snapshot_never_committed_is_passed_over", broken, "", "the log cannot be opened if entries were written behind it"},
	{"3.2/I13_a_start_that_is_not_there_is_told", broken, "W01", "not when the log is opened for writing"},
	{"3.2/I14_what_raft_never_writes_is_corrupt", broken, "W05, W07, W12", "it is read; some of it is a panic"},
	{"3.2/I15_a_log_that_was_read_goes_on", broken, "W06", "with a gap, too"},
	{"3.2/I16_any_history_reads_as_raft_left_it", broken, "W02b", "not at a start before a leader's snapshot: no error, and entries that are gone"},
	{"3.3/I17_a_snapshot_file_is_etcds", kept, "", ""},
	{"3.3/I18_a_file_is_durable_with_its_name", unasked, "", needsSync},
	{"3.3/I19_a_file_is_whole_or_not_there", unasked, "", needsCrash},
	{"3.3/I20_a_failed_save_leaves_what_was_there", unasked, "", needsFault},
	{"3.4/I21_the_newest_whole_file_is_loaded", broken, "S05", "a name that is none is taken for the newest"},
	{"3.4/I22_what_is_proven_corrupt_is_set_aside", broken, "", "a checksum of more than 32 bits is taken for its lower ones"},
	{"3.4/I23_what_cannot_be_read_is_not_corrupt", unasked, "S03", needsFault},
	{"3.4/I24_a_name_must_be_that_of_its_content", broken, "S05", "the name is believed"},
	{"3.4/I25_a_checksum_of_zero_is_a_value", broken, "S06", "a whole file is set aside"},
	{"3.5/I26_a_snapshot_is_valid_up_to_the_commit", kept, "", ""},
	{"3.5/I27_a_torn_end_hides_nothing", broken, "W12b", "it hides nothing; but a snapshot record that is none is a panic"},
	{"3.6/I28_only_what_the_log_recorded_is_loaded", broken, "", "only that is loaded; but a half-written file that was never recorded is read first, and set aside"},
	{"3.6/I29_a_match_is_the_newest_both_know", kept, "", ""},
	{"3.6/I30_a_log_without_its_beginning_needs_a_snapshot", unasked, "", inServer},
	{"3.7/I31_the_segment_of_the_snapshot_stays", kept, "", ""},
	{"3.7/I32_a_log_is_synced_before_it_forgets", unasked, "", inServer},
	{"3.7/I33_segments_go_oldest_first", unasked, "", inServer},
	{"3.7/I34_what_is_locked_is_left", unasked, "", inServer},
	{"3.7/I35_no_crash_leaves_a_node_that_cannot_start", unasked, "", needsCrash},
}}

// finalPromises are those of chapter 3, as final keeps them. Chapter 2's suite saves
// records of any content, which final takes for damage, and chapter 1's asks for
// the parts of which a log is made, which final does not export.
var finalPromises = []promise{
	{"3.1/I1_what_is_saved_is_written_in_order", kept, "", ""},
	{"3.1/I2_what_raft_acts_on_is_synced", kept, "", ""},
	{"3.1/I3_a_hard_state_is_copied", kept, "", ""},
	{"3.1/I4_what_contradicts_the_log_is_refused", broken, "", "more is refused: a committed entry saved again with another size"},
	{"3.1/I5_a_segment_begins_with_metadata_and_state", kept, "", ""},
	{"3.1/I6_names_never_go_back", kept, "", ""},
	{"3.1/I7_a_failed_save_is_never_acknowledged", kept, "", ""},
	{"3.1/I8_a_save_survives_every_crash", kept, "", ""},
	{"3.2/I9_what_was_saved_comes_back", kept, "", ""},
	{"3.2/I10_what_is_overwritten_stays_overwritten", kept, "", ""},
	{"3.2/I11_a_leaders_snapshot_replaces_the_log", kept, "", ""},
	{"3.2/I12_a_snapshot_never_committed_is_passed_over", kept, "", ""},
	{"3.2/I13_a_start_that_is_not_there_is_told", broken, "", "it is, but by Open where the segment is gone, before anything is read"},
	{"3.2/I14_what_raft_never_writes_is_corrupt", broken, "", "a vote that is taken back is refused by Save, and read"},
	{"3.2/I15_a_log_that_was_read_goes_on", broken, "", "a leader's snapshot replaces a log without any hard state at once, and an older one may follow"},
	{"3.2/I16_any_history_reads_as_raft_left_it", broken, "", "a committed entry saved again with another size is refused"},
	{"3.3/I17_a_snapshot_file_is_etcds", kept, "", ""},
	{"3.3/I18_a_file_is_durable_with_its_name", kept, "", ""},
	{"3.3/I19_a_file_is_whole_or_not_there", kept, "", ""},
	{"3.3/I20_a_failed_save_leaves_what_was_there", broken, "", "where not even its creation succeeds, one snap.tmp may be left, until the next save or purge"},
	{"3.4/I21_the_newest_whole_file_is_loaded", kept, "", ""},
	{"3.4/I22_what_is_proven_corrupt_is_set_aside", broken, "", "it is, but the lock that it takes is a snap.tmp, which stays until the next save or purge"},
	{"3.4/I23_what_cannot_be_read_is_not_corrupt", broken, "", "a file that is gone is looked for again, and the suite has only feigned that"},
	{"3.4/I24_a_name_must_be_that_of_its_content", kept, "", ""},
	{"3.4/I25_a_checksum_of_zero_is_a_value", kept, "", ""},
	{"3.5/I26_a_snapshot_is_valid_up_to_the_commit", kept, "", ""},
	{"3.5/I27_a_torn_end_hides_nothing", broken, "", "damage before an intact segment that holds a snapshot is told, and no error"},
	{"3.6/I28_only_what_the_log_recorded_is_loaded", kept, "", ""},
	{"3.6/I29_a_match_is_the_newest_both_know", kept, "", ""},
	{"3.6/I30_a_log_without_its_beginning_needs_a_snapshot", unasked, "", "it has no Match; Open says that the segment is missing"},
	{"3.7/I31_the_segment_of_the_snapshot_stays", broken, "", noSnapshot},
	{"3.7/I32_a_log_is_synced_before_it_forgets", broken, "", noSnapshot},
	{"3.7/I33_segments_go_oldest_first", broken, "", noSnapshot},
	{"3.7/I34_what_is_locked_is_left", broken, "", noSnapshot},
	{"3.7/I35_no_crash_leaves_a_node_that_cannot_start", broken, "", "the node starts; but the suite does not know the record of where it goes on from without a leader's snapshot"},
}

// TestEtcd2 puts etcd to the suite of chapter 2. It is for TestSuite.
func TestEtcd2(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("run by TestSuite, in a process of its own")
	}
	segmentstest.Run(t, etcdTwo(newMirrors(t.TempDir())))
}

// TestEtcd3 puts etcd to the suite of chapter 3. It is for TestSuite.
func TestEtcd3(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("run by TestSuite, in a process of its own")
	}
	snapshotstest.Run(t, etcdThree(newMirrors(t.TempDir())))
}

// TestFinal3 puts final to the suite of chapter 3. It is for TestSuite.
func TestFinal3(t *testing.T) {
	if os.Getenv(child) == "" {
		t.Skip("run by TestSuite, in a process of its own")
	}
	snapshotstest.Run(t, finalThree())
}

// TestFinalCrash puts final to the crash lab of chapter 3, but for the part of it
// that does not know where final says that it goes on from (3.7 I35).
func TestFinalCrash(t *testing.T) {
	t.Parallel()
	all := snapshotstest.Experiments(finalThree())
	for _, e := range all[:1] {
		report, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 5, Seeds: 4, Torn: true, States: 900, Seed: 3})
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
		t.Log(report)
	}
}

// TestSuite compares what the suites say of etcd and of final with what is expected:
// a promise that is kept now, or one that is broken now, is news for the pages.
func TestSuite(t *testing.T) {
	for _, c := range []struct {
		name, test, who string
		list            []promise
	}{
		{"etcd-2", "TestEtcd2", "etcd v3.7.3", promises["2"]},
		{"etcd-3", "TestEtcd3", "etcd v3.7.3", promises["3"]},
		{"final-3", "TestFinal3", "final", finalPromises},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := judged(t, c.test, c.list)
			for _, p := range c.list {
				if p.verdict != unasked && got[p.invariant] != p.verdict {
					t.Errorf("%s: %q by the suite, %q on the list", p.invariant, got[p.invariant], p.verdict)
				}
				delete(got, p.invariant)
			}
			for name, v := range got {
				t.Errorf("%s: %s by the suite, not on the list", name, v)
			}
			golden(t, c.name+".md", table(c.who, c.list))
		})
	}
}

var resultLine = regexp.MustCompile(`(?m)^ +--- (PASS|FAIL|SKIP): [^/]+/([^/ ]+/[^/ ]+) `)

// judged runs a suite in another process, without what is not asked, and returns
// the outcome of each invariant.
func judged(t *testing.T, test string, list []promise) map[string]verdict {
	t.Helper()
	var skip []string
	for _, p := range list {
		if p.verdict == unasked {
			exercise, name, _ := strings.Cut(p.invariant, "/")
			skip = append(skip, test+"/"+regexp.QuoteMeta(exercise)+"/"+name)
		}
	}
	inMemory(t)
	suite := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v", "-test.skip="+strings.Join(skip, "|"))
	suite.Env = append(os.Environ(), child+"=1")
	out, err := suite.CombinedOutput()
	if err == nil {
		t.Errorf("%s: everything is kept: the list is wrong", test)
	}
	outcomes := map[string]verdict{}
	for _, m := range resultLine.FindAllSubmatch(out, -1) {
		outcomes[string(m[2])] = map[string]verdict{"PASS": kept, "FAIL": broken, "SKIP": unasked}[string(m[1])]
	}
	if len(outcomes) == 0 {
		t.Errorf("%s said nothing:\n%s", test, out)
	}
	return outcomes
}

// table is a list of promises in Markdown. What a suite cannot ask may have been
// shown by an experiment of TestDifferences.
func table(who string, list []promise) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "| promise | %s | where it breaks, or why not |\n|---|---|---|\n", who)
	for _, p := range list {
		exercise, slug, _ := strings.Cut(p.invariant, "/")
		number, words, _ := strings.Cut(slug, "_")
		if p.verdict == unasked {
			for _, d := range differences {
				if d.id == p.ids {
					p.verdict, p.why = broken, d.says
				}
			}
		}
		fmt.Fprintf(&b, "| %s %s: %s | %s | %s |\n", exercise, number, strings.ReplaceAll(words, "_", " "), p.verdict, p.why)
	}
	return b.Bytes()
}

// golden compares a text with a file of testdata, or writes it.
func golden(t *testing.T, name string, text []byte) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("%s mismatch (-file +list), -update writes it:\n%s", name, diff)
	}
}
