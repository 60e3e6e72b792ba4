package skew

import "time"

// tellEvery is how often a suspicion is told.
const tellEvery = 10 * time.Minute

// News is what there is to tell about the clock.
type News int

// The news. The zero value is that there are none.
const (
	None      News = iota
	Suspected      // the clock is suspected
	Over           // what was told last is over
)

// telling is what was told.
type telling struct {
	suspected bool
	before    bool          // whether a suspicion was ever told
	at        time.Duration // when the last one was, on the clock that is not set
}

// News returns what there is to tell since the last call, with the estimate. It
// tells of a suspicion when it begins, and every ten minutes while it lasts, but
// never twice within ten minutes; and once when it is over.
func (w *Watch) News() (news News, offset time.Duration, hint string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	offset, suspected, hint := w.estimate()
	switch at := w.elapsed(); {
	case suspected && (!w.told.before || at-w.told.at >= tellEvery):
		w.told = telling{suspected: true, before: true, at: at}
		news = Suspected
	case !suspected && w.told.suspected:
		w.told.suspected = false
		news = Over
	}
	return news, offset, hint
}
