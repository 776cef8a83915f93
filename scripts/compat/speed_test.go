package compat

import (
	"bufio"
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var speedFile = flag.String("speed", "", "a `file` with the output of the benchmarks: TestSpeed writes testdata/speed.md from it")

// TestSpeed writes the table of speeds from what the benchmarks have printed, one run or
// several:
//
//	go test -run '^$' -bench . -count 5 | tee /tmp/speed.txt
//	go test -run TestSpeed -speed /tmp/speed.txt
//
// Without -speed it tries the writing on a small output.
func TestSpeed(t *testing.T) {
	if *speedFile == "" {
		got := string(speedTable(strings.NewReader(smallRun)))
		if want := "| synced: size=100B, per=1 | 160 µs | 140 µs | **1.1 ×** | 128 µs | 4 | 0 |\n"; !strings.HasSuffix(got, want) {
			t.Errorf("speedTable() = %s, want its end to be %s", got, want)
		}
		return
	}
	b, err := os.ReadFile(*speedFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/speed.md", speedTable(bytes.NewReader(b)), 0o644); err != nil {
		t.Fatal(err)
	}
}

const smallRun = `goos: linux
cpu: AMD
BenchmarkSynced/size=100B/per=1/by=etcd-2     10  150000 ns/op  160000 p50-ns  1.00 MB/s  272 B/op  4 allocs/op
BenchmarkSynced/size=100B/per=1/by=logbook-2  10  150000 ns/op  130000 p50-ns  1.00 MB/s  0 B/op  0 allocs/op
BenchmarkSynced/size=100B/per=1/by=logbook-2  10  150000 ns/op  150000 p50-ns  1.00 MB/s  0 B/op  0 allocs/op
BenchmarkSynced/size=100B/per=1/by=limit-2    10  150000 ns/op  128000 p50-ns  1.00 MB/s  0 B/op  0 allocs/op
`

var benchLine = regexp.MustCompile(`^Benchmark([^/]+)/(.*)/by=(\w+?)(?:-(\d+))?\s+\d+\s+(.*)$`)

// speeds are the measurements of a case, by unit and rival.
type speeds struct {
	name   string
	values map[string][]float64
}

// speedTable is the output of benchmarks as a table. Where several runs were made, each
// figure is a median.
func speedTable(r interface{ Read([]byte) (int, error) }) []byte {
	var cases []*speeds
	var machine []string
	for s := bufio.NewScanner(r); s.Scan(); {
		m := benchLine.FindStringSubmatch(s.Text())
		if m == nil {
			if key, value, ok := strings.Cut(s.Text(), ": "); ok && (key == "cpu" || key == "goos" || key == "goarch") && !slices.Contains(machine, value) {
				machine = append(machine, value)
			}
			continue
		}
		name := strings.ToLower(m[1]) + ": " + strings.ReplaceAll(m[2], "/", ", ")
		i := slices.IndexFunc(cases, func(c *speeds) bool { return c.name == name })
		if i < 0 {
			i = len(cases)
			cases = append(cases, &speeds{name, map[string][]float64{}})
		}
		if m[4] != "" && !slices.Contains(machine, m[4]+" processors") {
			machine = append(machine, m[4]+" processors")
		}
		fields := strings.Fields(m[5])
		for k := 0; k+1 < len(fields); k += 2 {
			v, err := strconv.ParseFloat(fields[k], 64)
			if err == nil {
				cases[i].values[fields[k+1]+m[3]] = append(cases[i].values[fields[k+1]+m[3]], v)
			}
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "| case (%s) | etcd v3.7.3 | final | ratio | limit | allocations of etcd | of final |\n|---|---|---|---|---|---|---|\n", strings.Join(machine, ", "))
	for _, c := range cases {
		c.rows(&b)
	}
	return b.Bytes()
}

// rows writes the case: by the time of a call, or by quantiles where there are some.
func (c *speeds) rows(b *bytes.Buffer) {
	unit := "ns/op"
	if c.values["p50-ns"+byUs] != nil {
		unit = "p50-ns"
	}
	c.row(b, c.name, unit)
	if c.values["cut-p50-ns"+byUs] != nil {
		c.row(b, c.name+", p99", "p99-ns")
		c.row(b, c.name+", the Save that cuts", "cut-p50-ns")
	}
}

func (c *speeds) row(b *bytes.Buffer, name, unit string) {
	etcd, us, limit := c.median(unit+byEtcd), c.median(unit+byUs), c.median(unit+byLimit)
	ratio := "–"
	if etcd > 0 && us > 0 {
		ratio = fmt.Sprintf("**%.1f ×**", etcd/us)
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", name, duration(etcd), duration(us), ratio, duration(limit),
		count(c, "allocs/op"+byEtcd), count(c, "allocs/op"+byUs))
}

// median returns 0 where nothing was measured.
func (c *speeds) median(key string) float64 {
	v := slices.SortedFunc(slices.Values(c.values[key]), cmp.Compare[float64])
	switch n := len(v); {
	case n == 0:
		return 0
	case n%2 == 0:
		return (v[n/2-1] + v[n/2]) / 2
	default:
		return v[n/2]
	}
}

func count(c *speeds, key string) string {
	if c.values[key] == nil {
		return "–"
	}
	return strconv.FormatFloat(c.median(key), 'f', 0, 64)
}

// duration writes nanoseconds with three digits.
func duration(ns float64) string {
	switch {
	case ns == 0:
		return "–"
	case ns < 1e4:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	}
	return fmt.Sprintf("%.3g ms", ns/1e6)
}
