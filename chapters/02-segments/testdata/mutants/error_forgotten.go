// A failed sync is told once and not kept: the next one finds the pages marked clean,
// succeeds, and acknowledges what is lost (etcd-io/etcd#2819, 2015; v3.7.3 keeps no
// error either, its server ends the process). Seen by I11.
//
//course:mutant 2.3
package segments

import "fmt"

func (l *Log) fail(what string, err error) error {
	return fmt.Errorf("segments: %s: %s: %w; close the log, and open it again", l.last().name, what, err)
}
