// The file stands in l.segments only when its head is durable: a write that fails before leaves
// it open and locked, and Create cannot close it. Seen by I7.
//
//course:mutant 2.2
package segments

import (
	"path"

	records "example.com/logbook/chapters/01-records"
	"example.com/logbook/final/disk"
)

func (l *Log) build(tmp string, head []records.Record) error {
	if err := l.fsys.Mkdir(tmp, disk.DirMode); err != nil {
		return err
	}
	name := FormatName(0, 0)
	file, err := newFile(l.fsys, path.Join(tmp, name), l.size)
	if err != nil {
		return err
	}
	l.tail = newTail(file, 0, 0)
	if err := l.tail.begin(head); err != nil {
		return err
	}
	l.segments = []segment{{file: file, name: name}}
	return l.fsys.SyncDir(tmp)
}
