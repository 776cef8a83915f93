package disk

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
)

// OS returns the real folder dir, which must exist. Nothing outside of it can be reached through the FS, not even by a
// symbolic link that someone else puts into it ([os.Root]).
func OS(dir string) (FS, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &osFS{root: root}, nil
}

// osFS is a folder of the operating system.
type osFS struct {
	root *os.Root
}

// attempts bounds how often Open starts again because another process created or removed the name in between.
const attempts = 10

// Open decides with O_EXCL whether it is the one who creates, because only then the permissions are its to set.
func (o *osFS) Open(name string, flag int, mode fs.FileMode) (File, error) {
	if err := checkName("open", name); err != nil {
		return nil, err
	}
	if err := checkFlag(name, flag); err != nil {
		return nil, err
	}
	if flag == os.O_RDONLY {
		return o.openRead(name)
	}
	for range attempts {
		if flag&os.O_CREATE != 0 {
			f, err := o.create(name, mode)
			if !errors.Is(err, fs.ErrExist) || flag&os.O_EXCL != 0 {
				return f, err
			}
		}
		f, err := o.openWrite(name, flag&os.O_TRUNC != 0)
		if !errors.Is(err, fs.ErrNotExist) || flag&os.O_CREATE == 0 {
			return f, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("created and removed by others all the time")}
}

// create creates the file, which must not exist.
func (o *osFS) create(name string, mode fs.FileMode) (File, error) {
	f, err := o.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		return nil, err
	}
	// By the descriptor, so that no other file can take the name in between.
	if err := f.Chmod(mode.Perm()); err != nil {
		f.Close()
		return nil, err
	}
	return &osFile{File: f, name: name, write: true}, nil
}

// openWrite opens a file that exists. What the name is gets checked before opening, because opening a pipe would wait,
// and the opened file is compared with it, because it may have been replaced in between; only then it is truncated.
func (o *osFS) openWrite(name string, truncate bool) (File, error) {
	before, err := o.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrIrregular}
	}
	f, err := o.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	after, err := f.Stat()
	if err == nil && !os.SameFile(before, after) {
		err = &fs.PathError{Op: "open", Path: name, Err: ErrIrregular}
	}
	if err == nil && truncate {
		err = f.Truncate(0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &osFile{File: f, name: name, write: true}, nil
}

// openRead opens a file for reading; a link is followed as far as the root allows.
func (o *osFS) openRead(name string) (File, error) {
	info, err := o.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrIrregular}
	}
	f, err := o.root.Open(name)
	if err != nil {
		return nil, err
	}
	return &osFile{File: f, name: name}, nil
}

// Mkdir sets the permissions in a second step, which the umask does not change. A crash in between leaves fewer
// permissions than asked for, never more.
func (o *osFS) Mkdir(name string, mode fs.FileMode) error {
	if err := checkEntry("mkdir", name); err != nil {
		return err
	}
	if err := o.root.Mkdir(name, mode.Perm()); err != nil {
		return err
	}
	return o.root.Chmod(name, mode.Perm())
}

func (o *osFS) Rename(from, to string) error {
	if err := checkRename(from, to); err != nil {
		return err
	}
	return o.root.Rename(from, to)
}

func (o *osFS) Remove(name string) error {
	if err := checkEntry("remove", name); err != nil {
		return err
	}
	return o.root.Remove(name)
}

func (o *osFS) List(name string) ([]fs.DirEntry, error) {
	if err := checkName("list", name); err != nil {
		return nil, err
	}
	return fs.ReadDir(o.root.FS(), name)
}

func (o *osFS) Stat(name string) (fs.FileInfo, error) {
	if err := checkName("stat", name); err != nil {
		return nil, err
	}
	return o.root.Lstat(name)
}

func (o *osFS) SyncDir(name string) error {
	if err := checkName("syncdir", name); err != nil {
		return err
	}
	d, err := o.root.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	info, err := d.Stat()
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "syncdir", Path: name, Err: errors.New("not a folder")}
	}
	if err != nil {
		return err
	}
	return syncDir(d)
}

func (o *osFS) Close() error { return o.root.Close() }

// osFile is a file of the operating system. ReadAt is os.File's own.
type osFile struct {
	*os.File
	name   string
	write  bool
	locked atomic.Bool
}

// Name returns the name inside the folder; os.File's would start with the folder.
func (f *osFile) Name() string { return f.name }

// check refuses what changes a file that was opened for reading, and a negative offset or size.
func (f *osFile) check(op string, offset int64) error {
	if !f.write {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrPermission}
	}
	return checkOffset(op, f.name, offset)
}

func (f *osFile) ReadAt(p []byte, offset int64) (int, error) {
	if err := checkOffset("read", f.name, offset); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, offset)
}

func (f *osFile) WriteAt(p []byte, offset int64) (int, error) {
	if err := f.check("write", offset); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, offset)
}

func (f *osFile) Truncate(size int64) error {
	if err := f.check("truncate", size); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *osFile) Size() (int64, error) {
	info, err := f.File.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f *osFile) Sync() error {
	if err := f.check("sync", 0); err != nil {
		return err
	}
	return syncFile(f.File)
}

func (f *osFile) Preallocate(size int64) error {
	if err := f.check("preallocate", size); err != nil {
		return err
	}
	return preallocate(f.File, size)
}

func (f *osFile) Lock() error {
	if err := f.check("lock", 0); err != nil {
		return err
	}
	if f.locked.Load() {
		return nil
	}
	err := lock(f.File)
	f.locked.Store(err == nil)
	return err
}

// Close lets go of the lock by name first: a child that is being started holds a copy of every descriptor until it becomes
// another program, and with the copy the lock.
func (f *osFile) Close() error {
	if f.locked.Load() {
		unlock(f.File) // what fails here ends with the descriptor
	}
	return f.File.Close()
}

// grow makes the file at least size bytes long, without reserving space.
func grow(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= size {
		return err
	}
	return f.Truncate(size)
}

// control calls a system call on the descriptor of f, again while it is interrupted, and names operation and file in
// its error. The descriptor cannot be closed, and its number given to another file, while the call runs.
func control(f *os.File, op string, call func(fd uintptr) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return &fs.PathError{Op: op, Path: f.Name(), Err: err}
	}
	var callErr error
	if err := conn.Control(func(fd uintptr) {
		for {
			if callErr = call(fd); callErr != syscall.EINTR {
				return
			}
		}
	}); err != nil {
		// Control itself fails for one reason only.
		return &fs.PathError{Op: op, Path: f.Name(), Err: fs.ErrClosed}
	}
	if callErr != nil {
		return &fs.PathError{Op: op, Path: f.Name(), Err: callErr}
	}
	return nil
}

// lockedError is what Lock returns when another holds the lock.
func lockedError(f *os.File) error {
	return &fs.PathError{Op: "lock", Path: f.Name(), Err: ErrLocked}
}
