// A segment is named by the log's last entry, also when that has gone back:
// etcd-io/etcd#2470 (2015) had several files of one name, and etcd's names go back
// to this day. Here the cut is refused. Seen by I6.
//
//course:mutant 3.1
package snapshots

func (w *WAL) cut() error {
	head, err := w.head()
	if err != nil {
		return err
	}
	w.named = w.reached + 1
	if err := w.log.Cut(w.named, head); err != nil {
		return err
	}
	w.synced, w.ahead = w.log.Size(), 0
	return nil
}
