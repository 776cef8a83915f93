package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// terminalWidth returns how many columns there are: what COLUMNS says, or the
// terminal, or 80.
func terminalWidth(out *os.File, getenv func(string) string) int {
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if isTerminal(out) {
		// stty asks the terminal that is its input. There is none on Windows,
		// where the default will do.
		cmd := exec.Command("stty", "size")
		cmd.Stdin = out
		var rows, columns int
		if size, err := cmd.Output(); err == nil {
			if _, err := fmt.Sscan(string(size), &rows, &columns); err == nil && columns > 0 {
				return columns
			}
		}
	}
	return 80
}
