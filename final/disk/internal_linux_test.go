package disk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Where fallocate is refused, the size alone is set; any other error is one, above all that there is no space.
func TestPreallocateFallsBack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err, want error
		size      int64
	}{
		{syscall.EOPNOTSUPP, nil, 5000},
		{syscall.ENOSYS, nil, 5000},
		{syscall.ENOSPC, syscall.ENOSPC, 0},
		{nil, nil, 0},
	} {
		f, err := os.Create(filepath.Join(t.TempDir(), "file"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := orGrow(f, 5000, tt.err); !errors.Is(err, tt.want) {
			t.Errorf("fallocate's %v becomes %v, want %v", tt.err, err, tt.want)
		}
		if info, _ := f.Stat(); info.Size() != tt.size {
			t.Errorf("after fallocate's %v the size is %d, want %d", tt.err, info.Size(), tt.size)
		}
		if err := orGrow(f, tt.size/2, tt.err); !errors.Is(err, tt.want) {
			t.Errorf("fallocate's %v of less becomes %v, want %v", tt.err, err, tt.want)
		}
		if info, _ := f.Stat(); info.Size() != tt.size {
			t.Errorf("the fall-back shrank the file to %d, want %d", info.Size(), tt.size)
		}
	}
}

// A system call that a signal interrupts is made again.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls := 0
	err = control(f, "sync", func(uintptr) error {
		if calls++; calls < 3 {
			return syscall.EINTR
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("after %d calls: %v, want success at the third", calls, err)
	}
}
