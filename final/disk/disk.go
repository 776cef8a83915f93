package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Units of the fault model.
const (
	// SectorSize is the unit in which a disk writes: a crash keeps or loses sectors, and tears one only inside, at
	// multiples of WordSize.
	SectorSize = 512

	// PageSize is the unit in which an operating system writes back. A disk of 4 KiB sectors loses whole pages.
	PageSize = 4096

	// WordSize is the unit in which one sector is torn.
	WordSize = 8
)

// Modes for what a log creates. They are set explicitly, so that no umask changes them.
const (
	// FileMode lets only the owner read and write a file.
	FileMode fs.FileMode = 0o600

	// DirMode lets only the owner list and change a folder.
	DirMode fs.FileMode = 0o700
)

var (
	// ErrLocked is returned by Lock when another open file, of this process or of another, holds the lock. Two
	// processes use one log, usually: stop the other one. A lock never outlives its process, so there is no file to
	// remove.
	ErrLocked = errors.New("locked by another process or another open file: stop the other user of this log first")

	// ErrIrregular is returned by Open for what is not a regular file: a folder, a symbolic link, a pipe, a device.
	// A log neither follows nor overwrites them: put the file itself in their place.
	ErrIrregular = errors.New("not a regular file")
)

// FS is everything that a log does to a folder. Names are relative to that folder, separated by slashes, as in
// [fs.ValidPath], and are never followed out of it; a name that would be is refused with [fs.ErrInvalid], and so is
// "." wherever something would be created, renamed or removed.
//
// An FS is safe for concurrent use. Errors name the file ([*fs.PathError]; from Rename, [*os.LinkError]), and match with [errors.Is] [fs.ErrNotExist],
// [fs.ErrExist], [fs.ErrInvalid], [fs.ErrPermission], [fs.ErrClosed], [ErrLocked], [ErrIrregular].
type FS interface {
	// Open opens a regular file. The flag is [os.O_RDONLY] or [os.O_RDWR], the latter with any of [os.O_CREATE],
	// [os.O_EXCL] and [os.O_TRUNC]; any other is refused with [fs.ErrInvalid].
	//
	// A file that Open creates has exactly the given permissions, whatever the umask; one that is there keeps its own.
	// Opened for writing, a name that is a symbolic link is refused with [ErrIrregular]; for reading, a link is
	// followed, inside the folder.
	Open(name string, flag int, mode fs.FileMode) (File, error)

	// Mkdir creates a folder with exactly the given permissions. Its parent must exist.
	Mkdir(name string, mode fs.FileMode) error

	// Rename gives a file or folder another name, atomically: after a crash it is found under the old or the new one.
	// A file of the new name is replaced. A folder is not, not even an empty one ([fs.ErrExist]): remove it first.
	// Open files follow.
	Rename(from, to string) error

	// Remove removes a file or an empty folder. A folder with something in it gives [fs.ErrExist]. What is open stays
	// usable (on Windows too, as far as the file system has POSIX semantics).
	Remove(name string) error

	// List returns what a folder holds, sorted by name.
	List(name string) ([]fs.DirEntry, error)

	// Stat describes a file or folder, and a symbolic link itself, not what it points to.
	Stat(name string) (fs.FileInfo, error)

	// SyncDir makes the names in a folder durable: every create, rename and remove in it that came before. It does
	// nothing for the contents of its files. On Windows there is no such call, and none is made.
	SyncDir(name string) error

	// Close gives up the folder. Open files stay open. Any later call returns [fs.ErrClosed].
	Close() error
}

// File is an open regular file. It has no position: reads and writes say where. It is safe for concurrent use.
//
// What changes a file (WriteAt, Truncate, Preallocate, Sync, Lock) needs it open with [os.O_RDWR], and returns
// [fs.ErrPermission] otherwise. After Close, every method but Name returns [fs.ErrClosed].
//
// A file of [OS] on Linux also has Writeback(off, n int64) error. It has the kernel write that range to the disk, and waits
// for it, but neither empties the disk's cache nor commits the file system's journal: nothing becomes durable
// (sync_file_range(2)). It is for bytes ahead of use, which a later Sync would have to write.
type File interface {
	// ReadAt reads at an offset. At the end of the file it returns [io.EOF], with the bytes before it.
	io.ReaderAt

	// WriteAt writes at an offset. Beyond the end, the gap reads as zeros. After an error, any part of p, at any
	// place, may have been written.
	io.WriterAt

	// Sync makes durable what was written to the file, and its size. It does not make its name durable: see
	// [FS.SyncDir]. After an error, nothing is known about any byte written since the last Sync that succeeded, and a
	// second Sync that succeeds proves nothing: the file must be closed and read again.
	Sync() error

	// Truncate sets the size. What it adds reads as zeros.
	Truncate(size int64) error

	// Preallocate grows the file to size, with zeros, and reserves the space where the file system can. It never
	// shrinks a file. When the space is not there, it fails, and the size may have grown or not.
	Preallocate(size int64) error

	// Size returns the present size, durable or not.
	Size() (int64, error)

	// Lock takes the file for this File alone, without waiting, or returns [ErrLocked]. It is advisory (on Windows,
	// also binding for the first byte), belongs to the open file, not to the process, and ends with Close or with
	// the process. A second Lock of the same File changes nothing.
	Lock() error

	// Name returns the name that the file was opened by.
	Name() string

	// Close closes the file and releases its lock. It makes nothing durable.
	Close() error
}

// explained is an error that says what is wrong, and matches the class that it belongs to.
type explained struct {
	reason string
	class  error
}

// Error returns the explanation.
func (e *explained) Error() string { return e.reason }

// Unwrap returns the class.
func (e *explained) Unwrap() error { return e.class }

// invalid returns an error that explains what is wrong and matches [fs.ErrInvalid].
func invalid(reason string) error { return &explained{reason: reason, class: fs.ErrInvalid} }

// checkName refuses a name that could leave the folder, or that some platform would take for something else: all
// implementations refuse the same names, so that a folder can be moved between them.
func checkName(op, name string) error {
	if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\:\x00") {
		return &fs.PathError{Op: op, Path: name, Err: invalid("not a name inside the folder: use slash-separated, local names")}
	}
	for part := range strings.SplitSeq(name, "/") {
		if len(part) > 255 {
			return &fs.PathError{Op: op, Path: name, Err: invalid("name is longer than 255 bytes")}
		}
	}
	return nil
}

// checkEntry refuses, besides what [checkName] refuses, the folder itself: it is no entry of its own.
func checkEntry(op, name string) error {
	if name == "." {
		return &fs.PathError{Op: op, Path: name, Err: invalid("the folder itself cannot be created, renamed or removed")}
	}
	return checkName(op, name)
}

// checkRename refuses names that [FS.Rename] cannot take.
func checkRename(from, to string) error {
	if err := checkEntry("rename", from); err != nil {
		return err
	}
	if err := checkEntry("rename", to); err != nil {
		return err
	}
	if strings.HasPrefix(to, from+"/") {
		return &fs.PathError{Op: "rename", Path: to, Err: invalid("a folder cannot be moved into itself")}
	}
	return nil
}

// checkFlag refuses flags that [FS.Open] does not know.
func checkFlag(name string, flag int) error {
	const more = os.O_CREATE | os.O_EXCL | os.O_TRUNC
	ok := flag == os.O_RDONLY || flag&^more == os.O_RDWR && (flag&os.O_EXCL == 0 || flag&os.O_CREATE != 0)
	if !ok {
		const reason = "open with os.O_RDONLY, or with os.O_RDWR and any of os.O_CREATE, os.O_EXCL, os.O_TRUNC"
		return &fs.PathError{Op: "open", Path: name, Err: invalid(reason)}
	}
	return nil
}

// checkOffset refuses negative offsets and sizes, which the platforms report in different ways.
func checkOffset(op, name string, offset int64) error {
	if offset < 0 {
		return &fs.PathError{Op: op, Path: name, Err: invalid("negative offset or size")}
	}
	return nil
}
