// Package verify proves, for every exercise of a chapter, that it can be
// solved, that mistakes in it are seen, and that nothing belonging to it is
// missing.
//
// Nothing is tested on the desk as it lies there: each proof is a desk of its
// own, made in memory and laid over the exercise folder with go test -overlay.
//
//   - The stubs compile, pass go vet, and every exercise is skipped.
//   - The solution, which is the reference, passes without a skip.
//   - With the functions of one exercise returning zero values, and all others
//     solved, a test of that exercise fails.
//   - With the declarations of a mutant, and all else solved, a test of the
//     exercise that the mutant names fails. A mutant that does not compile
//     proves nothing and is reported.
//   - Each exercise has functions to write, subtests, three hints, a task on
//     the page and a mutant, and the ids have no gaps.
//   - The page has the shape of all pages: headings in order, 1,800 to 3,000
//     words of text, three figures, links to etcd at one tag; and each
//     invariant on it is the name of a subtest, and the other way round.
//   - Every fault that the finished packages must survive, and every lesson of
//     etcd's, stands by its id beside a test of theirs, or on the page that
//     says why the format forbids it.
//   - Desks and pages are what course stubs and course weave make of them.
//
// [Run] is the command.
//
// # What this package does not do
//
// It does not say whether a suite is complete: it is as good as the mutants
// are many. It does not run the tests of the reference itself, which go test
// does.
package verify
