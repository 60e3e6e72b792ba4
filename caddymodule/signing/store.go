package signing

import "context"

// Store keeps documents for all gateways that sign for an issuer. Whoever can
// read it can sign as the gateway does.
type Store interface {
	// Load returns a document; the error wraps [io/fs.ErrNotExist] if there is none.
	Load(ctx context.Context, name string) ([]byte, error)

	// Save replaces a document. A reader never sees half of one, nor does one
	// that dies in the middle leave half of one.
	Save(ctx context.Context, name string, document []byte) error

	// Lock waits until nobody else has the lock of a document. That of a gateway
	// that died ends by itself after a while.
	Lock(ctx context.Context, name string) error

	// Unlock gives the lock back.
	Unlock(ctx context.Context, name string) error
}
