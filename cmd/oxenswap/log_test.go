package main

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"testing"
	"time"

	"go.uber.org/zap"
)

// TestLogHasNoFloats: every number in a line of the log is an integer, exact to the last digit;
// times and durations are strings.
func TestLogHasNoFloats(t *testing.T) {
	var out bytes.Buffer
	(&app{stderr: &out}).logger().Info("snapshot", zap.Uint64("height", math.MaxUint64), zap.Int64("low", math.MinInt64),
		zap.Uint64s("heights", []uint64{1 << 53, 1<<53 + 1}), zap.Duration("took", 1500*time.Millisecond), zap.Time("closes", time.Unix(1, 5)))
	var line map[string]json.RawMessage
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"height": "18446744073709551615", "low": "-9223372036854775808", "heights": "[9007199254740992,9007199254740993]", "took": `"1.5s"`,
	} {
		if got := string(line[key]); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	for _, key := range []string{"ts", "closes"} {
		var at time.Time
		if err := json.Unmarshal(line[key], &at); err != nil {
			t.Errorf("%s: got %s, want a time in a string", key, line[key])
		}
	}
	if float := regexp.MustCompile(`[:\[,]-?\d+(\.\d|e[+-]?\d)`).Find(regexp.MustCompile(`"[^"]*"`).ReplaceAll(out.Bytes(), nil)); float != nil {
		t.Errorf("the line %s has the float %s", out.String(), float)
	}
}
