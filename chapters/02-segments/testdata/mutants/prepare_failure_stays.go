// A spare that could not be made is the end of the log: one moment without space, and
// the node is down. etcd's pipeline never tries again either (server/storage/wal/
// file_pipeline.go, 2016, still so in v3.7.3). Seen by I15.
//
//course:mutant 2.4
package segments

func (l *Log) Prepare() error {
	if l.err != nil || l.spare != nil {
		return l.err
	}
	spare, err := newFile(l.fsys, l.path(spareName), l.size)
	if err != nil {
		return l.fail("prepare", err)
	}
	l.spare = spare
	return nil
}
