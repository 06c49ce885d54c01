package desk

import "context"

type clientKey struct{}

// WithClient says which client a request is of, for bounds that hold for each: an address, or an
// IPv6 network of 64 bits.
func WithClient(ctx context.Context, client string) context.Context {
	return context.WithValue(ctx, clientKey{}, client)
}

// ClientOf returns the client of a request, "" where nothing tells clients apart.
func ClientOf(ctx context.Context) string {
	client, _ := ctx.Value(clientKey{}).(string)
	return client
}
