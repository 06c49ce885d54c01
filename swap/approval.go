package swap

import (
	"errors"
	"fmt"
	"time"

	"oxenswap/swap/ledger"
)

// ApprovalText is what an operator signs to approve a round.
func ApprovalText(origin string, r *RoundBuilt) string {
	return fmt.Sprintf("oxenswap approval of a round\n%s\nround %d\ncut-off %d\nallocations %s\nroot 0x%s\namount %d\ntotal %d\n",
		origin, r.Round, r.Cutoff, r.Allocations, r.Root, r.Amount, r.Total)
}

// ExtensionText is what an operator signs to move the closing.
func ExtensionText(terms *Terms, closes time.Time) string {
	return fmt.Sprintf("oxenswap extension of the terms\n%s\ncloses %s\n", terms.Origin(), closes.UTC().Format("2006-01-02T15:04:05Z"))
}

// ErrOperators is wrapped by errors about the list of operators' keys.
var ErrOperators = errors.New("operators")

// operatorKeys reads the operators' verifier keys; two with one name or one key are refused.
func operatorKeys(keys []string) (*ledger.Keyring, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: there is none: name at least one verifier key", ErrOperators)
	}
	ring, err := ledger.NewKeyring(keys...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOperators, err)
	}
	return ring, nil
}

// OpenApproval returns the name of the operator who alone signed a note over a text.
func OpenApproval(operators []string, signed, text string) (string, error) {
	ring, err := operatorKeys(operators)
	if err != nil {
		return "", err
	}
	said, names, err := ledger.OpenNote([]byte(signed), ring)
	if err != nil {
		return "", fmt.Errorf("not signed by an operator in force: %w", err)
	}
	if said != text {
		return "", errors.New("the signed note is about something else")
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%d signatures: a note carries one operator's", len(names))
	}
	return names[0], nil
}
