// The data lie beneath the page's own address, wherever the operator has put it.
const address = (name, query) => {
  const url = new URL(`api/${name}`, document.baseURI);
  for (const [key, value] of Object.entries(query)) if (value !== "" && value !== undefined) url.searchParams.set(key, value);
  return url;
};

// Problem is an answer that is not the one that was asked for.
export class Problem extends Error {
  constructor(status, body) {
    super(body?.error ?? `the gateway answered ${status}`);
    this.status = status;
    this.faults = body?.faults ?? [];
  }
}

const answerWithin = 10000; // milliseconds

async function ask(url, options = {}) {
  const response = await fetch(url, {
    ...options, cache: "no-store", credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(answerWithin),
  });
  let body;
  try {
    body = await response.json();
  } catch {
    body = null;
  }
  if (!response.ok || body === null) throw new Problem(response.status, body);
  return body;
}

export const get = (name, query = {}) => ask(address(name, query));

export const post = (name, body) =>
  ask(address(name, {}), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
