// Asking again: each screen asks once a minute, or faster for a while; not while hidden, and at once on return.

import { Fault, budget } from "./ask.js";
import { address, changed, go } from "./address.js";
import { session } from "./session.js";
import { store } from "./store.js";
import { useEffect, useRef, useState } from "./dom.js";

/** Fast pace is for half an hour. */
const FAST_FOR = 30 * 60_000;
/** Pauses while the server is away, in seconds, before chance spreads them. */
const PAUSES = [2, 4, 8, 16, 32, 60];
/** Failures that pass by themselves, and that the strip or the dialog tells. */
const PASSING = [0, 401, 429, 503, 504];

/**
 * The state of the figures on screen, for the strip: `{at, state, since, again}`. `at` is the time of the figures; `state`
 * asking, fine, away or limited; `since` when the server went away; `again` when it is asked next.
 */
export const figures = store({ at: null, state: "asking", since: null, again: null });

/** Answers of the other tabs: two that show the same ask once. */
const tabs = new BroadcastChannel("callboard figures");

const tell = (change) => figures.set({ ...figures.get(), ...change });

/** Asks for all that is on screen, now. */
export const refreshed = store(0);
export const refresh = () => refreshed.set(refreshed.get() + 1);

/** Pace in seconds. */
export const pace = () => (address.get().every === "10" ? 10 : 60);

/**
 * Figures that a screen shows: `{answer, fault, isOld}`. `load(signal, fresh)` gives an answer with the time of its figures
 * in `at`. With another key the former answer stays, and is old, until the next one is there. `soon(answer)` may ask for the
 * next one after less than the pace, in seconds.
 */
export function usePolled(key, load, soon = () => undefined) {
  const [shown, setShown] = useState({ key: null, answer: null, fault: null });
  const current = useRef();
  current.current = { load, soon };
  useEffect(() => {
    const show = (change) => setShown((was) => ({ ...was, ...change, key }));
    const turn = new Turn(`${session.get().user.id} ${key}`, current, show);
    return turn.start();
  }, [key]);
  return { answer: shown.answer, fault: PASSING.includes(shown.fault?.status) ? null : shown.fault, isOld: shown.answer !== null && shown.key !== key };
}

/** The requests of one screen, one after the other. */
class Turn {
  constructor(key, current, show) {
    Object.assign(this, { key, current, show, failures: 0, timer: 0, abort: null });
  }

  /** Begins; the function that is returned ends it. */
  start() {
    const began = Date.now();
    const onVisible = () => (document.hidden ? this.pause() : this.ask());
    const slower = setInterval(() => {
      if (pace() === 10 && Date.now() - began > FAST_FOR) go(changed({ every: "60" }), { replace: true });
    }, 60_000);
    const onTab = ({ data }) => data.key === this.key && !document.hidden && this.succeed(data.answer);
    document.addEventListener("visibilitychange", onVisible);
    tabs.addEventListener("message", onTab);
    const forget = [refreshed.listen(() => this.ask(true)), address.listen(() => this.timer && this.later(pace()))];
    this.ask();
    return () => {
      clearInterval(slower);
      document.removeEventListener("visibilitychange", onVisible);
      tabs.removeEventListener("message", onTab);
      for (const each of forget) each();
      this.pause();
    };
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.abort?.abort();
  }

  later(seconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), seconds * 1000);
  }

  async ask(fresh = false) {
    this.pause();
    const abort = (this.abort = new AbortController());
    try {
      const answer = await this.current.current.load(abort.signal, fresh);
      if (abort.signal.aborted) return;
      tabs.postMessage({ key: this.key, answer });
      this.succeed(answer);
    } catch (fault) {
      if (abort.signal.aborted) return;
      this.fail(fault);
    }
  }

  succeed(answer) {
    this.pause();
    this.failures = 0;
    tell({ at: answer.at, state: "fine", since: null, again: null });
    this.show({ answer, fault: null });
    // Little is left of the limit: half the pace, before there is nothing.
    this.later(Math.min(pace(), this.current.current.soon(answer) ?? Infinity) * (budget.get() < 0.25 ? 2 : 1));
  }

  fail(fault) {
    if (!(fault instanceof Fault)) console.error(fault);
    this.show({ fault });
    const pause = PAUSES[Math.min(this.failures++, PAUSES.length - 1)];
    let wait = pace();
    if (fault.status === 0 || fault.status >= 500) wait = pause * (0.75 + Math.random() / 2);
    if (fault.status === 429) wait = fault.retryAfter || pace();
    if (fault.status === 401) return;
    const again = Date.now() + wait * 1000;
    if (fault.status === 429) tell({ state: "limited", again });
    else if (wait !== pace()) tell({ state: "away", since: figures.get().since ?? Date.now(), again });
    else tell({ state: "fine" });
    this.later(wait);
  }
}
