package suite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing/fstest"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// A chapter names its own errors. Those of the disk come first, and those of the
// file system last: an error may match several.
func ExampleErrors() {
	errTorn := errors.New("torn")
	own := suite.Errors{{Name: "ErrTorn", Err: errTorn}}
	fmt.Println(own.Told(fmt.Errorf("a log: %w", errTorn)))
	fmt.Println(own.Kind(errors.Join(fs.ErrNotExist, errTorn)))
	fmt.Println(own.Kind(errors.Join(errTorn, syscall.EIO)))
	fmt.Println(own.Kind(nil), own.Kind(fs.ErrExist), own.Kind(errors.New("new")))
	// Output:
	// ErrTorn: a log: torn
	// ErrTorn
	// EIO, the disk's error
	// nil fs.ErrExist another error
}

// A folder of golden files is embedded where the tests are; the chapter says what
// its parts mean.
func ExampleReadGolden() {
	folder := fstest.MapFS{"etcd-v3.txtar": {Data: []byte("Two calls.\n-- calls --\ncreate\nsave\n-- reads --\nall of it\n")}}
	logs, err := suite.ReadGolden(folder, func(g suite.Golden) (string, error) {
		return fmt.Sprintf("%s: %s%q", g.Name, g.Story, g.Parts), nil
	})
	fmt.Println(logs, err)
	// Output:
	// [etcd-v3: Two calls.
	// [{"calls" "create\nsave"} {"reads" "all of it\n"}]] <nil>
}

// What is put on a disk is there, and durable if it was synced with its name.
func ExamplePut() {
	sim := disk.NewSim()
	err := suite.Put(sim, "a", []byte("some bytes"), true)
	fmt.Println(err, suite.Files(sim, "."), string(suite.Content(sim, "a")), suite.Locked(sim, "a"))
	fmt.Println(suite.Files(sim.Crash(disk.Lost), "."))
	// Output:
	// <nil> [a] some bytes false
	// []
}

func ExampleLast() {
	did := []string{"Create", "Append", "Sync", "Cut", "Close"}
	fmt.Println(strings.Join(suite.Last(did, 2, "calls"), ", "))
	// Output: (3 calls), Cut, Close
}

func ExampleFirstDifference() {
	fmt.Println(suite.FirstDifference([]byte("abc"), []byte("abd")), suite.FirstDifference([]byte("ab"), []byte("abc")), suite.FirstDifference(nil, nil))
	// Output: 2 2 -1
}
