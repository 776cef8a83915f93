package matrix_test

import (
	"context"
	"fmt"
	"log"

	"example.com/logbook/chapters/03-snapshots/matrix"
)

// The order of this chapter, in a node that takes the newest file without asking
// the log: after a crash, the file may be there and its record not.
func ExampleRun() {
	c := matrix.Case{Order: matrix.Orders()[0], Start: matrix.Newest}
	cells, err := matrix.Run(context.Background(), c, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, cell := range cells {
		fmt.Printf("%-6s  %d disks, %d stuck\n", cell.Step, cell.Disks, cell.Stuck)
	}
	// Output:
	// file    5 disks, 1 stuck
	// record  3 disks, 2 stuck
	// purge   4 disks, 0 stuck
}
