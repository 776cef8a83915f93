package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// machine says what the program runs on.
func machine() string {
	s := fmt.Sprintf("%d x %s, %s/%s, %s", runtime.NumCPU(), processor(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		s += ", kernel " + strings.TrimSpace(string(release))
	}
	return s
}

// processor is its name where Linux tells.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor of unknown name"
}

// fileSystem is the kind of file system that a folder is on, where Linux tells.
func fileSystem(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	text, _ := os.ReadFile("/proc/self/mountinfo")
	return mounted(string(text), dir)
}

// mounted finds the mount that a folder is on, of those listed as in proc(5): the last
// one of the longest path is on top of the others.
func mounted(mountinfo, dir string) string {
	kind, longest := "a file system of unknown kind", -1
	for line := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if len(left) < 5 || len(right) < 1 {
			continue
		}
		point := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(left[4])
		if within(dir, point) && len(point) >= longest {
			kind, longest = right[0], len(point)
		}
	}
	return kind
}

// within tells whether a folder is a mount's or below it.
func within(dir, point string) bool {
	return dir == point || strings.HasPrefix(dir, strings.TrimSuffix(point, "/")+"/")
}
