package snap

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"

	"example.com/logbook/final/disk"
)

// makeFolder creates the folder if it is not there, and makes its name durable, once: also of one that is there, which a process may
// have created that was killed before it could. Without its folder, no file in it is durable.
func (s *Snapshotter) makeFolder() error {
	if s.settled {
		return nil
	}
	parent, base, err := s.parent()
	if err != nil {
		return err
	}
	if parent != base {
		if err := s.settle(parent, base); err != nil {
			return err
		}
	}
	s.settled = true
	return nil
}

// parent returns the folder in which the folder lies, and its name there. They are the same for one that lies in none.
func (s *Snapshotter) parent() (parent, base string, err error) {
	if s.opts.FS != nil {
		dir := path.Clean(s.dir)
		return path.Dir(dir), path.Base(dir), nil
	}
	dir, err := filepath.Abs(s.dir)
	if err == nil && filepath.Dir(dir) != dir {
		return filepath.Dir(dir), filepath.Base(dir), nil
	}
	return ".", ".", err
}

// settle makes sure that the folder is there, and durably.
func (s *Snapshotter) settle(parent, base string) (err error) {
	there, err := s.there()
	if err != nil {
		return err
	}
	fsys, dir, release, err := openFolder(parent, s.opts.FS)
	if there && errors.Is(err, fs.ErrPermission) {
		return nil // who may not look into the parent has not created anything there
	}
	if err != nil {
		return fmt.Errorf("%w (the parent of %s must be there)", err, s.dir)
	}
	defer func() { err = errors.Join(err, release()) }()
	if !there {
		if err := fsys.Mkdir(path.Join(dir, base), disk.DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return s.syncDir(fsys, dir)
}

// there tells whether the folder is there.
func (s *Snapshotter) there() (bool, error) {
	fsys, dir, release, err := openFolder(s.dir, s.opts.FS)
	if err == nil {
		_, err = fsys.Stat(dir)
		err = errors.Join(err, release())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// others are the permissions of everybody but the owner.
const others fs.FileMode = 0o077

// private refuses a folder that others may enter.
func (s *Snapshotter) private(fsys disk.FS, dir string) error {
	if s.opts.AllowShared || runtime.GOOS == "windows" && s.opts.FS == nil {
		return nil
	}
	info, err := fsys.Stat(dir)
	if err == nil && info.Mode()&others != 0 {
		err = fmt.Errorf("%w: mode %04o", ErrShared, info.Mode().Perm())
	}
	return err
}
