package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"oxenswap/cmd/internal/cli"
	"oxenswap/cmd/oxenswap/internal/parallel"
	"oxenswap/oxenrpc"
	"oxenswap/swap"
	"oxenswap/swap/cryptonote"
)

// maxMessage is the most bytes of a message to verify; an Oxen wallet signs lines, not files.
const maxMessage = 1 << 20

// verdict is what `verify signature` answers.
type verdict struct {
	Good   bool   `json:"good"`
	Reason string `json:"reason,omitempty"`
	Line   int    `json:"line,omitempty"` // of a --jsonl file, from 1
}

func (a *app) verifyCommand() *cobra.Command {
	var address, message, file, signature, jsonl string
	c := &cobra.Command{
		Use:   "signature --address A --message M --signature S",
		Short: "Verify an Oxen message signature",
		Long: `Verify an Oxen message signature (SigV1) by the address's spend key. The address may be of any network.

With --jsonl every line {"address":"..","message":"..","signature":".."} (or "message_base64") of a file is verified,
on all cores, and one JSON verdict a line is printed in the order of the input. It exits 0 only if all are good.`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			given := c.Flags().Changed
			if given("jsonl") {
				if given("address") || given("message") || given("message-file") || given("signature") {
					return cli.Usage("--jsonl stands alone: the lines of its file name address, message and signature")
				}
				return a.verifyLines(jsonl)
			}
			if !given("address") || !given("signature") || given("message") == given("message-file") {
				return cli.Usage("expected --address, --signature and one of --message and --message-file")
			}
			text := []byte(message)
			if file != "" {
				var err error
				if text, err = a.readLimited(file, maxMessage); err != nil {
					return err
				}
			}
			v := verifySignature(address, text, signature)
			return a.printVerdict(v, v.Good, func(w io.Writer) {
				if v.Good {
					fmt.Fprintln(w, "good")
				} else {
					fmt.Fprintf(w, "bad: %s\n", v.Reason)
				}
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&address, "address", "", "Oxen address")
	flags.StringVar(&message, "message", "", "the signed text")
	flags.StringVar(&file, "message-file", "", "file with the signed bytes, - for standard input")
	flags.StringVar(&signature, "signature", "", "SigV1...")
	flags.StringVar(&jsonl, "jsonl", "", "file of many signatures, - for standard input")
	return cli.Group("verify", "Check what a wallet signed or proved", c, a.verifyReserveProofCommand())
}

func verifySignature(address string, message []byte, signature string) verdict {
	a, err := cryptonote.ParseAddress(address)
	if err != nil {
		return verdict{Reason: err.Error()}
	}
	sig, err := cryptonote.ParseSignature(signature)
	if err == nil {
		err = cryptonote.Verify(a.Spend, message, sig)
	}
	if err != nil {
		return verdict{Reason: err.Error()}
	}
	return verdict{Good: true}
}

// signatureLine is one line of --jsonl.
type signatureLine struct {
	Address       string  `json:"address"`
	Message       *string `json:"message"`
	MessageBase64 *string `json:"message_base64"`
	Signature     string  `json:"signature"`
}

func verifyLine(line []byte) verdict {
	var l signatureLine
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return verdict{Reason: fmt.Sprintf("not a JSON object with the keys address, message or message_base64, signature: %v", err)}
	}
	if _, err := dec.Token(); err != io.EOF {
		return verdict{Reason: "something follows the JSON object"}
	}
	if (l.Message == nil) == (l.MessageBase64 == nil) {
		return verdict{Reason: "expected one of message and message_base64"}
	}
	if l.Message != nil {
		return verifySignature(l.Address, []byte(*l.Message), l.Signature)
	}
	message, err := base64.StdEncoding.Strict().DecodeString(*l.MessageBase64)
	if err != nil {
		return verdict{Reason: fmt.Sprintf("message_base64: %v", err)}
	}
	return verifySignature(l.Address, message, l.Signature)
}

// chunk is how many lines a core verifies at a time.
const chunk = 64

// verifyLines verifies the lines of a file on all cores and prints the verdicts in their order, in
// memory that does not grow with the file.
func (a *app) verifyLines(path string) error {
	in, err := a.openInput(path)
	if err != nil {
		return err
	}
	defer in.Close()
	bad, total := 0, 0
	out := bufio.NewWriterSize(a.stdout, 1<<16)
	err = parallel.InOrder(lineChunks(in), func(c lineChunk) []verdict {
		verdicts := make([]verdict, len(c.lines))
		for i, line := range c.lines {
			verdicts[i] = verifyLine(line)
			verdicts[i].Line = c.first + i
		}
		return verdicts
	}, func(c lineChunk, verdicts []verdict) error {
		if c.err != nil {
			return fmt.Errorf("%s, line %d: %w", path, c.first, c.err)
		}
		for _, v := range verdicts {
			total++
			if !v.Good {
				bad++
			}
			line, err := json.Marshal(v)
			if err != nil {
				return err
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	a.say("%d signatures, %d good, %d bad", total, total-bad, bad)
	if bad > 0 || total == 0 {
		return cli.ErrNo
	}
	return nil
}

type lineChunk struct {
	lines [][]byte
	first int // number of the first line, from 1
	err   error
}

// lineChunks reads lines, each of at most 2 x maxMessage bytes; empty ones count and are skipped.
func lineChunks(in io.Reader) func(yield func(lineChunk) bool) {
	return func(yield func(lineChunk) bool) {
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, 1<<16), 2*maxMessage)
		n := 0
		c := lineChunk{first: 1}
		for lines.Scan() {
			n++
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				if len(c.lines) > 0 && !yield(c) {
					return
				}
				c = lineChunk{first: n + 1}
				continue
			}
			c.lines = append(c.lines, bytes.Clone(lines.Bytes()))
			if len(c.lines) == chunk {
				if !yield(c) {
					return
				}
				c = lineChunk{first: n + 1}
			}
		}
		if len(c.lines) > 0 && !yield(c) {
			return
		}
		if err := lines.Err(); err != nil {
			yield(lineChunk{first: n + 1, err: err})
		}
	}
}

// reserveVerdict is what `verify reserve-proof` answers. Amounts are atomic OXEN.
type reserveVerdict struct {
	Good    bool            `json:"good"`
	Check   string          `json:"check,omitempty"` // the first that failed
	Reason  string          `json:"reason,omitempty"`
	Total   swap.Oxen       `json:"total"` // of what counts
	Outputs []outputVerdict `json:"outputs"`
}

type outputVerdict struct {
	Transaction swap.Hash `json:"txid"`
	Index       uint64    `json:"index"`
	KeyImage    swap.Hash `json:"key_image"`
	Amount      swap.Oxen `json:"amount"`
	Height      uint64    `json:"height"`
	InPool      bool      `json:"in_pool"`
	Counted     bool      `json:"counted"`
	Verdict     string    `json:"verdict"`
}

func (a *app) verifyReserveProofCommand() *cobra.Command {
	var address, message, file, url string
	var height uint64
	c := &cobra.Command{
		Use:   "reserve-proof --address A --message M --proof-file F --daemon URL",
		Short: "Verify an Oxen reserve proof, which no oxend and no wallet can",
		Long: `Verifies a ReserveProofV1 as Oxen wallets make it (get_reserve_proof all MESSAGE), with the transactions and the spent
status that one daemon knows. Without --height no output is too new. Nothing is recorded.`,
		Args: cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("height") && height == 0 {
				return cli.Usage("--height 0: expected the height of a block")
			}
			text, err := a.readProof(file)
			if err != nil {
				return err
			}
			client, err := oxenrpc.New(oxenrpc.Config{Name: "daemon", URL: url})
			if err != nil {
				return cli.Usage("--daemon: %v", err)
			}
			v, err := verifyReserveProof(c.Context(), client, address, message, text, height)
			if err != nil {
				return err
			}
			return a.printVerdict(v, v.Good, v.print)
		},
	}
	flags := c.Flags()
	flags.StringVar(&address, "address", "", "the wallet's main Oxen address")
	flags.StringVar(&message, "message", "", "the message that the proof was made for; \"\" for none")
	flags.StringVar(&file, "proof-file", "", "file with the proof, - for standard input")
	flags.StringVar(&url, "daemon", "", "RPC of an Oxen daemon")
	flags.Uint64Var(&height, "height", 0, "leave out what came after this block")
	return cli.Require(c, "address", "message", "proof-file", "daemon")
}

func verifyReserveProof(
	ctx context.Context, d swap.CoinDaemon, address, message, text string, height uint64,
) (reserveVerdict, error) {
	refused := func(err error) (reserveVerdict, error) {
		return reserveVerdict{Check: cryptonote.CheckFormat.String(), Reason: err.Error(), Outputs: []outputVerdict{}}, nil
	}
	who, err := cryptonote.ParseAddress(address)
	if err != nil {
		return refused(err)
	}
	proof, err := cryptonote.ParseReserveProof(text)
	if err != nil {
		return refused(err)
	}
	if height == 0 {
		height = cryptonote.AnyHeight
	}
	transactions, images := swap.Asked(proof)
	answer := d.Coins(ctx, transactions, images)
	if answer.Err != nil {
		return reserveVerdict{}, answer.Err
	}
	evidence, err := answer.Evidence.Reserve(height, swap.LatestRules)
	if err != nil {
		return reserveVerdict{}, err
	}
	report, err := proof.Verify(ctx, who, []byte(message), evidence)
	if err != nil {
		return reserveVerdict{}, err
	}
	v := reserveVerdict{Good: report.Good(), Total: swap.Oxen(report.Total), Outputs: make([]outputVerdict, len(report.Outputs))}
	if report.Refusal != nil {
		v.Check, v.Reason = report.Check.String(), report.Refusal.Error()
	}
	for i := range report.Outputs {
		o := &report.Outputs[i]
		v.Outputs[i] = outputVerdict{swap.Hash(o.TxID), o.Index, swap.Hash(o.KeyImage), swap.Oxen(o.Amount), o.Height, o.InPool, o.Counted, o.Verdict()}
	}
	return v, nil
}

func (v reserveVerdict) print(w io.Writer) {
	fmt.Fprintln(w, "TRANSACTION\tOUTPUT\tOXEN\tHEIGHT\tVERDICT")
	for _, o := range v.Outputs {
		fmt.Fprintf(w, "%.16s\t%d\t%s\t%d\t%s\n", o.Transaction, o.Index, o.Amount.Coins(), o.Height, o.Verdict)
	}
	if v.Good {
		fmt.Fprintf(w, "good: %s\n", v.Total)
	} else {
		fmt.Fprintf(w, "bad: %s: %s\n", v.Check, v.Reason)
	}
}
