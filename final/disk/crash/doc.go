// Package crash takes a program's disk down wherever a disk can go down, and looks at what the program makes of it.
//
// An [Experiment] is a workload, and a function that recovers: it opens what a crash left, and returns an error when a
// promise is broken, such as an acknowledged record that is gone. [Experiment.Explore] runs the workload once, on a
// [disk.Sim] that it watches, and the recovery on every disk that a crash during the workload may leave. When one fails,
// it makes the case small and tells it in words, as a [*Violation].
//
// # What is tried
//
// A crash may come at any point: before the first operation, behind each, and inside a write between two of its sectors;
// and there, before and behind each note that the workload makes. At each point these disks are made:
//
//	the death of the process    all that was written is there, and what was not durable stays undecided
//	loss of power               of what is undecided, any combination that package disk allows
//
// The combinations go in Gray-code order: from one to the next a single thing changes. Where there are more than
// 2^Subsets of them, a choice is tried: of the sectors each prefix and each suffix, all but at most two, and at most two,
// with every combination of names and sizes; or, where names and sizes alone make more than 2^(Subsets/2), the same
// patterns of all of them; then Seeds more by chance. With a bound on the States, the choice comes first also where all
// combinations are to be tried, if there are more of them than may be spent.
//
// With Torn, each undecided sector is torn as well, one at a time, at each multiple of eight bytes that makes a
// difference: between any two of up to sixteen versions, either of them in front. Where a sector has more versions,
// neighbours are mixed, and the first with the last; and Seeds mixes of others are drawn by chance. What else is undecided
// is combined with that in every way, up to 2^(Subsets/2), inside recovery 2^(Subsets/4); beyond that, it is all lost, all
// kept, or divided at the torn one. A process may then also die at every byte of a write, not only between sectors.
//
// Recovery writes too, and its operations are crashed in the same way, Depth times in a row: Recover is called again on
// what is left. This finds a repair that destroys what it has no copy of. A second life, which goes on writing after
// recovery, is [Experiment].Again: it finds records of an earlier life that come back.
//
// A disk that was recovered from before, with the same notes, is skipped: it is known by its fingerprint. Some hundred
// million fingerprints are kept, which takes a gibibyte when there are as many; beyond that, old ones are forgotten, and a
// disk may be tried twice.
//
// A [Report] says how many disks there were, and at which points not all combinations were tried.
//
// # How to write an experiment
//
// Work notes what Recover must know. Note an attempt before it is made, and an acknowledgement behind the call that
// gave it: Recover then checks that what it reads contains all that was acknowledged, and nothing that was not tried.
// Recover opens the log as the program would after a restart, repairs as it would, reads it to the end, and checks.
//
// A recovery that is correct after loss of power may not be so after kill -9: what it reads then need not be durable, and
// the power may go next. It must sync what it builds on, also when there was nothing to repair.
//
// The file system that Work gets is a [*disk.Sim]. With [disk.Sim.Inject] it can fail as well; what the workload does
// after a failed sync is crashed as everything else.
//
// When a test fails, it prints the whole trace and, at its end, a token. Explore with the token as Bounds.Replay makes
// that one disk again, and the first call of Recover is on it, which is where to set a breakpoint; of a trace with several
// crashes, the last of as many calls. What it is called for later tells what matters. A token is good as long as the
// workload does the same operations.
//
// # How to read a trace
//
// It begins with the verdict: what the check said, which is Recover, or Again, on the disk after the last crash. Then it
// tells the story from the beginning: the disk at the start; the operations, #1 and so on, numbered through all lives, up
// to the crash; what would have come next, so that what was forgotten is told from what was not yet reached; what became
// of what was not durable, in the order of the operations; and the disk after the crash. It is loud, NOT durable, about
// what the crash took. What it says must be there for the promise to break is the other half of the fault: it could be
// seen before what was lost was durable. Where nothing was lost, the order or the content is wrong. An arrow points at the
// last note when the check would pass without it: it is most often the promise that was broken.
//
// Ranges are offsets in bytes, in decimal; [22,33) ends in front of byte 33. Of what is lost, the bytes are shown that are
// not as they were written: zeros as a word, text in quotes, and the rest in hex.
//
// # What it does not do
//
//   - It does not know what a program promises. A Recover that checks little finds little.
//   - It does not reorder what the workload does: it is recorded once, and must be deterministic. Another order is another
//     experiment. Notes belong to the order of operations, so they must come from the goroutine that does these.
//   - The size of a file between two sectors of one write is tried while that write is cut short, not with what comes later.
//   - Faults of package disk's model are tried, and no others: no flipped bits, no disk that lies.
//   - A search beyond the bounds is a sample. That it found nothing is no proof.
//
// The idea is that of ALICE (Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014) and of B3 (Mohan and
// others, "Finding Crash-Consistency Bugs with Bounded Black-Box Crash Testing", OSDI 2018): small workloads, and all
// that a crash can make of them.
package crash
