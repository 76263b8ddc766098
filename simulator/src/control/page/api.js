// The control API, as openapi.json describes it.

async function read(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

export const get = async (path) => read(await fetch(path));

export const post = async (path, body = {}) =>
  read(
    await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

// What happens, as it happens. The browser connects again by itself, and says where it was.
export function listen({ entries, metrics, devices, link }) {
  const source = new EventSource("/api/events");
  source.addEventListener("open", () => link(true));
  source.addEventListener("error", () => link(false));
  const on = (name, handler) =>
    source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  on("entries", entries);
  on("metrics", metrics);
  on("devices", devices);
}
