// Package course is what an exercise needs to know about the course: how to
// say that a function waits to be written, and how to see, without running
// it, which functions still wait.
package course

// TODO returns what a stub panics with: the exercise's id and the command
// that says how to go on. A stub's body is panic(course.TODO("1.3")).
func TODO(exercise string) string {
	return "exercise " + exercise + " is not written yet; go run ./scripts/course hint " + exercise
}
