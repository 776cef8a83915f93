package wal

import (
	"log/slog"
	"path"

	"example.com/logbook/final/disk"
)

// Recovery says what reading does at the first damage.
type Recovery int

const (
	// TornTail reads up to a record that a crash left unfinished, tells of it by [WAL.Tail] and in the log, and
	// returns no error for it, as long as the log's metadata can be read ([ErrTorn]). Corruption is an error. It is
	// the default.
	TornTail Recovery = iota

	// Strict returns a [TornError] for an unfinished record as well.
	Strict

	// Salvage reads whatever still verifies, behind damage too, and tells of each damage. It is for looking at a
	// log that is lost, not for running a node: what it returns may miss acknowledged entries.
	Salvage
)

// Options configures how a log is read. The zero value, or a nil pointer, is the default.
type Options struct {
	// FS is the disk. If nil, it is the real folder; otherwise the folder's name is a path inside FS.
	FS disk.FS

	// Logger gets what is worth telling but no error: a torn tail, files that are no segments. If nil, nobody does.
	Logger *slog.Logger

	// Recovery says what to do at the first damage. The default is [TornTail].
	Recovery Recovery
}

// folder is a directory of an FS, and who closes the FS.
type folder struct {
	disk.FS
	dir  string // path inside FS
	name string // what errors call it
	own  bool   // the FS was opened here
}

// openFolder finds the folder that a name means under the given options.
func openFolder(dir string, opts *Options) (*folder, error) {
	if opts.FS != nil {
		return &folder{FS: opts.FS, dir: path.Clean(dir), name: dir}, nil
	}
	fsys, err := disk.OS(dir)
	if err != nil {
		return nil, err
	}
	return &folder{FS: fsys, dir: ".", name: dir, own: true}, nil
}

// path returns the name of a file of the folder inside FS.
func (f *folder) path(name string) string { return path.Join(f.dir, name) }

// release closes what openFolder opened. Files stay open.
func (f *folder) release() error {
	if !f.own {
		return nil
	}
	return f.Close()
}

// orDefault returns the options, or the defaults for nil, with a logger that is never nil.
func (o *Options) orDefault() Options {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return opts
}
