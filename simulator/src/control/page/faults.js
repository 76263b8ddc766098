// What goes wrong on purpose.

import { get, post } from "./api.js";
import { button, element, field, options } from "./dom.js";

// The fault, what it is called, and the number that it takes.
const FAULTS = [
  ["drop", "lose packets"],
  ["delay", "delay packets", "ms", "ms", 500],
  ["duplicate", "duplicate packets"],
  ["reorder", "reorder packets"],
  ["no-puback", "no PUBACK"],
  ["silence", "silence, both ways"],
  ["slow", "slow down", "bytesPerSecond", "bytes/s", 100],
  ["cut", "cut the connection after", "afterBytes", "bytes", 200],
  ["half-packet", "half a packet, then cut"],
  ["tls-alert", "a fatal TLS alert"],
  ["connack", "refuse logins", "code", "code 1–5", 3],
];
const WITH_PACKET = ["drop", "delay", "duplicate", "reorder", "half-packet", "tls-alert"];

function words(rule) {
  const [, name, number, unit] = FAULTS.find(([fault]) => fault === rule.fault) ?? [0, rule.fault];
  const parts = [number ? `${name}: ${rule[number]} ${unit.split(" ")[0]}` : name];
  if (rule.packet) parts.push(rule.packet);
  if (rule.direction) parts.push(rule.direction === "up" ? "↑" : "↓");
  if (rule.topic) parts.push(rule.topic);
  if (rule.chance < 1) parts.push(`${Math.round(rule.chance * 100)} %`);
  if (rule.count !== undefined) parts.push(`${rule.count} left`);
  return parts.join(" · ");
}

export default {
  id: "faults",
  title: "Faults",
  place: "side",
  keys: [["t", "make trouble", (panel) => panel.focus()], ["c", "clear every fault", (panel) => panel.clear()]],
  make(body, context, tools) {
    const list = element("ul", { className: "rules" });
    const fault = options(element("select"), FAULTS.map(([value, text]) => [value, text]));
    const number = element("input", { type: "number", min: 0, required: true });
    const unit = element("span");
    const numberField = element("label", { className: "field" }, unit, number);
    const packet = options(element("select"), [["", "messages"], ["any", "any packet"], ["PUBACK", "PUBACK"], ["SUBACK", "SUBACK"], ["PINGRESP", "PINGRESP"], ["PINGREQ", "PINGREQ"]]);
    const packetField = field("what", packet);
    const direction = options(element("select"), [["", "both ways"], ["up", "↑ up"], ["down", "↓ down"]]);
    const directionField = field("way", direction);
    const chance = element("input", { type: "number", min: 0, max: 100, value: 100 });
    const count = element("input", { type: "number", min: 1, placeholder: "∞" });
    const target = element("p", { className: "quiet" });
    const clearAll = button("Clear all", clear, { hidden: true });
    tools.append(clearAll);

    function shape() {
      const [, , name, words, value] = FAULTS.find(([known]) => known === fault.value);
      numberField.hidden = !name;
      number.disabled = !name;
      unit.textContent = words ?? "";
      if (name) number.value = value;
      packetField.hidden = !WITH_PACKET.includes(fault.value);
      directionField.hidden = !["drop", "delay", "duplicate", "reorder"].includes(fault.value);
    }
    fault.addEventListener("input", shape);

    function rule() {
      const [, , name] = FAULTS.find(([known]) => known === fault.value);
      const made = { fault: fault.value, chance: Number(chance.value) / 100 };
      if (name) made[name] = Number(number.value);
      if (!packetField.hidden && packet.value) made.packet = packet.value;
      if (!directionField.hidden && direction.value) made.direction = direction.value;
      if (count.value) made.count = Number(count.value);
      if (context.device) made.device = context.device;
      return made;
    }
    const onMqtt = element("form", {
      className: "form",
      on: {
        submit(event) {
          event.preventDefault();
          context.attempt(() => post("/api/faults", rule()), "The fault is in force").then(refresh);
        },
      },
    },
      element("h3", {}, "MQTT"),
      element("div", { className: "row" }, field("fault", fault), numberField, packetField, directionField,
        field("chance, %", chance), field("times", count), button("Add", () => {}, { type: "submit", className: "main" })),
      target);

    const status = element("input", { type: "number", min: 400, max: 599, placeholder: "503" });
    const delay = element("input", { type: "number", min: 0, placeholder: "0" });
    const answers = element("input", { type: "number", min: 1, max: 1000, value: 1 });
    const certificate = options(element("select"), [["valid", "valid"], ["wrong-name", "wrong name"], ["expired", "expired"], ["unknown-ca", "unknown CA"]]);
    certificate.addEventListener("input", () => context.attempt(
      () => post("/api/certificate", { certificate: certificate.value }), "New connections get that certificate"));
    const onHttps = element("form", {
      className: "form",
      on: {
        submit(event) {
          event.preventDefault();
          const wish = { count: Number(answers.value) };
          if (status.value) wish.status = Number(status.value);
          if (delay.value) wish.delayMs = Number(delay.value);
          context.attempt(() => post("/api/fail", wish), "The next answers are spoilt").then(refresh);
        },
      },
    },
      element("h3", {}, "HTTPS and TLS"),
      element("div", { className: "row" }, field("status", status), field("late, ms", delay), field("answers", answers),
        button("Fail", () => {}, { type: "submit", className: "main" }), field("certificate", certificate),
        button("Expire tokens", () => context.attempt(() => post("/api/expire"), "Every token is void"))));
    body.append(list, onMqtt, onHttps);

    async function refresh() {
      const now = await get("/api/faults").catch(() => null);
      if (!now) return;
      clearAll.hidden = now.rules.length === 0;
      if (document.activeElement !== certificate) certificate.value = now.certificate;
      list.replaceChildren(...now.rules.map((active) => element("li", {},
        element("b", {}, words(active)),
        element("span", { className: "quiet" }, `${active.device ? active.device.split(".").slice(1).join(".") : "every device"} · happened ${active.happened} ×`),
        button("✕", () => context.attempt(() => post("/api/faults/clear", { id: active.id })).then(refresh), { title: "Take it back", ariaLabel: `Take back ${words(active)}` }))));
      if (now.httpsAnswers) list.append(element("li", {}, `${now.httpsAnswers} HTTPS answers will be spoilt`));
    }
    function clear() {
      context.attempt(() => post("/api/faults/clear"), ({ cleared }) => `${cleared} taken back`).then(refresh);
    }
    function aim() {
      target.textContent = context.device
        ? `For ${context.device}; press 0 for every device.`
        : "For every device; choose one above to aim at it.";
    }
    shape();
    aim();
    refresh();
    return {
      chosen: aim,
      entries(batch) {
        if (batch.entries.some((entry) => entry.ev === "fault" || entry.ev === "HTTP")) refresh();
      },
      focus: () => fault.focus(),
      clear,
    };
  },
};
