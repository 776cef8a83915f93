// Package disk is what a disk promises to a log, and what it does not: the fault model of everything that is built on it.
//
// [FS] and [File] are all that a log does to a disk. [OS] is a real folder. [Sim] is a disk in memory that knows what of
// it is durable, so that a test can take it down at any moment and look at every disk that may be left.
//
// # What is durable
//
// A write goes to the memory of the operating system. From then on every process sees it, and the death of the writer
// does not undo it: kill -9 loses nothing ([Sim.Kill]). Power loss does ([Sim.Crash]). These calls, when they return
// nil, are all that makes something durable:
//
//	File.Sync      the content of the file, and its size (fdatasync(2))
//	FS.SyncDir     the names in the folder: what was created, renamed and removed in it (fsync(2) of the folder)
//
// Neither does the other's part: a file that was synced may have no name after a crash, and a name may lead to an empty
// file. Nothing else makes anything durable: not Close, not Rename, not time.
//
// # What power loss leaves
//
// All that is durable; and of the rest, each of these independently ([Sim.Pending], [Outcome]):
//
//	a sector       512 bytes at a multiple of 512: the content that was durable, or any that it was given since
//	a torn sector  two of these contents, one before and one behind a multiple of 8 bytes
//	a size         the one that was durable, or any that the file had since
//	a name         each create, mkdir, rename and remove: it has happened or not
//
// What follows from it:
//
//   - Writes are not ordered. A sector written last may be there while the first is not.
//   - Zeros are what a hole or preallocated space held before, and what Truncate writes over what it cuts off. So what
//     was never written reads as zeros; and a truncate can be lost, in whole or sector by sector, and bring back what
//     was cut off.
//   - The bytes of a durable sector that a later write does not touch stay, whatever happens to the others.
//   - A size says nothing about the data below it. Beyond the size that is left nothing remains: a file that grows
//     again shows zeros there.
//   - A rename is old or new, never half and never both, also from one folder to another; a sync of either folder
//     settles it. What it replaces is there until the new is.
//   - Changes of one name happen in order: when the later is kept, so is the earlier. A folder's own creation comes
//     before what enters it, its emptying before its removal, and moves of folders happen in order. All else is free.
//   - Locks and open files are gone.
//
// A disk whose sectors are 4 KiB keeps or loses whole pages: [Paged]. It leaves nothing that the smaller sectors cannot.
//
// # When an operation fails
//
// [Fault] makes the n-th operation fail, once or for good. A failed write may have written any prefix; so may, on a real
// disk, any other part. A failed sync is worse: Linux reports the error once, marks the pages clean and forgets them
// ([PagesClean]). Whether they were written is open, whatever a read returns, and a second sync that succeeds has not
// written them. So there is no retry. A log that saw an error of WriteAt, Truncate, Sync or SyncDir takes nothing more,
// until it has been opened and read again.
//
// # What is not modelled
//
//   - Garbage: content that is neither old nor new nor zero. File systems that show it after a crash are broken.
//   - Zeros in place of durable content that was overwritten and not truncated.
//   - Damage of what is durable: flipped bits, lost sectors, a disk that lies about a sync. Tests make it by hand.
//   - Permissions and times: a crash leaves the permissions that a file was created with. On a real disk, a crash just
//     after Open or Mkdir may leave fewer (those that the umask left), never more.
//   - Limits: a simulated disk never fills up unless a [Fault] says so.
//
// # The real disk
//
// [OS] is confined to its folder by [os.Root]. What differs by platform:
//
//	             Linux             macOS, BSD        Windows             others (js/wasm, …)
//	Sync         fdatasync         fsync, on macOS   FlushFileBuffers    whatever os.File.Sync does
//	                               F_FULLFSYNC
//	SyncDir      fsync             the same          nothing: no call    errors.ErrUnsupported
//	                                                 for it
//	Preallocate  fallocate, or     sets the size     sets the size       sets the size
//	             sets the size
//	Lock         F_OFD_SETLK       flock             LockFileEx, byte 0  errors.ErrUnsupported
//
// fdatasync rather than fsync: it leaves out the times, and nothing that reading needs; the size is flushed. On Linux and
// Windows, Lock and etcd refuse each other's files. [Sim] works everywhere, also in WebAssembly.
//
// # Sources
//
// The man pages of fsync(2), fallocate(2), rename(2), open(2) and fcntl(2) (open file description locks). Pillai and
// others, "All File Systems Are Not Created Equal" (OSDI 2014), found by experiment what file systems reorder; Rebello
// and others, "Can Applications Recover from fsync Failures?" (USENIX ATC 2020), what they do when a sync fails.
package disk
