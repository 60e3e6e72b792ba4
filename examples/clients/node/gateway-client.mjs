// Calls a service behind the gateway with the caller's AWS role.
//
//   npm install @aws-sdk/client-sts
//   node gateway-client.mjs https://orders.example.com/orders https://orders.example.com
//
// Needs Node.js 20 and @aws-sdk/client-sts 3.936.0 or newer. Credentials and region
// are those that the SDK finds, so this is the same on Lambda, ECS, EC2 and a
// laptop. docs/clients.md says more.
import { fileURLToPath } from "node:url";
import { GetWebIdentityTokenCommand, STSClient } from "@aws-sdk/client-sts";

// GatewayToken is a token for one audience, kept until it is about to end.
export class GatewayToken {
  #sts; #audience; #seconds; #margin; #token; #expires = 0; #renewal;

  constructor(audience, { seconds = 300, margin = 60, sts = new STSClient({}) } = {}) {
    this.#sts = sts;
    this.#audience = audience;
    this.#seconds = seconds;
    this.#margin = margin;
  }

  // get returns a token; another one than that which the gateway refused.
  async get(refused) {
    const fits = this.#token !== undefined && this.#token !== refused;
    if (fits && this.#left() >= this.#margin) return this.#token;
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined)); // one for all who wait
    try {
      await this.#renewal;
    } catch (error) {
      if (!fits || this.#left() <= 0) throw error; // else STS may be back before the old one ends
    }
    return this.#token;
  }

  #left() {
    return (this.#expires - Date.now()) / 1000;
  }

  async #renew() {
    const answer = await this.#sts.send(new GetWebIdentityTokenCommand({
      Audience: [this.#audience], SigningAlgorithm: "ES384", DurationSeconds: this.#seconds,
    }));
    this.#token = answer.WebIdentityToken;
    this.#expires = answer.Expiration.getTime();
  }
}

// get fetches the URL. A 401 is tried again once, with a new token; a 503 once,
// when the gateway says.
export async function get(url, token) {
  const retried = new Set();
  for (let bearer = await token.get(); ;) {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${bearer}` },
      redirect: "manual", // so that nobody else gets the token
      signal: AbortSignal.timeout(30_000),
    });
    const { status } = response;
    if (![401, 503].includes(status) || retried.has(status)) return response;
    retried.add(status);
    await response.body?.cancel();
    if (status === 401) {
      bearer = await token.get(bearer);
    } else {
      const seconds = Number(response.headers.get("retry-after")) || 1;
      await new Promise((resolve) => setTimeout(resolve, Math.min(seconds, 30) * 1000));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, audience, rounds = "1", atOnce = "1"] = process.argv.slice(2);
  const token = new GatewayToken(audience);
  for (let round = 0; round < Number(rounds); round++) {
    const responses = await Promise.all(Array.from({ length: Number(atOnce) }, () => get(url, token)));
    for (const response of responses) {
      await response.text();
      console.log("HTTP", response.status);
    }
  }
}
