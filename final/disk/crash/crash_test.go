package crash_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk/crash"
)

var update = flag.Bool("update", false, "write the golden reports")

// Each fault is found, and its report is what the golden file says; of its correct twin nothing is found, whatever is torn
// and however often recovery is crashed.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		faulty, not *crash.Experiment
		whole       bool // its records do not survive a torn sector, and need not
	}{
		{"rename_without_directory_sync", renameLog(true), renameLog(false), false},
		{"cut_before_the_tail_is_durable", cutLog(true), cutLog(false), false},
		{"answered_before_its_sync", appendLog(true), appendLog(false), false},
		{"tail_not_zeroed", lifeLog(false, false), lifeLog(true, true), false},
		{"zeros_not_synced", lifeLog(true, false), lifeLog(true, true), false},
		{"snapshot_recorded_before_its_file", snapLog(true), snapLog(false), false},
		{"purged_before_the_hard_state", purgeLog(true), purgeLog(false), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			_, err := test.faulty.Explore(t.Context(), nil)
			v, ok := err.(*crash.Violation)
			if !ok {
				t.Fatalf("Explore() = %v, want a violation", err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("found after %v, want seconds", took)
			}
			golden(t, test.name, v.Error())

			_, err = test.faulty.Explore(t.Context(), &crash.Bounds{Replay: v.Replay})
			if again, ok := err.(*crash.Violation); !ok || again.Trace != v.Trace {
				t.Errorf("replay of %s mismatch (-first +replayed):\n%s", v.Replay, cmp.Diff(v.Error(), err.Error()))
			}
			report, err := test.not.Explore(t.Context(), &crash.Bounds{Torn: !test.whole, Depth: 2})
			if err != nil {
				t.Errorf("without the fault: %v", err)
			}
			t.Log(report)
		})
	}
}

// golden compares a text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got+"\n"); diff != "" {
		t.Errorf("report mismatch (-%s +got):\n%s", file, diff)
	}
}
