// A new segment begins without the hard state. Once the segments before it are
// removed the node has forgotten its vote: etcd-io/etcd#1839 (2014). Seen by I5.
//
//course:mutant 3.1
package snapshots

import records "example.com/logbook/chapters/01-records"

func (w *WAL) head() ([]records.Record, error) {
	return []records.Record{{Type: records.TypeMetadata, Data: w.metadata}}, nil
}
