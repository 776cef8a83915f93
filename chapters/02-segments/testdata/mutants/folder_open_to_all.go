// The folder is made with the mode that folders usually have: everybody may list the log.
// Seen by I5.
//
//course:mutant 2.2
package segments

import (
	"path"

	records "example.com/logbook/chapters/01-records"
)

func (l *Log) build(tmp string, head []records.Record) error {
	if err := l.fsys.Mkdir(tmp, 0o755); err != nil {
		return err
	}
	name := FormatName(0, 0)
	file, err := newFile(l.fsys, path.Join(tmp, name), l.size)
	if err != nil {
		return err
	}
	l.segments = []segment{{file: file, name: name}}
	l.tail = newTail(file, 0, 0)
	if err := l.tail.begin(head); err != nil {
		return err
	}
	return l.fsys.SyncDir(tmp)
}
