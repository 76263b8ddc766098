// Messages a second, and how long devices take to acknowledge, over the last ten minutes.

import { get } from "./api.js";
import { element, options, time } from "./dom.js";

const KEPT = 600;

// The next round number that is not below: 1, 2 or 5 times a power of ten.
function round(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= value);
}

function plot(canvas, seconds, span, series, unit) {
  const box = canvas.getBoundingClientRect();
  if (!box.width) return;
  const scale = devicePixelRatio;
  canvas.width = box.width * scale;
  canvas.height = box.height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const color = (name) => style.getPropertyValue(name).trim();
  const left = 44, right = box.width - 8, top = 8, bottom = box.height - 18;
  const shown = seconds.slice(-span);
  const most = round(Math.max(...shown.flatMap((second) => series.map(({ of }) => of(second) ?? 0)), 1));
  const x = (at) => right - ((shown.length - 1 - at) / (span - 1)) * (right - left);
  const y = (value) => bottom - (value / most) * (bottom - top);
  pen.font = `11px ${style.fontFamily}`;
  pen.fillStyle = color("--quiet");
  pen.strokeStyle = color("--line");
  pen.lineWidth = 1;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const part of [0, 0.5, 1]) {
    const at = Math.round(y(most * part)) + 0.5;
    pen.beginPath();
    pen.moveTo(left, at);
    pen.lineTo(right, at);
    pen.stroke();
    pen.fillText(most * part >= 10 || part !== 0.5 ? String(Math.round(most * part)) : String(most * part), left - 6, at);
  }
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillText(`−${span / 60} min`, left, box.height - 4);
  pen.textAlign = "right";
  pen.fillText(`${unit} · now`, right, box.height - 4);
  for (const { of, name, fill, points } of series) {
    pen.strokeStyle = color(name);
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    pen.beginPath();
    let drawn = false;
    shown.forEach((second, at) => {
      const value = of(second);
      if (value === null) {
        drawn = false;
        return;
      }
      if (drawn) pen.lineTo(x(at), y(value));
      else pen.moveTo(x(at), y(value));
      drawn = true;
    });
    pen.stroke();
    if (points) {
      pen.fillStyle = color(name);
      shown.forEach((second, at) => {
        const value = of(second);
        if (value !== null) pen.fillRect(x(at) - 1.5, y(value) - 1.5, 3, 3);
      });
    }
    if (fill && shown.length > 1) {
      pen.lineTo(right, bottom);
      pen.lineTo(x(0), bottom);
      pen.globalAlpha = 0.12;
      pen.fillStyle = color(name);
      pen.fill();
      pen.globalAlpha = 1;
    }
  }
}

export default {
  id: "plot",
  title: "Traffic",
  place: "wide",
  make(body, context, tools) {
    let seconds = [];
    let pointed = null;
    const spanChoice = options(element("select", { ariaLabel: "Time shown" }), [["120", "2 minutes"], ["300", "5 minutes"], ["600", "10 minutes"]]);
    const span = () => Number(spanChoice.value);
    const messages = element("canvas", { role: "img", ariaLabel: "Messages a second" });
    const latency = element("canvas", { role: "img", ariaLabel: "Time from PUBLISH to PUBACK" });
    const up = element("b"), down = element("b"), took = element("b"), when = element("span", { className: "quiet" });
    const legend = (kind, label, value) => element("span", { className: "legend" }, element("i", { className: kind }), value, ` ${label}`);
    tools.append(when, spanChoice);
    body.append(
      element("div", { className: "plots" },
        element("figure", {}, element("figcaption", {}, legend("up", "↑ from devices, a second", up), legend("down", "↓ to devices, a second", down)), messages),
        element("figure", {}, element("figcaption", {}, legend("took", "until PUBACK", took)), latency)));

    function draw() {
      plot(messages, seconds, span(), [
        { of: (second) => second.up, name: "--up", fill: true },
        { of: (second) => second.down, name: "--down", fill: true },
      ], "messages a second");
      plot(latency, seconds, span(), [
        { of: (second) => second.latency?.max ?? null, name: "--warn", points: true },
        { of: (second) => second.latency?.mean ?? null, name: "--took", points: true },
      ], "ms, mean and longest");
      const second = pointed === null ? seconds.at(-1) : seconds.at(pointed);
      up.textContent = second?.up ?? 0;
      down.textContent = second?.down ?? 0;
      const of = second?.latency;
      took.textContent = of ? `${of.mean.toFixed(1)} ms, longest ${of.max.toFixed(1)} ms` : "–";
      when.textContent = pointed === null ? "" : time(started + (second?.second ?? 0) * 1000);
    }
    for (const canvas of [messages, latency]) {
      canvas.addEventListener("pointermove", (event) => {
        const box = canvas.getBoundingClientRect();
        const back = Math.round(((box.right - 8 - event.clientX) / (box.width - 52)) * (span() - 1));
        pointed = -1 - Math.max(0, Math.min(back, seconds.length - 1, span() - 1));
        draw();
      });
      canvas.addEventListener("pointerleave", () => { pointed = null; draw(); });
    }
    spanChoice.addEventListener("input", draw);
    new ResizeObserver(draw).observe(body);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    let started = context.cloud.started;
    get("/api/metrics").then((known) => {
      started = known.started;
      const first = seconds[0]?.second ?? Infinity;
      seconds = [...known.seconds.filter(({ second }) => second < first), ...seconds].slice(-KEPT);
      draw();
    }, () => {});
    return {
      metrics(fresh) {
        const last = seconds.at(-1)?.second ?? -1;
        // The cloud was started anew.
        if (fresh.length && fresh.at(-1).second < last) seconds = [];
        seconds = [...seconds, ...fresh.filter(({ second }) => second > (seconds.at(-1)?.second ?? -1))].slice(-KEPT);
        draw();
      },
    };
  },
};
