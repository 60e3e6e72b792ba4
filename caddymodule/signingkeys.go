package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"

	"github.com/caddy-awsjwt/caddy-awsjwt/caddymodule/signing"
)

// signingPool has the signing keys of all handlers, of this configuration and of
// the one before.
var signingPool = caddy.NewUsagePool()

// signingSettings tell signing keys apart. Handlers with the same ones share them.
type signingSettings struct {
	issuer   string
	rotation time.Duration
	storage  string // which storage it is
}

// sharedSigning are the signing keys of all handlers with the same settings.
type sharedSigning struct {
	keys    *signing.Keys
	lenders lenders
}

// Destruct ends what the keys have under way, when the last lease is released.
func (s *sharedSigning) Destruct() error { return s.keys.Close() }

// signingLease is a handler's share in signing keys.
type signingLease struct {
	settings signingSettings
	shared   *sharedSigning
	lender   *lender
}

func (l *signingLease) keys() *signing.Keys {
	if l == nil {
		return nil
	}
	return l.shared.keys
}

// release gives back what was taken.
func (l *signingLease) release() error {
	if l == nil {
		return nil
	}
	_, err := signingPool.Delete(l.settings)
	l.shared.lenders.leave(l.lender)
	return err
}

// checkTimeout bounds how long a load waits for the storage.
const checkTimeout = 10 * time.Second

// leaseSigning takes a share in an issuer's signing keys, or finds fault and
// returns nil; a rehearsal has none. Keys that are stored are read, so that a
// fault in them is one of the configuration's load. None is made: that is for the
// first use.
func leaseSigning(ctx caddy.Context, storage certmagic.Storage, path, issuer string, rotation time.Duration, now func() time.Time, found *faults) *signingLease {
	own := &lender{logger: structured(ctx.Logger(new(Handler)).Named(logSigning)), storage: storage, config: ctx.Done()}
	if own.storage == nil {
		own.storage = storageOf(ctx)
	}
	if own.storage == nil {
		found.add(errors.New("signing keys: there is no storage for them"))
		return nil
	}
	settings := signingSettings{issuer, rotation, nameOf(own.storage)}
	if settings.rotation == 0 {
		settings.rotation = signing.DefaultRotation
	}
	value, _, err := signingPool.LoadOrNew(settings, func() (caddy.Destructor, error) {
		shared := new(sharedSigning)
		var err error
		shared.keys, err = signing.New(signing.Config{
			Issuer: issuer, Rotation: rotation, Store: signingStorage{&shared.lenders}, Now: now,
			Logger: shared.lenders.logger(), Looked: countLook,
		})
		return shared, err
	})
	if err != nil {
		found.add(fmt.Errorf("%s%w", path, err))
		return nil
	}
	shared, _ := value.(*sharedSigning) // the pool holds nothing else
	shared.lenders.enter(own)
	taken := &signingLease{settings, shared, own}
	if other, differs := otherRotation(settings, own.config); differs {
		found.add(fmt.Errorf("%srotation: it is %s here, and %s in another handler, for the issuer %s; all that share its keys have to agree", path, settings.rotation, other, issuer))
	}
	if rehearsalOf(ctx) != nil {
		return taken
	}
	checking, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found.add(shared.keys.Check(checking))
	return taken
}

// otherRotation returns a rotation by which another handler of a configuration
// would keep the same keys.
func otherRotation(settings signingSettings, config <-chan struct{}) (other time.Duration, differs bool) {
	signingPool.Range(func(key, value any) bool {
		theirs, _ := key.(signingSettings) // the pool holds nothing else
		shared, _ := value.(*sharedSigning)
		if theirs.issuer == settings.issuer && theirs.storage == settings.storage && theirs.rotation != settings.rotation && shared.lenders.areOf(config) {
			other, differs = theirs.rotation, true
		}
		return !differs
	})
	return other, differs
}

// checkLife refuses a time to live for which a key is not published behind its
// last use.
func (l *signingLease) checkLife(path string, ttl time.Duration, found *faults) {
	if l != nil && ttl > l.settings.rotation {
		found.add(fmt.Errorf("%s.ttl: %s is over the rotation of %s, for which a key is published behind its last use", path, ttl, l.settings.rotation))
	}
}

// signingStorage is the lenders' storage as a [signing.Store].
type signingStorage struct{ lenders *lenders }

func (s signingStorage) Load(ctx context.Context, name string) ([]byte, error) {
	storage := s.lenders.first().storage
	if storage == nil {
		return nil, errNoStorage
	}
	text, err := storage.Load(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	return text, err
}

func (s signingStorage) Save(ctx context.Context, name string, document []byte) error {
	storage := s.lenders.first().storage
	if storage == nil {
		return errNoStorage
	}
	return storage.Store(ctx, name, document)
}

func (s signingStorage) Lock(ctx context.Context, name string) error {
	storage := s.lenders.first().storage
	if storage == nil {
		return errNoStorage
	}
	return storage.Lock(ctx, name)
}

func (s signingStorage) Unlock(ctx context.Context, name string) error {
	storage := s.lenders.first().storage
	if storage == nil {
		return errNoStorage
	}
	return storage.Unlock(ctx, name)
}
