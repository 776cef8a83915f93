package crash_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// greeting writes one word, and acknowledges it. Recover knows what that promises.
func greeting(synced bool) *crash.Experiment {
	return &crash.Experiment{
		Name: "greeting",
		Work: func(fs disk.FS, note func(any)) error {
			f, err := fs.Open("word", os.O_RDWR|os.O_CREATE, disk.FileMode)
			if err != nil {
				return err
			}
			if _, err := f.WriteAt([]byte("hello"), 0); err != nil {
				return err
			}
			if synced {
				err = errors.Join(f.Sync(), fs.SyncDir("."))
			}
			note("acknowledged")
			return err
		},
		Recover: func(fs disk.FS, notes []any) error {
			if word := read(fs, "word"); len(notes) > 0 && word != "hello" {
				return fmt.Errorf("the word is %q", word)
			}
			return nil
		},
	}
}

// The word is acknowledged before it is durable. The pitfall: that it has a name is not durable either, so a Sync alone
// would not do.
func ExampleExperiment() {
	_, err := greeting(false).Explore(context.Background(), nil)
	fmt.Println(err)
	report, err := greeting(true).Explore(context.Background(), nil)
	fmt.Println(report)
	fmt.Println(err)
	// Output:
	// greeting: a crash breaks a promise
	//
	// The check after the crash says:
	//     the word is "\x00\x00\x00\x00\x00"
	//
	// On the disk at the start: nothing
	//
	// What was done:
	//       #1  create "word"                           not durable, and kept
	//       #2  write "word" [0,5)                      NOT durable: no Sync of the file since
	//           noted: acknowledged                     <- without this note, the check would pass
	//           nothing more was to come
	//
	// Then the power goes. Of what was not durable:
	//     kept   create "word" (#1)
	//     LOST   "word" [0,5) (#2): left is a hole, which reads as zeros
	//         written  [0,5)        "hello"
	//         left     [0,5)        zeros
	//     kept   size of "word" (#2)
	//
	// The disk after the crash:
	//     "word", 5 bytes
	//         [0,5)        zeros
	//
	// Replay it with crash.Bounds{Replay: "97263486_2n1-1.1.0"}
	// greeting: 5 of 5 points, 21 disks, 8 of them distinct (0 after a crash inside recovery), 16 recoveries
	// exhaustive: every combination at every point
	// <nil>
}

// The token makes the same disk again, and the first call of Recover is on it: a place for a breakpoint.
func ExampleViolation() {
	_, err := greeting(false).Explore(context.Background(), nil)
	v, _ := errors.AsType[*crash.Violation](err)
	fmt.Println(v.Err)
	_, err = greeting(false).Explore(context.Background(), &crash.Bounds{Replay: v.Replay})
	again, _ := errors.AsType[*crash.Violation](err)
	fmt.Println(again.Err)
	// Output:
	// the word is "\x00\x00\x00\x00\x00"
	// the word is "\x00\x00\x00\x00\x00"
}

// A bound on the number of disks is shared out among the points.
func ExampleBounds() {
	report, err := greeting(true).Explore(context.Background(), &crash.Bounds{Torn: true, States: 6})
	fmt.Println(report.Distinct, report.Exhaustive(), err)
	// Output: 6 false <nil>
}

// Rate and time left are the caller's to compute: by the states where there is a limit, otherwise by the points.
func ExampleCount() {
	var lines []string
	progress := func(c crash.Count) {
		lines = append(lines, fmt.Sprintf("%d of at most %d disks, %d of %d points", c.Distinct, c.Limit, c.Points, c.AllPoints))
	}
	greeting(true).Explore(context.Background(), &crash.Bounds{States: 100, Progress: progress})
	fmt.Println(lines[len(lines)-1])
	// Output: 8 of at most 100 disks, 5 of 5 points
}

// A report says where not everything was tried.
func ExampleReport() {
	e := &crash.Experiment{
		Name: "twelve sectors",
		Work: func(fs disk.FS, note func(any)) error {
			f, err := fs.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
			if err == nil {
				_, err = f.WriteAt([]byte(strings.Repeat("x", 12*disk.SectorSize)), 0)
			}
			return err
		},
		Recover: func(disk.FS, []any) error { return nil },
	}
	report, _ := e.Explore(context.Background(), nil)
	for _, at := range report.Sampled {
		fmt.Println(at)
	}
	// Output:
	// in #2, write "a" [0,6144), after 5632 bytes: 13 undecided
	// after #2, write "a" [0,6144): 14 undecided
}
