import { get } from "./api.js";
import { Poller } from "./poll.js";
import { showSummary } from "./overview.js";
import { showRules } from "./rules.js";
import { offerReasons, pollRefusals, setUpRefusals } from "./refusals.js";
import { keepTimes } from "./times.js";
import { pollIssuers, setUpIssuers } from "./issuers.js";
import { pollHandlers, setUpTry } from "./tryit.js";

keepTimes();
setUpRefusals(() => pollRefusals().catch(() => {})); // the poller says when the connection is lost
setUpIssuers();
setUpTry();

const poller = new Poller();
poller.add(async () => {
  const summary = await get("summary");
  showSummary(summary);
  showRules(summary.rules, summary.handlers);
});
poller.add(offerReasons);
poller.add(pollRefusals);
poller.add(pollIssuers, 3);
poller.add(pollHandlers, 5);
poller.start();
