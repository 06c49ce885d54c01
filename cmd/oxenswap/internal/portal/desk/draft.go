package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/swap"
)

// DraftRequest asks for the line that a holder signs.
type DraftRequest struct {
	Oxen     string `json:"oxen"`
	To       string `json:"to"`       // recipient
	Sequence uint32 `json:"sequence"` // 0: the account's next
	Until    string `json:"until"`    // last day, such as "2026-12-31"; "": the migration's last
	Repair   bool   `json:"repair"`   // the holder has seen and accepts the recipient's right spelling
}

// Draft is the line to sign, and how.
type Draft struct {
	Text         string              `json:"text"`
	Oxen         string              `json:"oxen"` // the standard address, whose wallet signs
	Account      swap.Account        `json:"account"`
	Reduced      bool                `json:"reduced"` // an integrated address was given
	Recipient    swap.EVMAddress     `json:"recipient"`
	Repaired     bool                `json:"repaired"` // the recipient was typed in another spelling
	Sequence     uint32              `json:"sequence"`
	Until        time.Time           `json:"until"`
	SignCommand  string              `json:"sign_command"`            // for the command-line wallet
	ProofCommand string              `json:"proof_command,omitempty"` // likewise, where coins can be proved
	Message      string              `json:"message,omitempty"`       // for which a proof of coins is made
	NeedsProof   bool                `json:"needs_proof"`             // the claim is taken only together with a proof of coins
	Replaces     *uint64             `json:"replaces"`                // entry of the claim in force; null: none
	Code         *swap.RecipientCode `json:"code"`                    // at the recipient; null: it could not be read now
	NeedsConfirm bool                `json:"needs_confirm"`           // a contract that is on Ethereum only: the holder has to confirm it
}

// A SpellingError is a recipient that is not spelt with its EIP-55 checksum. Typed without capitals
// it may be right; with some, it is more likely mistyped.
type SpellingError struct {
	Typed string
	Right swap.EVMAddress
	Plain bool // typed without a checksum at all: all digits lower or all upper case
}

func (e *SpellingError) Error() string {
	return fmt.Sprintf("%s is not spelt with its EIP-55 checksum: compare it with %s, letter by letter", e.Typed, e.Right)
}

// readRecipient reads a recipient in its EIP-55 spelling, or in any other with consent.
func readRecipient(typed string, repair bool) (to swap.EVMAddress, repaired bool, err error) {
	typed = strings.TrimSpace(typed)
	a, err := swap.ParseEIP55(typed)
	if err == nil {
		return swap.EVMAddress(a), false, nil
	}
	digits, ok := strings.CutPrefix(strings.Replace(typed, "0X", "0x", 1), "0x")
	if !ok || len(digits) != 40 || !common.IsHexAddress(digits) {
		return to, false, &swap.Refusal{Reason: swap.ReasonRecipient, Detail: err.Error()}
	}
	to = swap.EVMAddress(common.HexToAddress(digits))
	if !repair {
		return to, false, &SpellingError{typed, to, digits == strings.ToLower(digits) || digits == strings.ToUpper(digits)}
	}
	return to, true, nil
}

// Draft makes the line that a holder signs. Errors are *swap.Refusal and *SpellingError.
func (d *Desk) Draft(ctx context.Context, r DraftRequest) (*Draft, error) {
	address, reduced, err := d.ReadOxen(r.Oxen)
	if err != nil {
		return nil, err
	}
	to, repaired, err := readRecipient(r.To, r.Repair)
	if err != nil {
		return nil, err
	}
	out := &Draft{Oxen: address.String(), Account: swap.AccountOf(address), Reduced: reduced, Recipient: to, Repaired: repaired}
	text := swap.ClaimText{Migration: d.terms.ID(), Recipient: to}
	_, coins := d.terms.CoinsProgramme()
	if _, err := d.view(ctx, func(t swap.Tables, m swap.Migration) error {
		if err := m.CheckRecipient(to); err != nil {
			return err
		}
		var err error
		if text.Until, err = LastDay(m, r.Until); err != nil {
			return err
		}
		if text.Sequence, err = NextSequence(t, out.Account, r.Sequence); err != nil {
			return err
		}
		if err := (swap.Claim{Sequence: text.Sequence, Until: text.Until}).CheckTime(m.Terms, m.Closes, d.now()); err != nil {
			return err
		}
		out.Replaces = nil
		if latest, err := t.LatestClaim(out.Account); err == nil {
			out.Replaces = &latest.Entry
		} else if !errors.Is(err, swap.ErrNotFound) {
			return err
		}
		entitled, err := swap.Entitled(t, m.Terms, out.Account)
		out.NeedsProof = !entitled && coins
		return err
	}); err != nil {
		return nil, err
	}
	out.Text, out.Sequence, out.Until = text.String(), text.Sequence, text.Until
	out.SignCommand = "sign_value " + out.Text
	if coins {
		out.Message = swap.ProofMessage(out.Text)
		out.ProofCommand = "get_reserve_proof all " + out.Message
	}
	// A chain that does not answer does not prevent a draft: Submit reads the code again.
	if code, err := d.codes.get(ctx, to); err == nil {
		refused := code.Check(to)
		var refusal *swap.Refusal
		if errors.As(refused, &refusal) && refusal.Reason == swap.ReasonNetwork { // which nobody can confirm
			return nil, refused
		}
		out.Code, out.NeedsConfirm = &code, refused != nil
	}
	return out, nil
}

// LastDay reads a last day; "" is the migration's.
func LastDay(m swap.Migration, until string) (time.Time, error) {
	if until == "" {
		return m.Closes.UTC().Truncate(24 * time.Hour), nil
	}
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		return day, &swap.Refusal{Reason: swap.ReasonText, Detail: fmt.Sprintf("%.40q is not a day such as 2026-12-31", until)}
	}
	return day, nil
}

// NextSequence is the account's next number, or the given one unless it is used up.
func NextSequence(t swap.Tables, account swap.Account, given uint32) (uint32, error) {
	refuse := func(reason swap.Reason, format string, args ...any) (uint32, error) {
		return 0, &swap.Refusal{Reason: reason, Detail: fmt.Sprintf(format, args...)}
	}
	if given > swap.MaxSequence {
		return refuse(swap.ReasonText, "#%d: the highest number is %d", given, swap.MaxSequence)
	}
	latest, err := t.LatestClaim(account)
	switch {
	case errors.Is(err, swap.ErrNotFound):
		return max(given, 1), nil
	case err != nil:
		return 0, err
	case latest.Sequence == swap.MaxSequence:
		return refuse(swap.ReasonAlreadyUsed, "#%d is the last number there is: the recipient can change no more", latest.Sequence)
	case given == 0:
		return latest.Sequence + 1, nil
	case given <= latest.Sequence:
		return refuse(swap.ReasonAlreadyUsed, "#%d is not above the account's #%d: leave the number out for the next one", given, latest.Sequence)
	}
	return given, nil
}
