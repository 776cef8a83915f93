package crash_test

import (
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// The logs of these tests record a text a line, behind its checksum. Each is written twice: with one fault, and without.

// line is one record.
func line(text string) string {
	return fmt.Sprintf("%08x %s\n", crc32.ChecksumIEEE([]byte(text)), text)
}

// texts reads records until one that is not whole.
func texts(content string) (list []string) {
	for l := range strings.Lines(content) {
		_, text, _ := strings.Cut(strings.TrimSuffix(l, "\n"), " ")
		if l != line(text) {
			break
		}
		list = append(list, text)
	}
	return list
}

// read returns the content of a file, or nothing if there is none.
func read(fs disk.FS, name string) string {
	f, err := fs.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	size, _ := f.Size()
	b := make([]byte, size)
	f.ReadAt(b, 0)
	return string(b)
}

// script does one thing after the other until one fails.
type script struct {
	fs  disk.FS
	err error
}

// file opens a file, or creates it.
func (s *script) file(name string) disk.File {
	if s.err != nil {
		return nil
	}
	f, err := s.fs.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
	s.err = err
	return f
}

// write writes at the given offset, or at the end if it is negative.
func (s *script) write(f disk.File, offset int64, content string) {
	if s.err == nil && offset < 0 {
		offset, s.err = f.Size()
	}
	if s.err == nil {
		_, s.err = f.WriteAt([]byte(content), offset)
	}
}

func (s *script) sync(f disk.File) {
	if s.err == nil {
		s.err = f.Sync()
	}
}

func (s *script) syncDir() {
	if s.err == nil {
		s.err = s.fs.SyncDir(".")
	}
}

func (s *script) rename(from, to string) {
	if s.err == nil {
		s.err = s.fs.Rename(from, to)
	}
}

func (s *script) remove(name string) {
	if s.err == nil {
		s.err = s.fs.Remove(name)
	}
}

// put makes a file durable, with its name.
func (s *script) put(name, content string) {
	f := s.file(name)
	s.write(f, 0, content)
	s.sync(f)
	s.syncDir()
}

// promise is the master invariant: what was acknowledged is there, in order, and nothing else but what was tried.
func promise(got, tried []string, notes []any) error {
	acknowledged := 0
	for _, n := range notes {
		if strings.HasPrefix(n.(string), "acknowledged") {
			acknowledged++
		}
	}
	if len(got) > len(tried) || !slices.Equal(got, tried[:len(got)]) {
		return fmt.Errorf("reads %q, which is no beginning of what was tried: %q", got, tried)
	}
	if len(got) < acknowledged {
		return fmt.Errorf("reads %q, but %q was acknowledged", got, tried[:acknowledged])
	}
	return nil
}

// renameLog replaces its only file by a new one. The fault: the rename is never made durable.
func renameLog(faulty bool) *crash.Experiment {
	return &crash.Experiment{
		Name:  "replace a file",
		Start: func(fs disk.FS) error { s := &script{fs: fs}; s.put("log", line("a")); return s.err },
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			content := line("a")
			for _, text := range []string{"b", "c"} {
				content += line(text)
				f := s.file("log.tmp")
				s.write(f, 0, content)
				s.sync(f)
				s.rename("log.tmp", "log")
				if !faulty {
					s.syncDir()
				}
				note("acknowledged " + text)
			}
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			return promise(texts(read(fs, "log")), []string{"a", "b", "c"}, append([]any{"acknowledged a"}, notes...))
		},
	}
}

// cutLog has a file for each part. The fault: the next file has a name before the last of the old is durable.
func cutLog(faulty bool) *crash.Experiment {
	return &crash.Experiment{
		Name:  "cut",
		Start: func(fs disk.FS) error { s := &script{fs: fs}; s.put("1", ""); return s.err },
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			old := s.file("1")
			s.write(old, -1, line("a"))
			s.sync(old)
			note("acknowledged a")
			s.write(old, -1, line("b"))
			if !faulty {
				s.sync(old)
			}
			next := s.file("2.tmp")
			s.write(next, -1, line("2"))
			s.sync(next)
			s.rename("2.tmp", "2")
			s.syncDir()
			s.sync(old)
			s.write(next, -1, line("c"))
			s.sync(next)
			note("acknowledged b")
			note("acknowledged c")
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			got := texts(read(fs, "1"))
			if tail := texts(read(fs, "2")); len(tail) > 0 {
				if len(got) != 2 {
					return fmt.Errorf("file 2 follows file 1, which ends after %q", got)
				}
				got = append(got, tail[1:]...)
			}
			return promise(got, []string{"a", "b", "c"}, notes)
		},
	}
}

// appendLog appends. The fault: it answers before it syncs.
func appendLog(faulty bool) *crash.Experiment {
	return &crash.Experiment{
		Name:  "append",
		Start: func(fs disk.FS) error { s := &script{fs: fs}; s.put("log", ""); return s.err },
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			f := s.file("log")
			for _, text := range []string{"a", "b", "c"} {
				s.write(f, -1, line(text))
				if faulty && text == "c" {
					note("acknowledged " + text)
				}
				s.sync(f)
				if !faulty || text != "c" {
					note("acknowledged " + text)
				}
			}
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			return promise(texts(read(fs, "log")), []string{"a", "b", "c"}, notes)
		},
	}
}

// slots reads a log that has a sector for each record.
func slots(fs disk.FS) (list []string) {
	for content := read(fs, "log"); len(content) > 0; {
		slot := content[:min(len(content), disk.SectorSize)]
		content = content[len(slot):]
		got := texts(slot)
		if len(got) == 0 {
			break
		}
		list = append(list, got...)
	}
	return list
}

// sector is a record that fills one.
func sector(text string) string {
	return line(text) + strings.Repeat("\x00", disk.SectorSize-len(line(text)))
}

// lifeLog repairs its end and goes on. The fault: what lay behind the end is not zeroed; or it is, and the next life
// writes before that is durable.
func lifeLog(zeroed, synced bool) *crash.Experiment {
	return &crash.Experiment{
		Name:  "a second life",
		Start: func(fs disk.FS) error { s := &script{fs: fs}; s.put("log", sector("a")); return s.err },
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			s.write(s.file("log"), -1, sector("b")+sector("c"))
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			s := &script{fs: fs}
			got, tried := slots(fs), []string{"a", "b", "c"}
			for i, n := range notes {
				if found, ok := strings.CutPrefix(n.(string), "found "); ok {
					tried = append(strings.Fields(found), fmt.Sprint("x", i))
				} else if i == len(notes)-1 && !slices.Equal(got, tried) {
					return fmt.Errorf("reads %q, but all of %q was acknowledged", got, tried)
				}
			}
			if err := promise(got, tried, []any{"acknowledged a"}); err != nil {
				return err
			}
			f := s.file("log")
			if end := int64(len(got) * disk.SectorSize); zeroed && int64(len(read(fs, "log"))) > end {
				s.err = f.Truncate(end)
			}
			if synced {
				s.sync(f) // also when there was nothing to zero: an earlier Recover may have been killed before its sync
			}
			return s.err
		},
		Again: func(fs disk.FS, notes []any, note func(any)) error {
			s := &script{fs: fs}
			got := slots(fs)
			note("found " + strings.Join(got, " "))
			f := s.file("log")
			s.write(f, int64(len(got)*disk.SectorSize), sector(fmt.Sprint("x", len(notes))))
			s.sync(f)
			note(fmt.Sprint("acknowledged x", len(notes)))
			return s.err
		},
	}
}

// snapLog records snapshots. The fault: the record is durable before the file is.
func snapLog(faulty bool) *crash.Experiment {
	return &crash.Experiment{
		Name:  "a snapshot",
		Start: func(fs disk.FS) error { s := &script{fs: fs}; s.put("log", line("a")); return s.err },
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			record := func() {
				f := s.file("log")
				s.write(f, -1, line("snapshot 1"))
				s.sync(f)
			}
			if faulty {
				record()
			}
			f := s.file("1.snap.tmp")
			s.write(f, 0, line("state of a"))
			s.sync(f)
			s.rename("1.snap.tmp", "1.snap")
			s.syncDir()
			if !faulty {
				record()
			}
			note("snapshot 1 taken")
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			recorded := slices.Contains(texts(read(fs, "log")), "snapshot 1")
			if snap := texts(read(fs, "1.snap")); recorded && !slices.Equal(snap, []string{"state of a"}) {
				return fmt.Errorf("the log says snapshot 1, and its file holds %q", snap)
			}
			if !recorded && len(notes) > 0 {
				return fmt.Errorf("the snapshot was taken, and the log does not say so")
			}
			return nil
		},
	}
}

// purgeLog removes what its hard state does not need. The fault: the hard state is not synced before.
func purgeLog(faulty bool) *crash.Experiment {
	return &crash.Experiment{
		Name: "purge",
		Start: func(fs disk.FS) error {
			s := &script{fs: fs}
			s.put("1", line("a"))
			s.put("2", line("b"))
			s.put("state", line("read from 1"))
			return s.err
		},
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			f := s.file("state")
			s.write(f, 0, line("read from 2"))
			if !faulty {
				s.sync(f)
			}
			s.remove("1")
			s.syncDir()
			s.sync(f)
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error {
			state := texts(read(fs, "state"))
			if len(state) != 1 {
				return fmt.Errorf("the hard state is gone: %q", read(fs, "state"))
			}
			from := strings.TrimPrefix(state[0], "read from ")
			if _, err := fs.Stat(from); err != nil {
				return fmt.Errorf("the hard state says to read from %s: %w", from, err)
			}
			return nil
		},
	}
}
