package disk

import (
	"fmt"
	"os"
	"testing"
)

// What no name leads to any more is forgotten, or a long simulation would keep every segment that it ever purged.
func TestRemovedIsForgotten(t *testing.T) {
	t.Parallel()
	sim := NewSim()
	for i := range 20 {
		name := fmt.Sprint(i)
		f, err := sim.Open(name, os.O_RDWR|os.O_CREATE, FileMode)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		sim.SyncDir(".")
		sim.Remove(name)
	}
	sim.SyncDir(".")
	for id, n := range sim.nodes {
		if n != nil && id != root {
			t.Errorf("node %d is kept", id)
		}
	}
}
