package course_test

import (
	"fmt"
	"testing/fstest"

	"example.com/logbook/chapters/course"
)

// The desk of a learner who began with the second exercise: it is written, but
// it stands on the first, which is not.
func ExampleWaiting() {
	desk := fstest.MapFS{"frame.go": {Data: []byte(`package records

import "example.com/logbook/chapters/course"

//course:exercise 1.1
func EncodeLength(size int64) uint64 { panic(course.TODO("1.1")) }

//course:exercise 1.2
func AppendFrame(b, data []byte) []byte { return append(b, byte(EncodeLength(int64(len(data))))) }
`)}}
	why := course.Waiting(desk)
	fmt.Println(why("1.1"))
	fmt.Println(why("1.2"))
	// Output:
	// frame.go:6: EncodeLength is still a stub
	// 1.2 uses EncodeLength (1.1), still a stub: frame.go:6
}

// What a stub says when it is called.
func ExampleTODO() {
	fmt.Println(course.TODO("1.3"))
	// Output:
	// exercise 1.3 is not written yet; go run ./scripts/course hint 1.3
}
