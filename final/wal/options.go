package wal

import (
	"log/slog"
	"path"
	"path/filepath"
	"strconv"
	"time"

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

// DefaultSegmentSize is etcd's (SegmentSizeBytes in server/storage/wal/wal.go at tag v3.7.3).
const DefaultSegmentSize = 64_000_000

// Options configures a log. The zero value, or a nil pointer, is the default: what etcd does. A log does not keep the pointer. The first three are
// for reading too, the others for writing only.
type Options struct {
	// FS is the disk. If nil, it is the real folder; otherwise the folder's name is a path inside FS.
	FS disk.FS

	// Logger gets what is worth telling but no error: a torn tail, files that are no segments, a slow sync, a new segment. If nil, nobody does.
	Logger *slog.Logger

	// Recovery says what to do at the first damage. The default is [TornTail].
	Recovery Recovery

	// SegmentSize is how many bytes of a segment may be written before the next Save leaves it, and how many are reserved for it. A Save is never
	// split. The default is [DefaultSegmentSize].
	SegmentSize int64

	// Observe is told what the log does to the disk, for metrics. It is called with the log locked, and in the order of things: it must return soon
	// and not call the log. The default is nobody.
	Observe func(Event)

	// NoFill leaves the next segment as the file system reserves it. The default is to fill it with zeros ahead, which makes syncs cheaper
	// and writes the log's size twice.
	NoFill bool

	// NoBackground makes the log start no goroutine. The next segment is then made by [WAL.Prepare], or by the Save that needs it. The default
	// is to make it in the background.
	NoBackground bool

	// AllowShared takes a folder that others than its owner may list or write. The default is to refuse it.
	AllowShared bool

	// UnsafeNoSync writes everything to the kernel and makes nothing durable: for tests, and for data that may be lost. What was saved then survives
	// the process, but not the machine.
	UnsafeNoSync bool
}

// Op is what a log does to the disk.
type Op int

// What [Options].Observe is told.
const (
	// OpWrite is a write to the last segment: Bytes.
	OpWrite Op = iota

	// OpSync is a sync of a segment: Took.
	OpSync

	// OpCut is the beginning of a segment.
	OpCut

	// OpRepair is the cutting of a torn tail: Bytes.
	OpRepair
)

// String returns the operation in a word.
func (o Op) String() string {
	if o < OpWrite || o > OpRepair {
		return strconv.Itoa(int(o))
	}
	return [...]string{"write", "sync", "cut", "repair"}[o]
}

// Event is one operation.
type Event struct {
	// Op says which fields are set.
	Op Op

	// Segment is the name of the file.
	Segment string

	// Bytes is how many were written, or cut off.
	Bytes int64

	// Took is how long it took.
	Took time.Duration
}

// observe tells of an event.
func (o *Options) observe(e Event) {
	if o.Observe != nil {
		o.Observe(e)
	}
}

// segmentSize returns the size at which to cut.
func (o *Options) segmentSize() int64 {
	if o.SegmentSize <= 0 {
		return DefaultSegmentSize
	}
	return o.SegmentSize
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

// show returns what errors call a file of the folder.
func (f *folder) show(name string) string { return filepath.Join(f.name, name) }

// path returns the name of a file of the folder inside FS.
func (f *folder) path(name string) string { return path.Join(f.dir, name) }

// release closes what openFolder opened. Files stay open.
func (f *folder) release() error {
	if !f.own {
		return nil
	}
	return f.Close()
}

// silence is the logger of who has none.
var silence = slog.New(slog.DiscardHandler)

// orDefault returns the options, or the defaults for nil, with a logger that is never nil.
func (o *Options) orDefault() Options {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Logger == nil {
		opts.Logger = silence
	}
	return opts
}
