// Files are ordered by index alone: after a new leader has replaced the log, a
// longer and older history is loaded. Seen by I21.
//
//course:mutant 3.4
package snapshots

import (
	"slices"
	"strings"
)

func (s *Snapshotter) names() ([]string, error) {
	entries, err := s.fsys.List(s.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if _, ok := parseName(e.Name()); ok && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(a[17:], b[17:]) })
	return names, nil
}
