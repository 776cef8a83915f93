// Package stub makes the learner's desk from the reference of a chapter.
//
// A function of the reference whose doc comment holds a directive such as
//
//	//course:exercise 1.3
//
// keeps its doc and its signature and loses its body:
//
//	panic(course.TODO("1.3"))
//
// Everything else stays as it is, byte for byte: types, constants, helpers
// (also those that only the removed bodies used), comments, and the directive
// itself, by which the desk's own test knows what waits to be written. The
// imports follow: course comes in, and what only the removed bodies used goes.
//
// [Files] is the whole desk of a chapter, made in memory, and the same on
// every machine. [Run] is the command that writes it, and that never
// overwrites a learner's work.
//
// # What this package does not do
//
// It does not compile what it makes, and it has no opinion on what is an
// exercise. Proof that a stub compiles, is skipped and can be solved is the
// business of course verify.
package stub
