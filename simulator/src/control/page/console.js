// The console: panels around one stream of events. A feature adds one panel to the list.

import { get, listen } from "./api.js";
import { element, note } from "./dom.js";
import devicesPanel from "./devices.js";
import streamPanel from "./stream.js";
import publishPanel from "./publish.js";
import faultsPanel from "./faults.js";
import plotPanel from "./plot.js";

// A panel is { id, title, place, keys, make(body, context, tools) }, its place "side" or "wide"; what
// `make` returns may have entries(batch), metrics(seconds), devices(list), chosen(name).
const PANELS = [devicesPanel, plotPanel, streamPanel, publishPanel, faultsPanel];

const panels = [];
const tell = (what, ...news) => panels.forEach((panel) => panel[what]?.(...news));

const context = {
  cloud: await get("/api/cloud"),
  devices: [],
  // The device that the panels are about, null for all of them.
  device: null,
  choose(name) {
    context.device = context.device === name ? null : name;
    tell("chosen", context.device);
  },
  // Does it, and says what became of it.
  async attempt(act, done) {
    try {
      const answer = await act();
      if (done) note(typeof done === "function" ? done(answer) : done);
      return answer;
    } catch (error) {
      note(error.message, "bad");
      return null;
    }
  },
};

const keys = new Map([["?", ["this list", () => document.getElementById("keys").showModal()]]]);
for (const [order, { id, title, place, keys: own = [], make }] of PANELS.entries()) {
  const body = element("div", { className: "body" });
  const section = element("section", { id, tabIndex: -1 },
    element("header", {}, element("h2", {}, title), element("div", { className: "tools" })), body);
  // On a narrow screen there is one column, in the order of the list.
  section.style.order = order;
  document.getElementById(place).append(section);
  const panel = make(body, context, section.querySelector(".tools"));
  panels.push(panel);
  for (const [key, words, act] of own) keys.set(key, [words, () => act(panel)]);
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const found = keys.get(event.key);
  if (found) {
    event.preventDefault();
    found[1]();
  }
});
document.getElementById("keys-open").addEventListener("click", keys.get("?")[1]);
document.getElementById("keys-list").append(
  ...[...keys].flatMap(([key, [words]]) => [
    element("dt", {}, element("kbd", {}, key === " " ? "Space" : key)), element("dd", {}, words),
  ]),
);

const { cloud } = context;
document.getElementById("place").textContent =
  `${cloud.version} · HTTPS :${cloud.httpsPort} · MQTT :${cloud.mqttPort} · ${cloud.regions.length} regions`;

listen({
  entries: (batch) => tell("entries", batch),
  metrics: (seconds) => tell("metrics", seconds),
  devices(list) {
    context.devices = list;
    tell("devices", list);
  },
  link(up) {
    document.getElementById("link").className = up ? "up" : "down";
    document.getElementById("link-text").textContent = up ? "live" : "cloud is away";
  },
});
