package snap

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

// Options configures a [Snapshotter]. The zero value, or a nil pointer, is the default.
type Options struct {
	// FS is the disk. If nil, it is the real folder; otherwise the folder's name is a path inside FS.
	FS disk.FS

	// Logger gets every file that is passed over, and why, also for not being recorded in the log; every file that is purged; and a sync that takes more than a second. If
	// nil, nobody does; [Snapshotter.Rejected] tells of the first in any case.
	Logger *slog.Logger

	// Observe, if not nil, is called with each [Event], for metrics, by the goroutine that did it. It must not use the Snapshotter.
	Observe func(Event)

	// RenameBroken makes loading rename each corrupt file that it meets to NAME.broken, so that it is met only once. The default is
	// to change nothing: a load only reads. Renamed or not, the bytes stay. No other file is ever renamed: not one that could not
	// be read, which may be good, and not one with a wrong name.
	RenameBroken bool

	// AllowShared lets the folder be changed although its mode lets others in. The default is to refuse that ([ErrShared]): a
	// snapshot holds all of the application's data. Loading does not ask. On Windows, where a mode does not tell, nothing does.
	AllowShared bool
}

// File is a snapshot file's name.
type File struct {
	// Name is Term and Index as 16 lower-case hexadecimal digits each.
	Name string

	// Term and Index are where in raft's log the snapshot stands.
	Term, Index uint64
}

// Names; part of the format: %016x-%016x.snap, term before index, so that the order of names is the order of raft.
const (
	hexDigits  = 16
	suffix     = ".snap"
	nameLength = hexDigits + 1 + hexDigits + len(suffix)
	broken     = ".broken"
)

// fileName returns the name of a snapshot's file.
func fileName(term, index uint64) string { return fmt.Sprintf("%016x-%016x%s", term, index, suffix) }

// parseName reads a name to the letter.
func parseName(name string) (f File, ok bool) {
	if len(name) != nameLength || name[hexDigits] != '-' || !strings.HasSuffix(name, suffix) {
		return f, false
	}
	term, okTerm := parseHex(name[:hexDigits])
	index, okIndex := parseHex(name[hexDigits+1 : nameLength-len(suffix)])
	return File{name, term, index}, okTerm && okIndex
}

// parseHex reads lower-case hexadecimal digits and nothing else.
func parseHex(s string) (uint64, bool) {
	if strings.Trim(s, "0123456789abcdef") != "" {
		return 0, false
	}
	v, err := strconv.ParseUint(s, 16, 64)
	return v, err == nil
}

// list returns the snapshot files of a folder, newest first, and the names of others that end alike.
func list(fsys disk.FS, dir string) (files []File, strange []string, err error) {
	entries, err := fsys.List(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		f, ok := parseName(e.Name())
		switch {
		case ok && !e.IsDir():
			files = append(files, f)
		case strings.HasSuffix(e.Name(), suffix):
			strange = append(strange, e.Name())
		}
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(b.Name, a.Name) })
	return files, strange, nil
}

// read loads one file. Its error is a *CorruptError if the bytes are damaged, and any other if they could not be read.
func read(fsys disk.FS, name string) (s *raftpb.Snapshot, size int64, err error) {
	s, size, corrupt, err := load(fsys, name)
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // it names the file again
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, fmt.Errorf("snap: read %s: %w; check the path", path.Base(name), err)
	case errors.Is(err, disk.ErrIrregular):
		return nil, 0, fmt.Errorf("snap: read %s: %w; put the file itself in its place", path.Base(name), err)
	case err != nil:
		return nil, 0, fmt.Errorf("snap: read %s: %w; nothing is known about the snapshot until this read succeeds", path.Base(name), err)
	case corrupt != nil:
		return nil, 0, &CorruptError{File: path.Base(name), Reason: corrupt.Error()}
	}
	return s, size, nil
}

// load reads one file. The third result is the reason why it is corrupt, the fourth a read error.
func load(fsys disk.FS, name string) (s *raftpb.Snapshot, size int64, corrupt, err error) {
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, 0, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if size, err = f.Size(); err != nil {
		return nil, 0, nil, err
	}
	o, corrupt, err := survey(f, size)
	if err != nil || corrupt != nil {
		return nil, 0, corrupt, err
	}
	b := make([]byte, o.size)
	if err := readFull(f, b, o.off); err != nil {
		return nil, 0, nil, err
	}
	s, corrupt = decode(b, o.crc)
	return s, size, corrupt, nil
}

// readFull fills b. A file that ends too early is an error like any other.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || err == io.EOF:
		return errors.New("the file is shorter than it said")
	}
	return err
}

// openFolder returns the disk and the path in it that a folder's name means, and how to give the disk up again.
func openFolder(dir string, given disk.FS) (fsys disk.FS, name string, release func() error, err error) {
	if given != nil {
		return given, path.Clean(dir), func() error { return nil }, nil
	}
	if fsys, err = disk.OS(dir); err != nil {
		return nil, "", nil, err
	}
	return fsys, ".", fsys.Close, nil
}

// Read loads the snapshot file at a path, whatever its name. Its error is a [*CorruptError] if the bytes are damaged. The caller
// owns the snapshot; its data is the only copy of the file in memory.
func Read(file string, opts *Options) (*raftpb.Snapshot, error) {
	var given disk.FS
	dir, base := filepath.Split(file)
	if opts != nil && opts.FS != nil {
		given = opts.FS
		dir, base = path.Split(file)
	}
	fsys, dir, release, err := openFolder(cmp.Or(dir, "."), given)
	if err != nil {
		return nil, fmt.Errorf("snap: %w", err)
	}
	s, _, err := read(fsys, path.Join(dir, base))
	return s, errors.Join(err, release())
}

// exists tells whether a name is taken.
func exists(fsys disk.FS, name string) (bool, error) {
	_, err := fsys.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
