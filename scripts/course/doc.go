// Course is the tool of the book: it says where a learner stands, grades,
// hints, shows the reference and takes back, and it holds the book together
// for those who write it. Run it from anywhere in the project:
//
//	go run ./scripts/course
//	go run ./scripts/course help
//
// Progress is kept nowhere. Each exercise's state is what its tests say, run
// now; the go command's cache makes that quick.
//
// # What it does not do
//
// It does not compile or run anything itself: the go command does, with the
// environment and the flags that the learner has set. It never changes a file
// unless told to reset, and then keeps a copy of what was there.
package main
