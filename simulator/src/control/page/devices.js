// Who is registered, who is there, and what can be done to them.

import { post } from "./api.js";
import { age, button, element, note, options, time } from "./dom.js";

const name = (device) => `${device.productKey}.${device.deviceName}`;

function state(device) {
  if (device.refused) return ["refused", `refused, ${device.refused}`];
  if (device.online) return ["online", `online ${age(device.link.since)}`];
  return ["offline", "offline"];
}

function row(device, context, details) {
  const id = name(device);
  const [kind, words] = state(device);
  const chosen = context.device === id;
  const head = element("button", {
    type: "button", className: "device", ariaExpanded: String(chosen),
    on: { click: () => context.choose(id) },
  },
    element("span", { className: `dot ${kind}`, ariaHidden: "true" }),
    element("span", { className: "name" }, element("b", {}, device.deviceName),
      element("small", {}, device.productKey)),
    element("span", { className: `state ${kind}` }, words),
    element("span", { className: "counts", title: "messages from it, and to it" },
      `↑ ${device.up}  ↓ ${device.down}`),
  );
  return element("li", { className: chosen ? "chosen" : "", data: { device: id } }, head,
    chosen ? details(device, context) : null);
}

function facts(device) {
  const link = device.link;
  const list = [
    ["standing", device.standing],
    ["secret", device.secret ?? "none yet"],
    ["last message", device.lastMessage ? `${time(device.lastMessage)}, ${age(device.lastMessage)} ago` : "none"],
    ["waiting", `${device.queued} message${device.queued === 1 ? "" : "s"}`],
  ];
  if (link) {
    list.push(["on-line since", time(link.since)], ["region", link.region], ["address", link.address],
      ["keepalive", `${link.keepalive} s, ${link.clean ? "clean session" : "session kept"}`],
      ["client id", link.clientId]);
  }
  const subscriptions = device.subscriptions.map(([filter, qos]) => `${filter} · QoS ${qos}`);
  if (subscriptions.length) list.push(["subscribed to", subscriptions.join("\n")]);
  return element("dl", {}, ...list.flatMap(([term, text]) => [
    element("dt", {}, term), element("dd", { className: term === "client id" ? "long" : "", title: text }, text),
  ]));
}

function details(device, context) {
  const id = name(device);
  const act = (path, body, done) => () =>
    context.attempt(() => post(path, { device: id, ...body }), done);
  const regions = options(element("select", { ariaLabel: "region" }),
    [["", "Move to…"], ...context.cloud.regions.map((region) => [region.name, region.name])]);
  regions.addEventListener("change", () => {
    const region = regions.value;
    regions.value = "";
    if (region) act("/api/move", { region }, `${id} goes to ${region} when it authenticates next`)();
  });
  const refused = Boolean(device.refused);
  return element("div", { className: "details" }, facts(device),
    element("div", { className: "acts" },
      button("Kick", act("/api/kick", {}, `${id} is disconnected`), { disabled: !device.online }),
      button("Reset", act("/api/reset", {}, `${id} can register again`), { disabled: device.standing !== "registered" }),
      refused ? button("Enable", act("/api/enable", {}, `${id} is enabled`))
        : button("Disable", act("/api/disable", {}, `${id} is disabled`)),
      button("Copy login", () => copyLogin(id, context), { disabled: !device.secret }),
      regions));
}

// A line for mosquitto_sub, with what other clients need in it.
async function copyLogin(device, context) {
  const login = await context.attempt(() => post("/api/login", { device }));
  if (!login) return;
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const topic = `/${device.replace(".", "/")}/user/get`;
  const line = ["mosquitto_sub -V mqttv311 -h", login.host, "-p", login.port, "--cafile ca.pem -i",
    quoted(login.clientId), "-u", quoted(login.user), "-P", quoted(login.password), "-t", quoted(topic),
  ].join(" ");
  try {
    await navigator.clipboard.writeText(line);
    note("A line for mosquitto_sub is in the clipboard");
  } catch {
    note(line);
  }
}

export default {
  id: "devices",
  title: "Devices",
  place: "side",
  keys: [["d", "devices", (panel) => panel.focus()], ["0", "all devices", (panel) => panel.all()]],
  make(body, context, tools) {
    const list = element("ul", { className: "devices" });
    const count = element("span", { className: "quiet" });
    const search = element("input", {
      type: "search", placeholder: "Find a device", ariaLabel: "Find a device", on: { input: draw },
    });
    tools.append(count, search);
    body.append(list);
    const SHOWN = 200;

    function draw() {
      // What is being used is not taken away from under the hand.
      if (list.querySelector("select:focus")) return;
      const focused = document.activeElement?.closest?.("li[data-device]")?.dataset.device;
      const wanted = search.value.toLowerCase();
      const found = context.devices.filter((device) => name(device).toLowerCase().includes(wanted));
      found.sort((a, b) => Number(b.online) - Number(a.online) || name(a).localeCompare(name(b)));
      const online = context.devices.filter((device) => device.online).length;
      count.textContent = `${online} of ${context.devices.length} online`;
      search.hidden = context.devices.length < 6;
      list.replaceChildren(...found.slice(0, SHOWN).map((device) => row(device, context, details)));
      if (found.length > SHOWN) {
        list.append(element("li", { className: "quiet" }, `and ${found.length - SHOWN} more`));
      }
      if (found.length === 0) list.append(element("li", { className: "empty" }, "No device."));
      if (focused) {
        const item = [...list.children].find((item) => item.dataset.device === focused);
        item?.querySelector("button.device").focus({ preventScroll: true });
      }
    }
    return {
      devices: draw,
      chosen: draw,
      focus: () => list.querySelector("button")?.focus(),
      all: () => context.device && context.choose(context.device),
    };
  },
};
