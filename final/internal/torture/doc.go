// Package torture searches for a crash that package wal does not survive.
//
// A workload is a [Word]: what a node does with its log, a letter for each thing. [Word.Experiment] makes an experiment of package crash of it, which
// takes the disk down at every point, and inside recovery, and inside the life behind that. [Search] goes through all words up to a length, as long as
// it is told, and ends in a [Ledger], or in a [Failure] that can be replayed.
//
// # The alphabet
//
//	s  a small Save: one entry, and a hard state only where raft needs one
//	x  a Save across a sector: two entries, every third time of two terms, and the commit of all before but one
//	p  a Save across pages, and beyond a small segment
//	z  a Save of zeros, which look like what was never written
//	h  a hard state alone, that moves the commit
//	v  a hard state alone, with a new term and a vote in it
//	o  an overwrite: a new leader replaces what is not committed, three entries at most, by two or one
//	n  a snapshot of the node's own, every fourth time an older one than its commit: its file, then SaveSnapshot
//	l  a leader's snapshot, far ahead or in the place of what is not committed: its file, SaveSnapshot, then the Save that commits it, every second
//	   time with an entry behind it
//	c  Saves until there is another segment
//	a  the next segment made ahead (Prepare)
//	d  ReleaseLockTo the newest snapshot, and Purge
//	r  the same, Close, and a new start
//	g  four Saves at once: while one holds the log, three join, and are written as one
//
// A crash may leave the entry of a new term and take its hard state: the node is in the term before, whose leader may have heard nothing of the new
// one. Then o and l are, every third time, that leader's.
//
// # The invariant
//
// What a node has tried, and what was acknowledged, is kept beside the disk. On every disk that a crash leaves, a node starts as a program does:
// [wal.ValidSnapshotEntries], the file of the newest of them, [wal.Open], [wal.WAL.ReadAll]. No error is allowed. What is read must be what a model of
// raft's log says of all that was acknowledged, and of any number of the records tried behind it, in order; it was written from raft's rules,
// and shares nothing with package wal. A Save is a promise if raft needs it synced; a start is one too, because a node acts on what it reads; so are
// SaveSnapshot, Create, ReleaseLockTo and Close.
//
// That is more than reliability asks for, which would let a hard state come back without the entries before it. The log writes in one order, and
// keeps the chain of checksums, so that it can be had.
//
// # Which test is for which fault
//
//	F1  kill -9 between operations, inside writes    TestSearch: the death of the process at each point
//	F2  a write cut short at any byte                TestSearch: crash.Bounds.Torn
//	F3  whole sectors lost                           TestSearch; wal's TestUnsyncedSectors
//	F4  a sector torn inside                         TestSearch: crash.Bounds.Torn; wal's TestTornSector
//	F5  an earlier content, or an earlier life       TestSearch: each sector in each of its versions; second lives
//	F6  size and data reordered                      TestSearch: each size on its own
//	F7  names lost                                   TestSearch: each name on its own
//	F8  a rename done or not                         TestSearch: the rename of a cut, of Create, of a snapshot's file
//	F9  a crash inside recovery                      TestSearch: two deep
//	F10 a second life                                TestSearch: Setup.Again
//	F11 no space                                     TestSweep, TestRecoveryFails: each call, once and for good
//	F12 write, truncate, rename or sync of a folder fails   the same
//	F13 a sync fails                                 the same, with pages clean, reverted and dirty
//	F14 reads fail                                   TestReads
//	F15 flipped bits                                 TestDamage; for reading, wal's TestEveryBitFlip
//	F16 sectors zeroed, swapped, doubled             TestDamage; for reading, wal's TestEverySector, TestSealedSectors
//	F17 files cut, extended, deleted                 TestDamage; for reading, wal's TestCutAtEveryByte, TestSealedSegments, TestDoubled, TestSequence
//	F18 the snapshot's own file                      package snap's; TestSearch: a file that the log vouches for is whole
//	F19 somebody else's log                          wal's TestForeignSegment; an older copy of the whole folder cannot be told from the log
//	F20 slow disks, clocks that jump                 TestSlow
//	F21 two at once                                  TestTwo; that no lock outlives a crash: TestSearch
//
// # What it does not do
//
//   - Nothing is proved beyond the words and the bounds: beyond 2^12 combinations of sectors they are a choice, and behind so many states a word ends.
//   - A hard state that only moves the commit has reached the kernel when Save returns, and the death of the process leaves it. Recovery is not told
//     what it recovers from, so the search does not check this; TestKilled does, behind each letter of some words.
//   - A sync of a folder that fails, and leaves the name to the next loss of power (F12): no later call can make the name durable, and whoever starts
//     again sees it. The file systems that this can happen on take no more writes then. The tests let the name stay.
//   - To make a name durable, the simulated disk makes those of the folders above it durable, as a journal does: that Create syncs the folder above the
//     log's is seen by no crash.
//   - The background goroutine is off: what it does is Prepare's, at another time.
package torture
