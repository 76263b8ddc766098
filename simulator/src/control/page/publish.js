// A message to devices.

import { post } from "./api.js";
import { button, element, field, options } from "./dom.js";

export default {
  id: "publish",
  title: "Publish",
  place: "side",
  keys: [["p", "publish a message", (panel) => panel.focus()]],
  make(body, context) {
    const topics = element("datalist", { id: "topics" });
    const topic = element("input", { required: true, spellcheck: false, autocomplete: "off", placeholder: "/product/device/user/get" });
    topic.setAttribute("list", "topics");
    const payload = element("textarea", { rows: 4, spellcheck: false, placeholder: '{"hello": "device"}' });
    const form = options(element("select"), [["text", "text"], ["json", "JSON"], ["hex", "hex"]]);
    const qos = options(element("select"), [["1", "QoS 1"], ["0", "QoS 0"]]);
    const retain = element("input", { type: "checkbox" });
    const send = button("Publish", () => {}, { type: "submit", className: "main" });
    let chosenTopic = false;

    function message() {
      const text = payload.value;
      if (form.value === "text") return { payload: text };
      if (form.value === "json") {
        JSON.parse(text);
        return { payload: text };
      }
      const digits = text.replaceAll(/\s/g, "");
      if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error("Hex is pairs of the digits 0 to 9 and a to f.");
      const codes = digits.match(/../g) ?? [];
      return { payloadBase64: btoa(codes.map((code) => String.fromCharCode(parseInt(code, 16))).join("")) };
    }
    const wish = element("form", {
      className: "form",
      on: {
        submit(event) {
          event.preventDefault();
          context.attempt(
            async () => post("/api/publish", { topic: topic.value, ...message(), qos: Number(qos.value), retain: retain.checked }),
            ({ delivered, queued }) => {
              if (delivered + queued === 0) return "Published; nobody subscribed to it";
              return `Delivered to ${delivered}${queued ? `, queued for ${queued}` : ""}`;
            });
        },
        keydown(event) {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) wish.requestSubmit();
        },
      },
    },
      field("Topic", topic), topics, field("Payload", payload),
      element("div", { className: "row" }, field("as", form), field("at", qos),
        element("label", { className: "check" }, retain, "retain"), send));
    topic.addEventListener("input", () => { chosenTopic = topic.value !== ""; });
    body.append(wish);

    function suggest() {
      const of = context.devices.filter((device) => !context.device || `${device.productKey}.${device.deviceName}` === context.device);
      const concrete = of.flatMap((device) => device.subscriptions.map(([filter]) => filter))
        .filter((filter) => !/[+#]/.test(filter));
      topics.replaceChildren(...[...new Set(concrete)].slice(0, 100).map((value) => element("option", { value })));
      if (!chosenTopic && document.activeElement !== topic) topic.value = concrete[0] ?? "";
    }
    return { devices: suggest, chosen: suggest, focus: () => topic.focus() };
  },
};
