package merkle

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzCSV(f *testing.F) {
	f.Add([]byte(alice + ",1\n" + bob + "," + most + "\r\n"))
	f.Add([]byte(aliceLower + ",1000000000"))
	f.Add([]byte(alice + ",1\n" + alice + ",2\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		leaves, err := ReadCSV(bytes.NewReader(text))
		if err != nil {
			return
		}
		plain := strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
		if again := strings.TrimSuffix(csvText(leaves), "\n"); !strings.EqualFold(again, plain) {
			t.Fatalf("%q was read as %q", text, again)
		}
		tree, err := BuildCSV(bytes.NewReader(text), MaxTotal())
		if err == nil && tree.Len() != len(leaves) {
			t.Fatalf("%d leaves became %d", len(leaves), tree.Len())
		}
	})
}

func FuzzLoad(f *testing.F) {
	for _, n := range []int{1, 2, 3} {
		f.Add([]byte(dump(f, mustBuild(f, goldenLeaves(n)))))
	}
	lower, err := BuildCSV(strings.NewReader(aliceLower+",1\n"), MaxTotal())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(dump(f, lower) + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		tree, err := Load(bytes.NewReader(text), MaxTotal())
		if err == nil && dump(t, tree) != compactJSON(t, text) {
			t.Fatalf("%s was loaded as %s", text, dump(t, tree))
		}
	})
}

func FuzzParseProof(f *testing.F) {
	tree := mustBuild(f, goldenLeaves(5))
	for i := range 2 {
		p := tree.Proof(i)
		f.Add(p.Format())
		m, err := tree.MultiProof([]int{i, 3, 4})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.Format())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := ParseProof(file)
		if err != nil {
			return
		}
		if got := compactJSON(t, formatAny(p)); got != compactJSON(t, file) {
			t.Fatalf("%s was read as %s", file, got)
		}
		p.Check() // must not panic whatever the flags are
	})
}
