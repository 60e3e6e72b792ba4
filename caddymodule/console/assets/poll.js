// The heart of the page: it asks again every few seconds, rests while nobody
// looks, and says when the gateway no longer answers.

import { byId, setText } from "./dom.js";
import { age } from "./format.js";
import { moment } from "./times.js";
import { Problem } from "./api.js";

const every = 3000; // milliseconds
const slowest = 15000; // between two tries while the connection is lost

export class Poller {
  #tasks = [];
  #timer = 0;
  #paused = false;
  #running = false;
  #again = false;
  #failed = 0;
  #lastGood = null;
  #trouble = "";

  // add has a task done at each n-th round. A task that throws means that the
  // connection is lost.
  add(task, n = 1) {
    this.#tasks.push({ task, n });
  }

  start() {
    byId("pause").addEventListener("click", () => this.#togglePause());
    document.addEventListener("visibilitychange", () => this.#wake());
    window.addEventListener("online", () => this.#wake());
    setInterval(() => this.#show(), 1000);
    this.#round(0);
  }

  #wake() {
    if (document.hidden) {
      clearTimeout(this.#timer);
    } else if (!this.#paused) {
      this.#round(0);
    }
    this.#show();
  }

  #togglePause() {
    this.#paused = !this.#paused;
    const button = byId("pause");
    button.setAttribute("aria-pressed", String(this.#paused));
    this.#wake();
    if (this.#paused) clearTimeout(this.#timer);
  }

  async #round(n) {
    clearTimeout(this.#timer);
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    try {
      const due = this.#tasks.filter(({ n: each }) => n % each === 0);
      await Promise.all(due.map(({ task }) => task()));
      this.#failed = 0;
      this.#lastGood = Date.now();
    } catch (error) {
      this.#failed++;
      this.#trouble = error instanceof Problem ? (error.status === 403 ? "access was refused" : error.message) : "no answer";
    }
    this.#running = false;
    this.#show();
    if (this.#paused || document.hidden) return;
    const wait = this.#failed === 0 ? every : Math.min(slowest, every * this.#failed);
    const next = this.#again || this.#failed > 0 ? 0 : n + 1;
    this.#timer = setTimeout(() => this.#round(next), this.#again ? 0 : wait);
    this.#again = false;
  }

  #show() {
    const label = byId("connection");
    const ago = this.#lastGood === null ? null : (Date.now() - this.#lastGood) / 1000;
    let state = "live";
    let text = "Live";
    if (this.#failed > 0) {
      state = "lost";
      text = this.#lastGood === null ? `Connection lost: ${this.#trouble}` : `Connection lost: ${this.#trouble}, data of ${moment(this.#lastGood)}`;
    } else if (this.#paused || document.hidden) {
      state = "paused";
      text = ago === null ? "Paused" : `Paused, data of ${moment(this.#lastGood)}`;
    } else if (ago === null) {
      state = "waiting";
      text = "Connecting";
    } else if (ago > 10) {
      text = `Live, ${age(ago)} ago`;
    }
    label.dataset.state = state;
    document.body.classList.toggle("lost", state === "lost");
    setText(label, text);
  }
}
