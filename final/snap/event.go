package snap

import "time"

// Op is what an [Event] is about.
type Op string

// The operations that [Options].Observe is told of.
const (
	OpSave   Op = "save"   // SaveSnap has returned nil
	OpSync   Op = "sync"   // a part of it: the content of the file was made durable
	OpLoad   Op = "load"   // a file was loaded
	OpReject Op = "reject" // a file was passed over; Bytes and Took are 0
	OpPurge  Op = "purge"  // a file was removed; Bytes is 0
)

// Event is one operation that has succeeded.
type Event struct {
	// Op is the operation.
	Op Op

	// File is the name of the file.
	File string

	// Bytes is the size of the file.
	Bytes int64

	// Took is how long it took.
	Took time.Duration
}

// observe tells of an operation that has begun at a time and ends now.
func (s *Snapshotter) observe(op Op, file string, bytes int64, begun time.Time) {
	if s.opts.Observe != nil {
		s.opts.Observe(Event{op, file, bytes, time.Since(begun)})
	}
}
