package signing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// patience is how long a caller waits for keys that are not at hand.
	patience = 5 * time.Second

	// workTimeout bounds one look at the store, with what follows from it: longer
	// than it takes for the lock of a gateway that died to end.
	workTimeout = 20 * time.Second

	// maxHold is how long the store's lock is relied on: others take it for
	// abandoned when its owner shows no sign of life for some ten seconds.
	maxHold = 5 * time.Second

	// retryAfter is how long a failed look at the store is not tried again.
	retryAfter = time.Second
)

// Result is what came of a look at the stored keys.
type Result string

// What comes of a look.
const (
	Kept    Result = "kept"    // they are as they should be
	Changed Result = "changed" // a key was made or withdrawn
	Failed  Result = "failed"  // the store failed, or what it has cannot be read
)

// Results are all of them.
func Results() []Result { return []Result{Kept, Changed, Failed} }

// Config says whose keys they are. All but Rotation and Looked are required.
type Config struct {
	Issuer   string        // the iss of what is signed
	Rotation time.Duration // how long a key signs; the default is DefaultRotation
	Store    Store
	Now      func() time.Time
	Logger   *slog.Logger
	Looked   func(Result) // is told of each look; the default is nobody
}

// Keys are the signing keys of one issuer. They are safe for concurrent use, and
// [Keys.Close] ends what they have under way.
type Keys struct {
	config   Config
	schedule schedule
	name     string // of the document

	ctx    context.Context //nolint:containedctx // of the work under way, which belongs to no caller
	cancel context.CancelFunc
	work   sync.WaitGroup

	current atomic.Pointer[snapshot]

	mu       sync.Mutex
	wanted   []Algorithm // that somebody has asked for
	underway *look
	failed   error // of the last look's reading
	failedAt time.Time
	changing *change   // the last one
	fault    error     // that is in the way of the keys now
	toldAt   time.Time // when a fault was logged
	closed   bool
}

// snapshot is what the store had. Its document is nil when it had none.
type snapshot struct {
	document *document
	read     time.Time // when reading began
}

// UnavailableError says that there are no keys to sign with or to publish. The
// fault is the store's, or the time's that it takes.
type UnavailableError struct {
	Err        error
	RetryAfter time.Duration
}

func (e *UnavailableError) Error() string { return "getting signing keys: " + e.Err.Error() }

func (e *UnavailableError) Unwrap() error { return e.Err }

// New checks the rotation. It looks at nothing in the store.
func New(config Config) (*Keys, error) {
	times, err := newSchedule(config.Rotation)
	if err != nil {
		return nil, err
	}
	config.Rotation = times.rotation
	if config.Looked == nil {
		config.Looked = func(Result) {}
	}
	s := &Keys{config: config, schedule: times, name: nameOf(config.Issuer)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// directory is where the documents are in the store.
const directory = "aws_jwt/signing/"

// nameOf is readable, and of this issuer alone.
func nameOf(issuer string) string {
	sum := sha256.Sum256([]byte(issuer))
	_, readable, _ := strings.Cut(issuer, "://")
	readable = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(readable))
	return directory + readable[:min(len(readable), 64)] + "-" + hex.EncodeToString(sum[:16]) + ".json"
}

// Check reads the keys that are stored, and makes none. The error says what is
// wrong with them, or with the store; that there are none yet is no error.
func (s *Keys) Check(ctx context.Context) error {
	began := s.config.Now()
	d, err := s.load(ctx)
	if err != nil {
		return err
	}
	s.put(d, began)
	return nil
}

// Sign returns the payload as a JWS in compact form (RFC 7515, section 3.1),
// whose header has alg, kid and typ alone. The error is an [*UnavailableError],
// unless ctx ended first, or what is wrong with the machine.
func (s *Keys) Sign(ctx context.Context, algorithm Algorithm, payload []byte) (string, error) {
	k, err := s.signer(ctx, algorithm)
	if err != nil {
		return "", err
	}
	return k.sign(payload)
}

// signer returns the key that signs now. Keys that were read longer than the
// lead ago may have been succeeded by one that is not known here.
func (s *Keys) signer(ctx context.Context, algorithm Algorithm) (*key, error) {
	find := func(now time.Time) (*key, time.Duration) {
		snap := s.current.Load()
		if snap == nil || snap.document == nil {
			return nil, 0
		}
		age := now.Sub(snap.read)
		if age < 0 || age >= s.schedule.lead {
			return nil, 0
		}
		return snap.document.signer(algorithm, now), age
	}
	k, age := find(s.config.Now())
	if k != nil {
		if age >= s.schedule.refresh {
			_, _ = s.look(algorithm) // somebody has to, and nobody waits for it
		}
		return k, nil
	}
	err := s.await(ctx, []Algorithm{algorithm}, func() bool {
		k, _ = find(s.config.Now())
		return k != nil
	})
	return k, err
}

// published returns the keys that others may hold signatures against, as the
// store has them. While it cannot be read, those at hand serve up to the lead.
func (s *Keys) published(ctx context.Context, algorithms []Algorithm) (*snapshot, error) {
	usable := func(notBefore time.Time) *snapshot {
		snap := s.current.Load()
		if snap == nil || snap.document == nil || snap.read.Before(notBefore) || snap.read.After(s.config.Now()) {
			return nil
		}
		for _, each := range algorithms {
			if len(snap.document.of(each)) == 0 {
				return nil
			}
		}
		return snap
	}
	oldest := s.config.Now().Add(-s.schedule.refresh)
	err := s.await(ctx, algorithms, func() bool { return usable(oldest) != nil })
	if snap := usable(s.config.Now().Add(-s.schedule.lead)); snap != nil {
		return snap, nil
	}
	if err == nil {
		err = s.unavailable(errors.New("the storage takes too long"))
	}
	return nil, err
}

// Close ends what is under way. The keys are of no use afterwards.
func (s *Keys) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
	return nil
}

func (s *Keys) put(d *document, began time.Time) {
	s.current.Store(&snapshot{d, began})
}

func (s *Keys) unavailable(err error) error {
	return &UnavailableError{fmt.Errorf("of %s: %w", s.config.Issuer, err), retryAfter}
}
