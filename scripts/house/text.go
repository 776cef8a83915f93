package house

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// MaxLines is the length of the longest Go file that the house admits.
const MaxLines = 500

// Lines reports Go files that are longer than [MaxLines]. What a program
// generated is not for reading and may be.
func Lines(root string) []string {
	return inspect(root, func(path string, text []byte) []string {
		if n := bytes.Count(text, []byte("\n")); n > MaxLines && !generated.Match(text) {
			return []string{breach(path, n, "longer than %d lines: split it", MaxLines)}
		}
		return nil
	}, ".go")
}

// generated is the line by which Go's tools know a generated file.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// personal fits what belongs to one machine, or to one way of fetching
// modules, on every machine: home folders and the hosts of module registries.
// It is written so that it does not fit itself.
var personal = regexp.MustCompile(`(?:^|[^\w./-])/(?:home|Users)/[a-z][\w.-]*/` +
	`|(?:^|[^\w./-])/roo[t]/` +
	`|[A-Z]:\\+Users\\+` +
	`|(?:proxy|sum|index)\.golang\.org|\bgoproxy\.[a-z]+`)

// Words reports lines that name a machine: one of the words given, or what
// names a person's folder or a registry's host anywhere. What a project says
// about where it was written is noise to everyone who reads it elsewhere.
func Words(root string, words []string) []string {
	return inspect(root, func(path string, text []byte) []string {
		var found []string
		for i, line := range bytes.Split(text, []byte("\n")) {
			if m := personal.Find(line); m != nil {
				found = append(found, breach(path, i+1, "%q belongs to a machine, not to the project", bytes.TrimSpace(m)))
			}
			for _, word := range words {
				if bytes.Contains(line, []byte(word)) {
					found = append(found, breach(path, i+1, "%q belongs to this machine, not to the project", word))
				}
			}
		}
		return found
	})
}

// Machine returns the words by which a file would name this machine: the
// folder of the project and of the module cache, the home folder, the hosts
// that modules come from. A folder at the root of the file system, such as
// /src, names nothing in particular and is left out.
func Machine(root string) ([]string, error) {
	out, err := exec.Command("go", "env", "-json", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var env struct{ GOMODCACHE, GOPROXY string }
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	folders := []string{root, env.GOMODCACHE}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, home)
	}
	var words []string
	for _, folder := range folders {
		if folder = filepath.Clean(folder); strings.Count(filepath.ToSlash(folder), "/") > 1 {
			words = append(words, folder)
		}
	}
	for _, proxy := range strings.FieldsFunc(env.GOPROXY, func(r rune) bool { return r == ',' || r == '|' }) {
		if u, err := url.Parse(proxy); err == nil && u.Host != "" {
			words = append(words, u.Hostname())
		}
	}
	return words, nil
}
