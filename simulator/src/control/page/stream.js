// Requests and packets as they come, the newest last. What is kept has an end, and what comes
// together is drawn together.

import { button, bytes, element, note, options, time } from "./dom.js";

const KEPT = 2000;
const SHOWN = 400;

// Whether a topic matches a filter of MQTT.
export function matches(filter, topic) {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [at, level] of wanted.entries()) {
    if (level === "#") return true;
    if (at >= levels.length || (level !== "+" && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}

function payloadBytes(entry) {
  if (entry.payloadBase64) return Uint8Array.from(atob(entry.payloadBase64), (c) => c.charCodeAt(0));
  return new TextEncoder().encode(entry.payload ?? entry.body ?? "");
}

function hex(data) {
  const lines = [];
  for (let at = 0; at < data.length && at < 16384; at += 16) {
    const part = [...data.subarray(at, at + 16)];
    const codes = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${codes.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

function json(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

// What a line says behind the packet's name.
function summary(entry) {
  switch (entry.ev) {
    case "HTTP": {
      const code = entry.reply ? `⇒ ${entry.reply.code}` : "⇒ spoilt by a fault";
      return [`${entry.method} ${entry.path}`, code];
    }
    case "PUBLISH": return [entry.topic, entry.payload];
    case "CONNECT": return [entry.client_id, `keepalive ${entry.keepalive} s${entry.clean ? ", clean" : ""}`];
    case "CONNACK": return [entry.code === 0 ? "accepted" : `refused, ${entry.code}`, entry.session_present ? "session present" : ""];
    case "SUBSCRIBE": return [entry.filters.map(([filter, qos]) => `${filter} · QoS ${qos}`).join("  "), ""];
    case "SUBACK": return [entry.granted.map((qos) => (qos === 128 ? "refused" : `QoS ${qos}`)).join(", "), ""];
    case "UNSUBSCRIBE": return [entry.filters.join("  "), ""];
    case "refused": case "closed": return [entry.why, ""];
    case "fault": return [entry.what, ""];
    default: return ["", ""];
  }
}

const KIND = { HTTP: "http", PUBLISH: "publish", CONNECT: "session", CONNACK: "session", DISCONNECT: "session", refused: "bad", closed: "bad", fault: "fault" };

function tags(entry) {
  const said = [];
  if (entry.id) said.push(`#${entry.id}`);
  if (entry.ev === "PUBLISH") said.push(`QoS ${entry.qos}`);
  if (entry.dup) said.push("dup");
  if (entry.retain) said.push("retain");
  return said.join(" ");
}

function inspect(entry) {
  const shown = element("div", { className: "inspect" });
  const text = entry.payload ?? entry.body;
  const rest = Object.fromEntries(Object.entries(entry)
    .filter(([key]) => !["payload", "payloadBase64", "body", "n", "t", "time"].includes(key)));
  if (text !== undefined) {
    const data = payloadBytes(entry);
    const forms = { text, json: json(text), hex: hex(data) };
    const view = element("pre", { tabIndex: 0 });
    const choose = (form) => {
      view.textContent = forms[form] || "(empty)";
      for (const tab of tabs.children) {
        if (tab.dataset.form) tab.ariaPressed = String(tab.dataset.form === form);
      }
    };
    const tabs = element("div", { className: "tabs" },
      ...["text", "json", "hex"].map((form) => button(form, () => choose(form), {
        data: { form }, disabled: forms[form] === null,
      })),
      button("copy", () => navigator.clipboard.writeText(view.textContent)
        .then(() => note("Copied"), () => note("The browser does not let me", "bad"))),
      element("span", { className: "quiet" }, bytes(data.length)));
    shown.append(tabs, view);
    choose(entry.payloadBase64 ? "hex" : forms.json ? "json" : "text");
  }
  shown.append(element("pre", { className: "rest" }, JSON.stringify(rest, null, 2)));
  return shown;
}

function line(entry) {
  const [first, second] = summary(entry);
  const up = entry.from === "device";
  const head = element("button", { type: "button", className: "entry", ariaExpanded: "false" },
    element("time", {}, time(entry.time, true)),
    element("span", { className: `way ${up ? "up" : "down"}`, title: up ? "from the device" : "from the cloud" }, up ? "↑" : "↓"),
    element("span", { className: "who", title: entry.who }, entry.who.split(".").slice(1).join(".") || entry.who),
    element("span", { className: `ev ${KIND[entry.ev] ?? "other"}` }, entry.ev),
    element("span", { className: "what" }, element("b", {}, first.slice(0, 200)),
      " ", element("span", { className: "payload" }, String(second ?? "").slice(0, 300))),
    element("span", { className: "tags" }, tags(entry)));
  const item = element("li", { data: { n: entry.n } }, head);
  head.addEventListener("click", () => {
    const open = item.querySelector(".inspect");
    if (open) open.remove();
    else item.append(inspect(entry));
    head.ariaExpanded = String(!open);
  });
  return item;
}

export default {
  id: "stream",
  title: "Stream",
  place: "wide",
  keys: [
    ["f", "filter by topic", (panel) => panel.filter()],
    [" ", "hold the stream, and go on", (panel) => panel.hold()],
    ["x", "empty the stream", (panel) => panel.empty()],
  ],
  make(body, context, tools) {
    let kept = [];
    let fresh = [];
    let held = false;
    let drawing = false;
    const list = element("ol", { className: "entries", tabIndex: 0, ariaLabel: "Requests and packets" });
    const said = element("p", { className: "quiet said", role: "status" });
    const direction = options(element("select"), [["", "both ways"], ["device", "↑ from devices"], ["cloud", "↓ from the cloud"]]);
    const topic = element("input", { type: "search", placeholder: "topic filter, /+/+/user/#", spellcheck: false, autocomplete: "off" });
    const kinds = options(element("select"), [["", "everything"], ["messages", "messages"], ["logins", "logins"], ["trouble", "faults and trouble"]]);
    const holdButton = button("Hold", hold, { ariaPressed: "false" });
    const who = button("", () => context.device && context.choose(context.device), { className: "chip", hidden: true });
    for (const input of [direction, topic, kinds]) input.addEventListener("input", redraw);
    kinds.ariaLabel = "Kind";
    direction.ariaLabel = "Direction";
    topic.ariaLabel = "Topic filter";
    tools.append(who, kinds, direction, topic, holdButton, button("Empty", empty));
    body.append(list, said);

    const OF_KIND = {
      messages: (entry) => entry.ev === "PUBLISH",
      logins: (entry) => ["HTTP", "CONNECT", "CONNACK", "DISCONNECT", "closed"].includes(entry.ev),
      trouble: (entry) => ["refused", "closed", "fault"].includes(entry.ev) || (entry.ev === "CONNACK" && entry.code !== 0),
    };
    function wanted(entry) {
      return (!context.device || entry.who === context.device)
        && (!direction.value || entry.from === direction.value)
        && (!kinds.value || OF_KIND[kinds.value](entry))
        && (!topic.value || (entry.topic !== undefined && matches(topic.value, entry.topic)));
    }
    const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 40;

    function draw() {
      drawing = false;
      const follow = atEnd();
      const lines = fresh.slice(-SHOWN).map(line);
      fresh = [];
      if (list.querySelector(":scope > .empty")) list.replaceChildren();
      list.append(...lines);
      while (list.children.length > SHOWN) list.firstChild.remove();
      if (list.children.length === 0) {
        list.append(element("li", { className: "empty" }, kept.length ? "Nothing matches." : "Nothing has happened yet. A device that registers or logs in shows here."));
      }
      if (follow) list.scrollTop = list.scrollHeight;
    }
    function schedule() {
      if (drawing || held) return;
      drawing = true;
      requestAnimationFrame(draw);
    }
    function redraw() {
      fresh = kept.filter(wanted);
      list.replaceChildren();
      if (!drawing) draw();
      list.scrollTop = list.scrollHeight;
    }
    function hold() {
      held = !held;
      holdButton.textContent = held ? "Go on" : "Hold";
      holdButton.ariaPressed = String(held);
      if (!held) redraw();
    }
    function empty() {
      kept = [];
      skipped = 0;
      said.textContent = "";
      redraw();
    }
    let skipped = 0;
    draw();
    return {
      entries(batch) {
        kept.push(...batch.entries);
        if (kept.length > KEPT) kept = kept.slice(-KEPT);
        skipped += batch.skipped;
        if (skipped) said.textContent = `${skipped.toLocaleString()} more came too fast to be shown; the plot counts all of them.`;
        if (held) return;
        fresh.push(...batch.entries.filter(wanted));
        if (fresh.length > SHOWN) fresh = fresh.slice(-SHOWN);
        schedule();
      },
      chosen(device) {
        who.hidden = !device;
        who.textContent = device ? `${device.split(".").slice(1).join(".")} ✕` : "";
        who.title = "Show all devices";
        redraw();
      },
      filter: () => topic.focus(),
      hold,
      empty,
    };
  },
};
