// Package course is what an exercise needs to know about the course: how to
// say that a function waits to be written ([TODO]), and how to see, without
// running anything, which exercises still wait ([Waiting]).
//
// A chapter's test embeds its own sources and hands [Waiting] to the suite,
// which skips what waits:
//
//	//go:embed *.go
//	var sources embed.FS
//
//	recordstest.Run(t, recordstest.Implementation{…, Waits: course.Waiting(sources)})
//
// The question is put to the sources and not to the running code, because a
// stub that panics on a goroutine of its own takes all other tests with it.
package course

// TODO returns what a stub panics with: the exercise's id and the command
// that says how to go on. A stub's body is panic(course.TODO("1.3")).
func TODO(exercise string) string {
	return "exercise " + exercise + " is not written yet; go run ./scripts/course hint " + exercise
}
