package swap

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"oxenswap/swap/ledger"
)

// TestClaimBodies compares the short ways of writing and reading a claim's body with the long ones,
// for bodies of all kinds.
func TestClaimBodies(t *testing.T) {
	plain := &ClaimAccepted{Text: "SESH claim", Signature: "SigV1", Oxen: "L", Account: "a", Sequence: 7, Code: RecipientCode{Ethereum: SeenCode, Target: SeenNothing}}
	if body, err := ledger.MarshalBody(plain); err != nil || !new(ClaimAccepted).parse(body) {
		t.Fatalf("%s is not read the short way (%v)", body, err)
	}
	if _, ok := plain.AppendBody(nil); !ok {
		t.Error("it is not written the short way")
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,40}`), rapid.String())
		e := &ClaimAccepted{
			Text: text.Draw(t, "text"), Signature: text.Draw(t, "signature"), Oxen: text.Draw(t, "oxen"), Account: Account(text.Draw(t, "account")),
			Sequence: rapid.Uint32().Draw(t, "sequence"), Integrated: rapid.Bool().Draw(t, "integrated"),
			Code: RecipientCode{Ethereum: Seen(text.Draw(t, "ethereum")), Target: SeenNothing, Confirmed: rapid.Bool().Draw(t, "confirmed")},
		}
		copy(e.Recipient[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "recipient"))
		body, err := ledger.MarshalBody(e)
		if err != nil {
			t.Skip("no body") // invalid UTF-8
		}
		type reflected ClaimAccepted // without its methods
		if again, err := ledger.MarshalBody((*reflected)(e)); err != nil || string(again) != string(body) {
			t.Fatalf("%s: encoding/json prints %s, %v", body, again, err)
		}
		if i := rapid.IntRange(-len(body), len(body)-1).Draw(t, "changed"); i >= 0 {
			body[i] = rapid.Byte().Draw(t, "to")
		}
		var long, quick ClaimAccepted
		err = ledger.UnmarshalBody(body, &long)
		if quick.parse(body) {
			if err != nil || !reflect.DeepEqual(quick, long) {
				t.Fatalf("%s: read as %+v, the long way %+v, %v", body, quick, long, err)
			}
		}
		event, err2 := DecodeEvent("claim.accepted", body)
		if (err == nil) != (err2 == nil) || err == nil && !reflect.DeepEqual(event, &long) {
			t.Fatalf("%s: decoded as %+v, %v; the long way %+v, %v", body, event, err2, long, err)
		}
	})
}
