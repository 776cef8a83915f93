// The file is durable and its name is not: the rename may bring an empty folder.
// etcd syncs the parent only (etcd-io/etcd#5325, 2016; v3.7.3 still does), and ext4
// forgives it. Seen by I8.
//
//course:mutant 2.2
package segments

import (
	"path"

	"example.com/logbook/final/disk"

	records "example.com/logbook/chapters/01-records"
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
	l.segments = []segment{{file: file, name: name}}
	l.tail = newTail(file, 0, 0)
	return l.tail.begin(head)
}
