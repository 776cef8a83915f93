package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/snap"
)

// path returns the name of what lies in the node's folder, as the options mean it.
func (n *node) path(names ...string) string {
	names = append([]string{n.dir}, names...)
	if n.opts.FS != nil {
		return path.Join(names...)
	}
	return filepath.Join(names...)
}

// list returns what a folder holds.
func (n *node) list(folder string) ([]fs.DirEntry, error) {
	if n.opts.FS != nil {
		return n.opts.FS.List(path.Clean(folder))
	}
	fsys, err := disk.OS(folder)
	if err != nil {
		return nil, err
	}
	defer fsys.Close()
	return fsys.List(".")
}

// makeFolder makes the node's folder, durably: a vote is of no use under a name that a loss of power takes away. Who else has made it may not have
// synced its parent.
func (n *node) makeFolder() error {
	fsys, above, name := n.opts.FS, path.Dir(path.Clean(n.dir)), path.Clean(n.dir)
	if fsys == nil {
		full, err := filepath.Abs(n.dir)
		if err != nil {
			return err
		}
		if real, err := filepath.EvalSymlinks(full); err == nil {
			full = real
		}
		if fsys, err = disk.OS(filepath.Dir(full)); err != nil {
			return err
		}
		defer fsys.Close()
		above, name = ".", filepath.Base(full)
	}
	if name == "." || name == string(filepath.Separator) { // the disk's own root
		return nil
	}
	if err := fsys.Mkdir(name, disk.DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if n.opts.WAL.UnsafeNoSync {
		return nil
	}
	return fsys.SyncDir(above)
}

// checkShared refuses a folder of snapshots that others may enter, as the log's is. Loading does not ask, and the first save, hours later, would fail.
func (n *node) checkShared() error {
	if n.opts.Snap.AllowShared || runtime.GOOS == "windows" {
		return nil
	}
	stat := os.Stat
	if n.opts.FS != nil {
		stat = n.opts.FS.Stat
	}
	info, err := stat(n.path(snapFolder))
	if err != nil || !info.IsDir() || info.Mode().Perm()&0o077 == 0 {
		return nil // who reads the folder tells what is wrong with it
	}
	return fmt.Errorf("storage: %s: %w: its mode is %04o; change it to 0700, or set Options.Snap.AllowShared", n.path(snapFolder), snap.ErrShared, info.Mode().Perm())
}

// cause returns what is wrong, without the name, which is told already.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// isAbsent tells whether the error of listing the snapshots' folder means that there is none. A link that leads nowhere is one whose disk is not mounted.
func (n *node) isAbsent(err error) bool {
	if n.opts.FS == nil && errors.Is(err, fs.ErrNotExist) {
		_, err = os.Lstat(n.path(snapFolder))
	}
	return errors.Is(err, fs.ErrNotExist)
}
