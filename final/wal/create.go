package wal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"example.com/logbook/final/disk"
)

// Create makes a new log in dir, locked and open for writing. metadata is whatever the owner wants to find again; nil and empty differ. Every segment
// repeats it.
//
// A folder that is not there is made, its parent must exist. One that is there must be empty ([ErrExist]), but for what a Create that a crash has
// ended left there, and a file system's own lost+found; so it may be a mount point. Until all of the log is durable, its file has no segment's
// name: after a crash there is a log or none, and after an error there is none.
func Create(dir string, metadata []byte, opts *Options) (*WAL, error) {
	o := opts.orDefault()
	f, err := makeFolder(dir, &o)
	if err != nil {
		return nil, fmt.Errorf("wal: create %s: %w", dir, err)
	}
	first, err := f.create(metadata, &o)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wal: create %s: %w", dir, err), f.release())
	}
	w := &WAL{opts: o, name: dir, lock: f, out: first}
	first.spare.start()
	return w, nil
}

// create makes the log in an empty folder.
func (f *folder) create(metadata []byte, opts *Options) (o *writer, err error) {
	if err := f.checkEmpty(); err != nil {
		return nil, err
	}
	name := formatName(0, 0)
	fd, err := f.openLocked(spareName, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	made := ""
	defer func() {
		if err != nil {
			err = errors.Join(err, fd.Close())
		}
		if err != nil && made != "" {
			err = errors.Join(err, f.Remove(f.path(made)))
		}
	}()
	// Another Create may have had the file, and be done with it: then it is a segment now.
	if err := f.checkEmpty(); err != nil {
		return nil, err
	}
	made = spareName
	if err := fd.Truncate(0); err != nil {
		return nil, err
	}
	if err := fd.Preallocate(opts.segmentSize()); err != nil {
		return nil, err
	}
	o = newWriter(f, opts, []file{{Segment{Name: name}, fd}}, 0, 0)
	o.metadata = bytes.Clone(metadata)
	if err := o.headOfAll(); err != nil {
		return nil, err
	}
	if err := f.Rename(f.path(spareName), f.path(name)); err != nil {
		return nil, err
	}
	made = name
	if err := o.syncDir(); err != nil {
		return nil, err
	}
	return o, f.syncParent(opts)
}

// headOfAll writes the head of a log's first segment: it ends with the snapshot of index 0, which is the beginning.
func (o *writer) headOfAll() error {
	if err := o.head(); err != nil {
		return err
	}
	zero := snapshotFields{}
	if err := o.enc.record(TypeSnapshot, zero.append(nil)); err != nil {
		return err
	}
	o.check.log.restart(0, 0)
	return o.sync()
}

// checkEmpty refuses a folder with anything in it that is not this package's leftover.
func (f *folder) checkEmpty() error {
	files, err := f.List(f.dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		_, _, segment := parseName(file.Name())
		switch {
		case file.Name() == spareName && file.Type().IsRegular(), file.Name() == "lost+found" && file.IsDir():
		case segment:
			return fmt.Errorf("%w: it holds a log: open it, or choose another folder", ErrExist)
		default:
			return fmt.Errorf("%w: it holds %s: move that away, or choose another folder", ErrExist, file.Name())
		}
	}
	return nil
}

// makeFolder opens the folder of a new log, and makes it if it is not there.
func makeFolder(dir string, opts *Options) (*folder, error) {
	parent, name := opts.FS, path.Clean(dir)
	if parent == nil {
		above, err := disk.OS(filepath.Dir(filepath.Clean(dir)))
		if err != nil {
			return nil, err
		}
		defer above.Close()
		parent, name = above, filepath.Base(filepath.Clean(dir))
	}
	if name != "." && name != ".." && name != string(filepath.Separator) {
		if err := parent.Mkdir(name, disk.DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return openToWrite(dir, opts)
}

// openToWrite opens a folder that is to be written, if nobody else may.
func openToWrite(dir string, opts *Options) (*folder, error) {
	f, err := openFolder(dir, opts)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat(f.dir)
	if err == nil && info.Mode().Perm()&0o077 != 0 && !opts.AllowShared && runtime.GOOS != "windows" {
		err = fmt.Errorf("%w: its mode is %04o; change it to 0700, or set Options.AllowShared", ErrShared, info.Mode().Perm())
	}
	if err != nil {
		return nil, errors.Join(err, f.release())
	}
	return f, nil
}

// syncParent makes the folder's own name durable: a crash may have come between its making and the sync.
func (f *folder) syncParent(opts *Options) error {
	switch {
	case opts.UnsafeNoSync:
		return nil
	case !f.own:
		return f.SyncDir(path.Dir(f.dir))
	}
	real, err := filepath.EvalSymlinks(f.name)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return err
	}
	parent, err := disk.OS(filepath.Dir(real))
	if err != nil {
		return err
	}
	return errors.Join(parent.SyncDir("."), parent.Close())
}
