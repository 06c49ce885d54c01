package ledger

import (
	"encoding/base64"
	"strings"
	"testing"
)

func vectorManifest(t testing.TB) string {
	t.Helper()
	text, _, ok := strings.Cut(readVectors(t).Manifest, "\n\n")
	if !ok {
		t.Fatal("the manifest of the vectors has no signature")
	}
	return text + "\n"
}

func TestParseManifest(t *testing.T) {
	good := vectorManifest(t)
	m, err := ParseManifest(good)
	if err != nil {
		t.Fatal(err)
	}
	if m.Size != 600 || len(m.Files) != 8 || m.Files[0].Path != "checkpoint" || len(m.Withheld) != 1 {
		t.Errorf("got %+v", m)
	}
	if err := m.complete(); err != nil {
		t.Error(err)
	}
	if !m.withholds(DigestOf([]byte("secret"))) || m.withholds(DigestOf(nil)) {
		t.Error("the withheld attachment is another")
	}
	lines := strings.SplitAfter(good, "\n")
	attachment := AttachmentPath(DigestOf([]byte("secret")))
	for name, c := range map[string]struct{ old, new, reason string }{
		"empty":             {good, "", "first line"},
		"other version":     {"manifest v1", "manifest v3", "first line"},
		"version 2":         {"manifest v1", "manifest v2", "line 6"},
		"bad origin":        {"claim.example", "claim example", "key name"},
		"no size":           {"entries 600", "entries", "entries"},
		"negative size":     {"entries 600", "entries -1", "entries"},
		"huge size":         {"entries 600", "entries 9999999999999", "outside"},
		"size with a zero":  {"entries 600", "entries 0600", "canonical"},
		"smaller tree":      {"entries 600", "entries 599", "not a tile"},
		"more files":        {"files 8", "files 9", "line 14"},
		"fewer files":       {"files 8", "files 7", "characters"},
		"endless files":     {"files 8", "files 9223372036854775807", "line 14"},
		"more withheld":     {"withheld 1", "withheld 2", "characters"},
		"fewer withheld":    {"withheld 1", "withheld 0", "follows"},
		"no newline":        {lines[13], strings.TrimSuffix(lines[13], "\n"), "canonical"},
		"blank line":        {lines[13], lines[13] + "\n", "follows"},
		"not sorted":        {lines[5] + lines[6], lines[6] + lines[5], "sorted"},
		"twice":             {lines[6], lines[5], "sorted"},
		"upper case digest": {lines[5][:64], strings.ToUpper(lines[5][:64]), "describe a file"},
		"size of a file":    {" 8192 tile/0/000", " -1 tile/0/000", "not possible"},
		"zeros in a size":   {" 8192 tile/0/000", " 08192 tile/0/000", "canonical"},
		"two spaces":        {" 8192 tile/0/000", "  8192 tile/0/000", "describe a file"},
		"path that climbs":  {"tile/0/000", "tile/0/../../../etc/passwd", "not the path of a tile"},
		"absolute path":     {" checkpoint", " /checkpoint", "not a file of an export"},
		"other file":        {" checkpoint", " chequepoint", "not a file of an export"},
		"itself":            {" checkpoint", " manifest", "not a file of an export"},
		"attachment":        {" checkpoint", " attachment/00/" + strings.TrimPrefix(attachment, "attachment/"), "not a file of an export"},
		"shown and hidden":  {" checkpoint", " " + attachment, "both withheld and listed"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := ParseManifest(bad); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, expected a word on %q", name, err, c.reason)
		}
	}
}

// The manifest's own copy of the checkpoint is what the rest of it is about.
func TestManifestCheckpoint(t *testing.T) {
	log := newTestLog(t)
	log.grow(t, 3)
	text, err := checkNote(exportFS(t, log)[manifestPath].Data, MaxManifestSize)
	if err != nil {
		t.Fatal(err)
	}
	good, err := ParseManifest(text)
	if err != nil || len(good.Checkpoint) == 0 {
		t.Fatal(good, err)
	}
	log.grow(t, 4)
	for name, c := range map[string]struct{ old, new, reason string }{
		"none":       {manifestCheckpoint, "check ", "line 6"},
		"no base64":  {manifestCheckpoint, manifestCheckpoint + "!", "line 6"},
		"empty":      {base64.StdEncoding.EncodeToString(good.Checkpoint), "", "line 6"},
		"no note":    {base64.StdEncoding.EncodeToString(good.Checkpoint), "AAAA", "not a signed note"},
		"other size": {base64.StdEncoding.EncodeToString(good.Checkpoint), base64.StdEncoding.EncodeToString(log.checkpoint(t)), "4 entries"},
		"not listed": {DigestOf(good.Checkpoint).String(), DigestOf(nil).String(), "another"},
		"version 1":  {"manifest v2", "manifest v1", "line 6"},
	} {
		bad := strings.Replace(text, c.old, c.new, 1)
		if _, err := ParseManifest(bad); bad == text || err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, expected a word on %q", name, err, c.reason)
		}
	}
}

func TestManifestComplete(t *testing.T) {
	good, err := ParseManifest(vectorManifest(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range good.Files {
		m := good
		m.Files = append(append([]File{}, good.Files[:i]...), good.Files[i+1:]...)
		if err := m.complete(); err == nil || !strings.Contains(err.Error(), good.Files[i].Path) {
			t.Errorf("without %s: %v", good.Files[i].Path, err)
		}
	}
	m := good
	m.Size = MaxTreeSize
	if err := m.complete(); err == nil || !strings.Contains(err.Error(), "too few") {
		t.Errorf("a tree out of thin air: %v", err)
	}
	m = good
	m.Files = append([]File{}, good.Files...)
	m.Files[1].Size++
	if err := m.complete(); err == nil || !strings.Contains(err.Error(), m.Files[1].Path) {
		t.Errorf("a tile with a byte too many: %v", err)
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add(vectorManifest(f))
	log := newTestLog(f)
	log.grow(f, 3)
	text, err := checkNote(exportFS(f, log)[manifestPath].Data, MaxManifestSize)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add("oxenswap ledger manifest v1\na\nentries 0\nfiles 0\nwithheld 0\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseManifest(text)
		if err != nil {
			return
		}
		if again, err := FormatManifest(m); err != nil || again != text {
			t.Fatalf("%q is formatted as %q, %v", text, again, err)
		}
		_ = m.complete()
	})
}
