// A log that is corrupt is not touched, and not told of either: etcd's Repair looks at
// the last file alone, and returns true (etcd-io/etcd#2736, 2015; #13288, 2021). Seen by
// I29.
//
//course:mutant 2.7
package segments

import (
	"errors"

	"example.com/logbook/final/disk"
)

func mend(fsys disk.FS, dir string, segments []segment) (report Report, err error) {
	r := &reader{segments: segments}
	for _, e := range r.all() {
		err = e
	}
	torn, ok := errors.AsType[*TornError](err)
	if !ok {
		return Report{}, nil
	}
	last := segments[len(segments)-1]
	size, err := last.file.Size()
	if err != nil {
		return Report{}, err
	}
	b, err := readFrom(last.file, 0, size)
	if err != nil {
		return Report{}, err
	}
	return cutOff(fsys, dir, last, torn, b)
}
