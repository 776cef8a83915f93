package storage

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// once is a handler that drops, until the start is over, what it has told already: a start reads the log twice, first for the snapshots that it vouches for.
type once struct {
	slog.Handler
	mu   sync.Mutex
	told map[string]bool // by all that is said; nil once the start is over
}

// newOnce returns a handler for one start.
func newOnce(to slog.Handler) *once { return &once{Handler: to, told: map[string]bool{}} }

// Handle passes on what is new.
func (o *once) Handle(ctx context.Context, rec slog.Record) error {
	var key strings.Builder
	fmt.Fprintln(&key, rec.Level, rec.Message)
	rec.Attrs(func(a slog.Attr) bool {
		fmt.Fprintln(&key, a)
		return true
	})
	o.mu.Lock()
	known := o.told[key.String()]
	if o.told != nil {
		o.told[key.String()] = true
	}
	o.mu.Unlock()
	if known {
		return nil
	}
	return o.Handler.Handle(ctx, rec)
}

// end lets everything pass from now on: a disk may be slow twice.
func (o *once) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = nil
}
