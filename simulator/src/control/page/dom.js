// Makes elements. Text goes in as text nodes alone: nothing here, and nothing that uses it, parses
// HTML, so what a device sends stays what it is.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    } else if (name === "data") {
      Object.assign(made.dataset, value);
    } else if (name in made && name !== "list" && name !== "form") {
      made[name] = value;
    } else {
      made.setAttribute(name, value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(text, act, properties = {}) {
  return element("button", { type: "button", textContent: text, on: { click: act }, ...properties });
}

// A labelled field of a form.
export function field(label, input, properties = {}) {
  return element("label", { className: "field", ...properties }, element("span", {}, label), input);
}

export function options(select, values, chosen) {
  select.replaceChildren(
    ...values.map(([value, text]) => element("option", { value, textContent: text })),
  );
  if (values.some(([value]) => value === chosen)) select.value = chosen;
  return select;
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

export function time(milliseconds, exactly = false) {
  const text = clock.format(milliseconds);
  return exactly ? `${text}.${String(Math.floor(milliseconds % 1000)).padStart(3, "0")}` : text;
}

// How long ago that was, in the largest unit.
export function age(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

// Says something that goes away again.
export function note(text, kind = "good") {
  const shown = element("p", { className: `note ${kind}`, textContent: text });
  document.getElementById("notes").append(shown);
  setTimeout(() => shown.remove(), kind === "bad" ? 8000 : 3500);
}
