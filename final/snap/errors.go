package snap

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
)

var (
	// ErrNoSnapshot is returned when a folder holds no snapshot that can be loaded, or is not there: the node is new, no file is of a
	// snapshot that the log has recorded, or every file was rejected, which the error then lists. Start from the log's beginning if the log reaches back to it; do not, if it does not.
	ErrNoSnapshot = errors.New("no snapshot")

	// ErrCorrupt matches every [CorruptError]. The file can never be loaded; an older one may.
	ErrCorrupt = errors.New("snapshot is corrupt")

	// ErrName matches the rejection of a file whose name and content are of two snapshots: somebody has renamed or copied it.
	// Give it its own name again, or move it away.
	ErrName = errors.New("snapshot file has another snapshot's name")

	// ErrRefused matches what [Snapshotter.SaveSnap] returns for a snapshot that could not be used: the log would not record it, or it
	// would not read back as it is. Nothing was written. The caller has a bug.
	ErrRefused = errors.New("refused, nothing was written")

	// ErrShared matches the refusal to change a folder that others than its owner may enter. Take their permissions away (chmod 700),
	// or set [Options].AllowShared.
	ErrShared = errors.New("folder is open to others")

	// ErrNotDurable matches what [Snapshotter.SaveSnap] and [Snapshotter.Purge] return when the folder could not be synced, and all
	// that they return from then on: what was done last may be undone by a loss of power, and nothing can make sure of it any more.
	// Do not record that snapshot. Stop the node, see to the disk, and start it again.
	ErrNotDurable = errors.New("folder could not be synced")
)

// CorruptError says which file is corrupt, and why. It matches [ErrCorrupt].
type CorruptError struct {
	// File is the file's name.
	File string

	// Reason says what is wrong with it.
	Reason string
}

// Error names the file, what is wrong, and what to do.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("snap: %s is corrupt: %s; put back a copy of this file, or load an older one", e.File, e.Reason)
}

// Unwrap returns [ErrCorrupt].
func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// Rejected is a file that was passed over.
type Rejected struct {
	// File is the file's name.
	File string

	// Err says why: a [*CorruptError], or an error that matches [ErrName].
	Err error
}

// noSnapshot returns the error for a folder in which only rejected files were found, and others that were not looked at, or none.
func noSnapshot(dir string, rejected []Rejected, others int) error {
	switch {
	case len(rejected) == 0 && others == 1:
		return fmt.Errorf("snap: %s: %w: 1 file, not recorded and committed in the log", dir, ErrNoSnapshot)
	case len(rejected) == 0 && others > 0:
		return fmt.Errorf("snap: %s: %w: %d files, none of them recorded and committed in the log", dir, ErrNoSnapshot, others)
	case len(rejected) == 0:
		return fmt.Errorf("snap: %s: %w: the folder holds no file of one", dir, ErrNoSnapshot)
	}
	errs := []error{fmt.Errorf("snap: %s: %w can be loaded: %s", dir, ErrNoSnapshot, names(rejected))}
	for _, r := range rejected {
		errs = append(errs, r.Err)
	}
	return errors.Join(errs...)
}

// names lists the files.
func names(rejected []Rejected) string {
	var all []string
	for _, r := range rejected {
		all = append(all, r.File)
	}
	return strings.Join(all, ", ") + " rejected"
}

// refuse returns an error that matches [ErrRefused].
func refuse(f File, format string, args ...any) error {
	return fmt.Errorf("snap: save %s: %w: "+format, append([]any{f.Name, ErrRefused}, args...)...)
}

// misnamed returns the error for a file whose content is not what its name says.
func misnamed(f File, m *raftpb.SnapshotMetadata) error {
	return fmt.Errorf("snap: %s: %w: it holds term %d, index %d; give it back its name, or move it away", f.Name, ErrName, m.GetTerm(), m.GetIndex())
}

// remedy says what to do when a save has failed.
func remedy(err error) string {
	switch {
	case errors.Is(err, ErrNotDurable):
		return "do not record it: stop the node, see to the disk, and start it again"
	case errors.Is(err, ErrShared):
		return "take the permissions of others away (chmod 700), or set AllowShared"
	case errors.Is(err, disk.ErrIrregular):
		return "move away what stands there"
	case errors.Is(err, disk.ErrLocked):
		return "it is saving into the same folder"
	}
	return "no other snapshot is touched: see to the cause, and save again"
}

// purgeRemedy says what to do when a purge has failed.
func purgeRemedy(err error) string {
	switch {
	case errors.Is(err, ErrNotDurable), errors.Is(err, ErrShared):
		return remedy(err)
	case errors.Is(err, fs.ErrNotExist):
		return "nothing was removed: purge before a snapshot whose file is there"
	case errors.Is(err, ErrCorrupt), errors.Is(err, ErrName), errors.Is(err, disk.ErrIrregular):
		return "nothing was removed, because an older one may be needed"
	}
	return "what is left will be removed by the next purge"
}
