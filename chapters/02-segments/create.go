package segments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/final/disk"
)

// Create makes a new log in the folder dir, which must be absent or empty, and
// opens it. Its first segment begins with a checksum record and head, of which
// the types and the data count. dir is not the root of fsys, and its parent
// exists.
//
// The log is made in dir with ".tmp" behind its name, and renamed when all of it
// is durable: at any moment, also after a crash, dir either holds no segment or
// is a whole log. When Create has returned nil, no crash can take it back.
//
// A dir that holds anything is refused with an error that matches
// [fs.ErrExist], and so is a temporary folder with anything in it that Create
// does not make; what an earlier Create has left there is removed. A dir that
// cannot be looked at gives that error. A Create that fails leaves no log
// behind, and no lock.
func Create(fsys disk.FS, dir string, head []records.Record, opts *Options) (*Log, error) {
	tmp := dir + ".tmp"
	if err := vacant(fsys, dir); err != nil {
		return nil, fmt.Errorf("segments: create %s: %w", dir, err)
	}
	if err := reclaim(fsys, tmp); err != nil {
		return nil, fmt.Errorf("segments: clear %s: %w", tmp, err)
	}
	l := &Log{fsys: fsys, dir: dir, size: opts.segmentSize()}
	err := l.build(tmp, head)
	if err == nil {
		err = publish(fsys, tmp, dir)
	}
	if err != nil {
		err = errors.Join(err, closeAll(l.segments), discard(fsys, tmp))
		return nil, fmt.Errorf("segments: create %s: %w", dir, err)
	}
	return l, nil
}

// vacant returns nil if the folder is absent or empty.
//
//course:exercise 2.2
func vacant(fsys disk.FS, dir string) error {
	entries, err := fsys.List(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil: // what cannot be seen may be somebody's log
		return err
	case len(entries) > 0:
		return fmt.Errorf("it holds %s: %w", entries[0].Name(), fs.ErrExist)
	}
	return nil
}

// build makes the temporary folder with the first segment in it, durable both.
//
//course:exercise 2.2
func (l *Log) build(tmp string, head []records.Record) error {
	if err := l.fsys.Mkdir(tmp, disk.DirMode); err != nil {
		return err
	}
	name := FormatName(0, 0)
	file, err := newFile(l.fsys, path.Join(tmp, name), l.size)
	if err != nil {
		return err
	}
	l.segments = []segment{{file: file, name: name}}
	l.tail = newTail(file, 0, 0)
	if err := l.tail.begin(head); err != nil {
		return err
	}
	// The file is durable, its name is not: without this, the rename could
	// bring an empty folder (etcd leaves it out, and ext4 forgives it).
	return l.fsys.SyncDir(tmp)
}

// publish gives the finished folder its name, durably. If that fails, the
// folder has its temporary name again.
//
//course:exercise 2.2
func publish(fsys disk.FS, tmp, dir string) error {
	// A rename replaces no folder, so an empty one goes first. One that is not
	// empty any more stays: Remove refuses it.
	if err := fsys.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := fsys.Rename(tmp, dir); err != nil {
		return err
	}
	// Until the parent is synced, a crash may take the whole log back.
	if err := fsys.SyncDir(path.Dir(dir)); err != nil {
		return errors.Join(err, fsys.Rename(dir, tmp))
	}
	return nil
}

// begin writes what opens a segment, the checksum record and head, and makes it
// durable.
//
//course:exercise 2.2
func (t *tail) begin(head []records.Record) error {
	for _, r := range append([]records.Record{{Type: records.TypeCRC}}, head...) {
		if err := t.enc.Encode(r.Type, r.Data); err != nil {
			return err
		}
	}
	if err := t.enc.Flush(); err != nil {
		return err
	}
	return t.file.Sync()
}

// newFile makes a file of zeros, size bytes long, locked. A file of that name
// is taken over, and what it held is gone: it may hold records of an earlier
// life, which must not be read again.
func newFile(fsys disk.FS, name string, size int64) (disk.File, error) {
	f, err := fsys.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err != nil {
		return nil, err
	}
	// Locked first: what another process holds is not ours to empty.
	err = f.Lock()
	if err == nil {
		err = f.Truncate(0)
	}
	if err == nil {
		err = f.Preallocate(size)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// reclaim removes what a Create that did not finish has left, unless another
// process is at it.
func reclaim(fsys disk.FS, tmp string) error {
	f, err := fsys.Open(path.Join(tmp, FormatName(0, 0)), os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(f.Lock(), f.Close())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return discard(fsys, tmp)
}

// discard removes a folder that build has made, as far as it got, and nothing
// else: a folder with anything more in it stays.
func discard(fsys disk.FS, tmp string) error {
	for _, name := range []string{path.Join(tmp, FormatName(0, 0)), tmp} {
		if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
